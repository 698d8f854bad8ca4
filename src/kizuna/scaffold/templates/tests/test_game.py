"""The game as its players know it: a server of its own for every test, on an empty database."""

import pytest

from kizuna.testing import Player, Refused, Server


def test_a_gift_is_given_once(kizuna_player: Player) -> None:
    assert kizuna_player.rpc("gift") == {"coins": 100, "balance": 100}
    with pytest.raises(Refused, match="had your gift") as refused:
        kizuna_player.rpc("gift")
    assert refused.value.status == 409
    assert kizuna_player.wallet == {"coins": 100}


def test_everybody_gets_a_gift(kizuna_server: Server) -> None:
    for name in ("ada", "grace"):
        assert kizuna_server.player(name).rpc("gift")["coins"] == 100


def test_a_name_is_tidied(kizuna_player: Player) -> None:
    kizuna_player.put("/v2/account", {"display_name": "  Ada  "})
    assert kizuna_player.get("/v2/account")["user"]["display_name"] == "Ada"


def test_a_short_name_is_refused(kizuna_player: Player) -> None:
    with pytest.raises(Refused, match="3 letters or more"):
        kizuna_player.put("/v2/account", {"display_name": " A "})
