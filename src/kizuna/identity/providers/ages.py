"""How old something signed may be."""

from kizuna.clock import Clock
from kizuna.outside.checks import Checks


def check_age(signed: float, most: int, clock: Clock, checks: Checks) -> None:
    """The check that something was signed less than `most` seconds ago; 0 for any time. `signed` is in
    seconds since 1970, and as far in the future too far: what is signed for then would be good until then."""
    age = clock.unix() - signed
    fresh = not most or abs(age) < most
    checks.require("age", fresh, f"it is {age:.0f} s old, and may differ from now by less than {most} s")
