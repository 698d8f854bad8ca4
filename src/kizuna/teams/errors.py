"""What Teams functions refuse with. Codes and texts are Hiro's where it has them."""

from kizuna.errors import ApiError, Code, invalid


def failed_precondition(message: str) -> ApiError:
    """400 with code 9: not in this state of things."""
    return ApiError(Code.FAILED_PRECONDITION, message)


def internal_error() -> ApiError:
    return ApiError(Code.INTERNAL, "internal error occurred")


def team_is_busy() -> ApiError:
    return ApiError(Code.ABORTED, "team is busy, try again")


# Whatever the function


def no_session_user() -> ApiError:
    return invalid("no user ID in session")


def payload_empty() -> ApiError:
    return invalid("payload should not be empty")


def payload_undecodable() -> ApiError:
    # Hiro answers 500 with code 13, as if the server were at fault and not the client.
    return invalid("cannot decode json")


def bad_input() -> ApiError:
    return invalid("bad input")


def team_not_found() -> ApiError:
    return invalid("team not found")


def membership_required() -> ApiError:
    return ApiError(Code.PERMISSION_DENIED, "team membership required")


def admin_required() -> ApiError:
    return ApiError(Code.PERMISSION_DENIED, "team admin role required")


def not_allowed() -> ApiError:
    return ApiError(Code.UNIMPLEMENTED, "not found")


# Teams themselves


def already_member() -> ApiError:
    return invalid("already part of a team")


def max_size_exceeded() -> ApiError:
    return invalid("team max size exceeded")


def max_size_invalid() -> ApiError:
    return invalid("teams max size invalid")


def short_code_in_use() -> ApiError:
    return ApiError(Code.ALREADY_EXISTS, "team short code is in use")


def profanity_found() -> ApiError:
    return invalid("input contains profanity")


def profanity_check_failed() -> ApiError:
    return ApiError(Code.INTERNAL, "error checking message for profanity")


# Wallet, store, inventory


def currency_not_found() -> ApiError:
    return invalid("team currency not found")


def amount_not_positive() -> ApiError:
    return invalid("team currency amount must be positive")


def balance_out_of_range() -> ApiError:
    return ApiError(Code.OUT_OF_RANGE, "team currency balance out of range")


def item_not_found() -> ApiError:
    return invalid("item not found")


def item_unavailable() -> ApiError:
    return invalid("item unavailable")


def not_enough_currency() -> ApiError:
    return invalid("not enough currency for purchase")


def items_not_consumable() -> ApiError:
    return invalid("items not consumable")


def insufficient_items() -> ApiError:
    return failed_precondition("insufficient items")


def property_not_defined() -> ApiError:
    return invalid("item property not defined")


def too_many_instances() -> ApiError:
    return invalid("too many item instances")


# Mailbox, stats, achievements


def entry_not_found() -> ApiError:
    return invalid("reward mailbox entry not found")


def stats_not_found() -> ApiError:
    return invalid("stats not found")


def stat_name_invalid() -> ApiError:
    return invalid("stat name invalid")


def stat_operator_invalid() -> ApiError:
    return invalid("stat operator invalid")


def achievement_not_found() -> ApiError:
    return invalid("achievement not found")


def achievement_not_complete() -> ApiError:
    return invalid("achievement not complete")


# Event leaderboards


def event_not_found() -> ApiError:
    return invalid("event leaderboard not found")


def event_not_active() -> ApiError:
    return invalid("event leaderboard not active")


def event_not_updatable() -> ApiError:
    return invalid("event leaderboard not updatable")


def event_not_complete() -> ApiError:
    return invalid("event leaderboard not complete")


def event_not_claimable() -> ApiError:
    return invalid("event leaderboard not claimable")


def event_not_claimed() -> ApiError:
    return invalid("event leaderboard not claimed")


def cohort_not_assigned() -> ApiError:
    return failed_precondition("event leaderboard cohort not assigned")


def cohort_already_assigned() -> ApiError:
    return failed_precondition("event leaderboard cohort already assigned")


def roll_limit_reached() -> ApiError:
    return failed_precondition("event leaderboard roll limit reached")


def roll_cooldown_active() -> ApiError:
    return failed_precondition("event leaderboard roll cooldown active")


# Gifts


def gift_not_found() -> ApiError:
    return invalid("team gift not found")


def gift_not_active() -> ApiError:
    return invalid("team gift not active")


def gift_full() -> ApiError:
    return invalid("team gift max count reached")


def gift_contributor_full() -> ApiError:
    return invalid("team gift max contributor count reached")


def insufficient_currency() -> ApiError:
    return failed_precondition("insufficient currency")
