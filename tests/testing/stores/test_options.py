"""What tests may say of purchases, beside what stores fill in."""

from typing import Any

import jwt
import pytest

from kizuna.testing.providers import Providers
from tests.testing.stores.support import ids


class TestOptions:
    """What is merged into payloads, by names that the companies use."""

    @pytest.mark.parametrize(
        "call",
        [
            lambda fakes, **option: fakes.app_store.transaction("p", **option),
            lambda fakes, **option: fakes.app_store.renewal("p", "1", **option),
            lambda fakes, **option: fakes.app_store.notification("TEST", **option),
            lambda fakes, **option: fakes.app_store.receipt("p", **option),
            lambda fakes, **option: fakes.app_store.entry("p", **option),
            lambda fakes, **option: fakes.google_play.purchase("p", **option),
            lambda fakes, **option: fakes.google_play.subscription("p", **option),
            lambda fakes, **option: fakes.google_play.notification(**option),
            lambda fakes, **option: fakes.huawei.purchase("p", **option),
            lambda fakes, **option: fakes.instant_store.signed_request("p", **option),
        ],
    )
    def test_names_that_are_misspelt(self, fakes: Providers, call: Any) -> None:
        with pytest.raises(TypeError, match="'colour' is no option"):
            call(fakes, colour="red")
        assert call(fakes, payload={"colour": "red"})

    def test_a_name_that_is_close(self, fakes: Providers) -> None:
        with pytest.raises(TypeError, match="Did you mean revocationDate"):
            fakes.app_store.transaction("p", revokationDate=1)

    def test_any_other_field(self, fakes: Providers) -> None:
        jws = fakes.app_store.transaction("p", payload={"newOfApples": 1, "price": None}, currency="EUR")
        told = jwt.decode(jws, options={"verify_signature": False})
        assert (told["newOfApples"], told["currency"], "price" in told) == (1, "EUR", False)

    def test_changes(self, fakes: Providers) -> None:
        token = ids()
        fakes.google_play.purchase("p", token=token)
        with pytest.raises(TypeError, match="'stat' is no option"):
            fakes.google_play.change(token, stat=1)
