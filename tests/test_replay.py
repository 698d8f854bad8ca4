"""`kizuna replay-receipt`: a receipt is validated again, and every check shown."""

import contextlib
import json
import os
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.cli import main
from kizuna.purchases.stores.interface import Store
from kizuna.replay import Claim, ReplayError, read_claim
from kizuna.testing.providers import Providers
from tests.support.providers import nested

#: The status, what was printed, and what was printed on standard error.
Printed = tuple[int, str, str]
Replay = Callable[..., Printed]

MONTH = timedelta(days=30)


@pytest.fixture(scope="module")
def stores() -> Iterator[Providers]:
    """Stores whose time is that of the command."""
    with Providers() as providers:
        yield providers


@pytest.fixture
def config(stores: Providers, tmp_path: Path) -> Path:
    path = tmp_path / "kizuna.yaml"
    path.write_text(yaml.safe_dump(nested(stores.settings)))
    return path


@pytest.fixture
def replay(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Replay:
    """Runs the command on a file with this text."""

    def run(text: str | bytes | dict[str, Any], *options: str) -> Printed:
        file = tmp_path / "receipt"
        text = json.dumps(text) if isinstance(text, dict) else text
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        status = main(["replay-receipt", str(file), "--config", str(config), *options])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return status, printed.out, printed.err

    return run


def lines_of(printed: Printed) -> list[str]:
    status, out, err = printed
    assert (status, err) == (0, ""), out + err
    assert "FAILED" not in out
    return out.splitlines()


# --- what is valid ---


def test_a_signed_transaction_in_every_form(stores: Providers, replay: Replay) -> None:
    jws = stores.app_store.transaction("sword", transaction_id="a-1")
    forms: list[str | dict[str, Any]] = [
        {"receipt": jws},
        {"receipt": jws, "persist": False},
        {"jws": jws},
        jws,
        f"\n {jws}\n",
    ]
    for form in forms:
        first, *checks, found, verdict = lines_of(replay(form))
        assert first == "Apple, a purchase"
        assert verdict == "valid"
        assert found.startswith("purchase 'a-1' of 'sword', sandbox, bought 20")
        names = [line.removeprefix("ok").strip().partition(":")[0] for line in checks]
        assert {"form", "algorithm", "signature", "environment"} <= set(names)


def test_a_subscription_on_the_app_store(stores: Providers, replay: Replay) -> None:
    expires = stores.clock.now() + MONTH
    jws = stores.app_store.transaction(
        "vip", transaction_id="a-2", expires=expires, revoked=stores.clock.now()
    )
    first, *_, found, verdict = lines_of(replay(jws, "--subscription"))
    assert (first, verdict) == ("Apple, a subscription", "valid")
    assert f"expires {expires:%Y-%m-%d %H:%M:%S}, refunded 20" in found
    status, out, _ = replay(jws)
    assert status == 1
    assert "\nFAILED   kind: it is a subscription (use --subscription)\n" in out
    assert out.endswith("refused: Subscription Receipt. Use the appropriate function instead.\n")


def test_a_purchase_that_is_asked_for_as_a_subscription(stores: Providers, replay: Replay) -> None:
    for text in (stores.app_store.transaction("sword"), stores.app_store.receipt("sword")):
        status, out, _ = replay(text, "--subscription")
        assert status == 1
        assert "\nFAILED   kind: it is no subscription (leave --subscription out)\n" in out


def test_a_status_of_apples_is_told_in_words(stores: Providers, replay: Replay) -> None:
    status, out, _ = replay(stores.app_store.receipt("sword", status=21010))
    assert status == 1
    assert "\nFAILED   status: it is 21010: Apple does not find the account, or it was deleted\n" in out


def test_a_receipt_of_the_old_kind(stores: Providers, replay: Replay) -> None:
    receipt = stores.app_store.receipt("sword", "shield")
    for form in ({"receipt": receipt}, receipt):
        lines = lines_of(replay(form))
        assert [line.split(" ")[3] for line in lines[-3:-1]] == ["'sword',", "'shield',"]


def test_purchases_on_google_play(stores: Providers, replay: Replay) -> None:
    user = str(uuid.uuid4())
    text = stores.google_play.purchase("sword", account_id=user)
    wrapped = stores.google_play.purchase("sword", wrapped=True)
    for form in ({"purchase": text}, text, wrapped, {"purchase": wrapped}):
        first, *_, found, verdict = lines_of(replay(form))
        assert (first, verdict) == ("Google, a purchase", "valid")
        assert "of 'sword', production, bought" in found
    assert replay(text, "--user", user)[0] == 0
    status, out, _ = replay(text, "--user", str(uuid.uuid4()))
    assert status == 1
    assert "FAILED   account" in out


def test_who_is_named_to_apple_must_have_bought_it(stores: Providers, replay: Replay) -> None:
    """A server refuses it to others if that is a player of its own, of which this command knows nothing."""
    user, other = str(uuid.uuid4()), str(uuid.uuid4())
    named = stores.app_store.transaction("sword", user_id=user.upper())
    month = stores.app_store.transaction("vip", user_id=user, expires=stores.clock.now() + MONTH)
    for text, *options in ((named,), (month, "--subscription")):
        for who in ([], ["--user", user]):
            lines = lines_of(replay(text, *options, *who))
            assert f"ok       account: {user}; nobody else, if that is a player" in lines
        status, out, _ = replay(text, *options, "--user", other)
        assert status == 1
        assert f"\nFAILED   account: {user} has bought it, not '{other}'\n" in out
        assert out.endswith("\nrefused: Invalid Receipt.\n")
    for text in (stores.app_store.transaction("sword"), stores.app_store.receipt("sword")):
        assert not [line for line in lines_of(replay(text, "--user", other)) if "account" in line]


def test_no_check_is_shown_twice(stores: Providers, replay: Replay) -> None:
    for text in (
        stores.google_play.purchase("sword"),
        stores.google_play.subscription("vip"),
        stores.app_store.transaction("sword"),
    ):
        lines = lines_of(replay(text, *(("--subscription",) if "vip" in text else ())))
        assert len(lines) > 5
        assert [line for line in lines if lines.count(line) > 1] == []


def test_subscriptions_on_google_play(stores: Providers, replay: Replay) -> None:
    text = stores.google_play.subscription("vip")
    for printed in (replay({"receipt": text}), replay(text, "--subscription")):
        assert lines_of(printed)[0] == "Google, a subscription"


def test_huawei_and_facebook(stores: Providers, replay: Replay) -> None:
    text, signature = stores.huawei.purchase("sword")
    assert lines_of(replay({"purchase": text, "signature": signature}))[0] == "Huawei, a purchase"
    signed = stores.instant_store.signed_request("sword")
    for form in ({"signed_request": signed}, signed):
        assert lines_of(replay(form))[0] == "Facebook Instant, a purchase"


# --- what is not ---


def test_a_forgery_shows_which_check_has_failed(stores: Providers, replay: Replay) -> None:
    jws = stores.app_store.transaction("sword", forgery="tampered_payload")
    status, out, err = replay(jws)
    assert (status, err) == (1, "")
    assert [line for line in out.splitlines() if line.startswith("FAILED")] == [
        "FAILED   signature: it does not match"
    ]
    assert "\nok       form\n" in out
    assert out.endswith("refused: Invalid Receipt.\n")
    other = stores.app_store.transaction("sword", bundle_id="com.other")
    assert "FAILED   bundle id: 'com.other' is not" in replay(other)[1]


def test_a_store_that_is_down(stores: Providers, replay: Replay) -> None:
    text = stores.google_play.purchase("sword", token="secret-token")
    stores.faults.add("*", status=500)
    try:
        status, out, err = replay(text)
    finally:
        stores.faults.clear()
    assert (status, err) == (1, "")
    assert "\nnot verified: Google could not be asked: " in out
    assert "refused" not in out
    assert "secret-token" not in out


def test_a_form_may_be_of_another_store(stores: Providers, replay: Replay) -> None:
    text = stores.google_play.purchase("sword")
    assert replay(text, "--store", "google")[0] == 0
    for store in ("apple", "huawei", "facebookinstant"):
        status, out, _ = replay({"purchase": text, "receipt": text, "signed_request": text}, "--store", store)
        assert status == 1
        assert (
            out.endswith(("refused: Invalid Receipt.\n", "refused: Signature cannot be empty.\n"))
            or "FAILED" in out
        )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "This is no receipt of a store"),
        ("hello world. And more.", "This is no receipt of a store"),
        ("[1]", "This is no receipt of a store"),
        ("xx", "This is no receipt of a store"),
        ("eHg=", "This is no receipt of a store"),
        ("a.b.c.d", "This is no receipt of a store"),
        ("a. b.c", "This is no receipt of a store"),
        ("{}", "This is no receipt of a store"),
        ('{"kind": "androidpublisher#productPurchase"}', "This is JSON without a receipt"),
        ('{"receipt": 7}', "There is no jws or receipt in it, which Apple needs."),
        ('{"signed_request": null}', "There is no signed_request in it"),
        (b"\xff\xfe\x00", "is no text"),
    ],
)
def test_what_is_no_receipt(replay: Replay, text: str | bytes, told: str) -> None:
    status, out, err = replay(text)
    assert (status, out) == (2, "")
    assert told in err
    assert err.startswith("kizuna: ")
    assert err.count("\n") == 1


def test_files_that_cannot_be_read(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, told in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        assert main(["replay-receipt", str(path), "--config", str(config)]) == 2
        assert (
            capsys.readouterr().err
            == f"kizuna: {path} cannot be read: {told}{' or directory' if 'No' in told else ''}\n"
        )


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_only_files_are_read(config: Path, pipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (pipe, Path("/dev/zero")):
        assert main(["replay-receipt", str(path), "--config", str(config)]) == 2
        told = f"kizuna: {path} is no regular file; save the receipt in one.\n"
        assert capsys.readouterr() == ("", told)


def test_a_file_that_is_too_large_for_a_receipt(config: Path, tmp_path: Path, replay: Replay) -> None:
    status, out, err = replay(b"x" * (16 << 20) + b"x")
    assert (status, out) == (2, "")
    assert err == f"kizuna: {tmp_path / 'receipt'} has more than 16 MiB, which no receipt has.\n"
    assert "no receipt of a store" in replay(b"?" * (16 << 20))[2]


def test_a_byte_order_mark_does_not_matter(stores: Providers, replay: Replay) -> None:
    for text in (stores.google_play.purchase("sword"), stores.app_store.transaction("sword")):
        assert lines_of(replay(text.encode("utf-8-sig")))[-1] == "valid"


def test_stores_that_are_not_configured(
    tmp_path: Path, stores: Providers, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "receipt"
    for text, name, needs in (
        (stores.google_play.purchase("sword"), "Google", "client_email and iap.google.private_key"),
        (stores.app_store.receipt("sword"), "Apple", "shared_password"),
        (
            json.dumps(dict(zip(("purchase", "signature"), stores.huawei.purchase("sword"), strict=True))),
            "Huawei",
            "public_key, iap.huawei.client_id and iap.huawei.client_secret",
        ),
        (stores.instant_store.signed_request("sword"), "Facebook Instant", "app_secret"),
    ):
        file.write_text(text)
        assert main(["replay-receipt", str(file)]) == 2
        section = name.lower().replace(" ", "_")
        assert capsys.readouterr() == (
            "",
            f"kizuna: {name} IAP is not configured. It needs iap.{section}.{needs}: name the file that "
            "sets them with --config, or set them in the environment.\n",
        )


def test_settings_that_are_unusable(
    tmp_path: Path, stores: Providers, capsys: pytest.CaptureFixture[str]
) -> None:
    file, config = tmp_path / "receipt", tmp_path / "kizuna.yaml"
    file.write_text(stores.app_store.transaction("sword"))
    roots = tmp_path / "roots.pem"
    roots.write_text("nothing")
    config.write_text(yaml.safe_dump({"iap": {"apple": {"root_certificates": str(roots)}}}))
    assert main(["replay-receipt", str(file), "--config", str(config)]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        f"kizuna: {config}: iap.apple.root_certificates holds no certificates in PEM.\n",
    )


@pytest.mark.parametrize(
    "options",
    [["--store", "samsung"], ["--user", "me"], ["--nonsense"], ["another"], ["--subscription", "x"]],
)
def test_wrong_usage(tmp_path: Path, options: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["replay-receipt", str(tmp_path), *options])
    assert ended.value.code == 2


def test_stores_without_subscriptions(stores: Providers, replay: Replay) -> None:
    status, _, err = replay(stores.instant_store.signed_request("sword"), "--subscription")
    assert (status, err) == (2, "kizuna: There are no subscriptions of Facebook Instant.\n")


def test_the_help_tells_of_forms_and_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["replay-receipt", "--help"])
    told = capsys.readouterr().out
    for word in ('{"receipt": ...}', '{"jws": ...}', "--subscription", "--user", "--store", "Exit status: 0"):
        assert word in told


# --- anything at all ---

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
MEMBERS = st.sampled_from(
    ["jws", "receipt", "purchase", "signature", "signed_request", "json", "purchaseToken"]
)


@given(
    st.dictionaries(MEMBERS, VALUES, max_size=3).map(json.dumps) | st.text(max_size=60),
    st.sampled_from([None, *Store]),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_claim_or_is_told_why_not(text: str, store: Store | None, which: bool) -> None:
    with contextlib.suppress(ReplayError):
        claim = read_claim(text, store, is_subscription=which)
        assert isinstance(claim, Claim)
        assert store is None or claim.store is store


@given(text=st.dictionaries(MEMBERS, VALUES, max_size=3).map(json.dumps) | st.text(max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_has_a_status(replay: Replay, text: str) -> None:
    status, out, err = replay(text.encode(errors="replace"))
    assert status in (1, 2)
    assert bool(out) is (status == 1)
    assert bool(err) is (status == 2)
