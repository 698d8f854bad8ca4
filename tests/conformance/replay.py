"""Holds a recorded conversation with a running server and tells where its answers differ.

FORMAT.md beside this file describes the recordings.
"""

import json
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx

from tests.conformance.scenarios import Scenario, Step
from tests.support.players import HTTP_KEY, SERVER_KEY, Player, sign_in

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")
_PLACEHOLDER = re.compile(
    r"\{(?:now(?P<seconds>[+-]\d+)?|(?P<name>(?P<player>\w+)\.(?:id|username|device|token|refresh_token)|\w+))\}"
)
_TOKEN_KEYS = {"token", "refresh_token"}
_CURSOR_KEYS = {"cursor", "next_cursor", "prev_cursor", "cacheable_cursor"}
_FIXED_YEARS = ("1970-", "0001-")


def replay(client: httpx.Client, scenario: Scenario) -> list[str]:
    """Every difference of one conversation, in a world of its own; an empty list is agreement."""
    conversation = _Conversation(client)
    for index, step in enumerate(scenario.steps):
        time.sleep(step.get("wait", 0))
        answer = conversation.send(step)
        differences = list(conversation.compare(step, answer))
        if differences:
            asked = step.get("request", f"fixture {step.get('fixture')}")
            return [f"step {index}, {asked} as {step.get('as')}: {text}" for text in differences]
    return []


class _Conversation:
    """The players of one scenario, the values known by name, and the substitution between the two."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._run = uuid.uuid4().hex[:10]
        self._known: dict[str, Any] = {"run": self._run}
        self._players: dict[str, Player] = {}

    def send(self, step: Step) -> httpx.Response:
        """Ask what the step says."""
        if "fixture" in step:
            fixture = {"http_key": HTTP_KEY, "unwrap": "true"}
            args = self._fill(step.get("args", {}))
            return self._client.post(f"/v2/rpc/conf_{step['fixture']}", params=fixture, json=args)
        method, target = self._fill(step["request"]).split(" ", 1)
        headers = {name: str(self._fill(value)) for name, value in step.get("headers", {}).items()}
        content = self._content(step)
        if content is not None:
            headers.setdefault("Content-Type", "application/json")
        return self._ask_as(step.get("as"), method, target, headers, content)

    def _ask_as(
        self, who: str | None, method: str, target: str, headers: dict[str, str], content: bytes | None
    ) -> httpx.Response:
        auth = None
        if who == "server":
            auth = httpx.BasicAuth(SERVER_KEY, "")
        elif who == "http_key":
            target += f"{'&' if '?' in target else '?'}http_key={HTTP_KEY}"
        elif who is not None and who != "nobody":
            headers.setdefault("Authorization", f"Bearer {self._player(who).token}")
        return self._client.request(method, target, headers=headers, content=content, auth=auth)

    def _content(self, step: Step) -> bytes | None:
        if "raw" in step:
            return str(self._fill(step["raw"])).encode()
        if "body" in step:
            return json.dumps(self._fill(step["body"]), ensure_ascii=False, separators=(",", ":")).encode()
        return None

    def _player(self, name: str) -> Player:
        """The actor of this name, signed in when first needed."""
        if name not in self._players:
            username = f"{name}-{self._run}"
            player = sign_in(self._client, device=f"device-{username}", username=username)
            self._players[name] = player
            self._known |= {
                f"{name}.id": player.id,
                f"{name}.username": player.username,
                f"{name}.device": player.device,
                f"{name}.token": player.token,
                f"{name}.refresh_token": player.refresh_token,
            }
        return self._players[name]

    def compare(self, step: Step, answer: httpx.Response) -> Iterator[str]:
        """The differences between an answer and the recorded one; what the step saves is saved on the way."""
        body = _body(answer)
        for name, path in step.get("save", {}).items():
            try:
                self._known[name] = _dig(body, path.split("."))
            except (LookupError, TypeError, ValueError):
                yield f"nothing to save at {path}: {answer.status_code} {answer.text[:200]}"
                return
        if "fixture" in step:
            if answer.status_code != 200:
                yield f"{answer.status_code} {answer.text[:200]}"
            return
        got = {"status": answer.status_code, "body": self._mask(body, keep=step.get("keep", ()))}
        yield from _diff(_comparable(step["expect"], step), _comparable(got, step))

    def _fill(self, value: Any) -> Any:
        """The value with every placeholder replaced; one that is a whole text keeps its type."""
        if isinstance(value, dict):
            return {self._fill(key): self._fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._fill(item) for item in value]
        if not isinstance(value, str):
            return value
        whole = _PLACEHOLDER.fullmatch(value)
        if whole:
            return self._look_up(whole)
        return _PLACEHOLDER.sub(lambda match: str(self._look_up(match)), value)

    def _look_up(self, placeholder: re.Match[str]) -> Any:
        """What a placeholder stands for; a name nobody knows stands for itself."""
        name, player, seconds = placeholder.group("name", "player", "seconds")
        if name is None:
            return str(int(time.time()) + int(seconds or 0))
        if player is not None:
            self._player(player)
        return self._known.get(name, placeholder[0])

    def _mask(self, value: Any, key: str = "", keep: list[str] | tuple[str, ...] = ()) -> Any:
        """The value with what differs from run to run replaced by names."""
        if isinstance(value, dict):
            return {self._mask(name): self._mask(item, name, keep) for name, item in value.items()}
        if isinstance(value, list):
            return [self._mask(item, key, keep) for item in value]
        if not isinstance(value, str) or key in keep:
            return value
        if key in _CURSOR_KEYS and value:
            return "<cursor>"
        if key in _TOKEN_KEYS and _TOKEN.fullmatch(value):
            return "<jwt>"
        if _TIME.fullmatch(value):
            return self._mask_time(value)
        return self._mask_text(value)

    def _mask_time(self, value: str) -> str:
        if value.startswith(_FIXED_YEARS):
            return value
        return next((f"{{{name}}}" for name, known in self._known.items() if known == value), "<time>")

    def _mask_text(self, value: str) -> str:
        """Longer values first: a player's username contains the run."""
        for name, known in sorted(self._known.items(), key=lambda item: -len(str(item[1]))):
            if isinstance(known, str) and len(known) >= 6:
                value = value.replace(known, f"{{{name}}}")
        return _UUID.sub("<uuid>", value)


def _body(answer: httpx.Response) -> Any:
    """The JSON of an answer, None when it has no body, `{"<text>": …}` when it is not JSON."""
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        return {"<text>": answer.text}


def _dig(value: Any, path: list[str]) -> Any:
    for part in path:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _comparable(answer: dict[str, Any], step: Step) -> dict[str, Any]:
    """A copy of an answer without the ignored paths, its unordered lists sorted."""
    answer = json.loads(json.dumps(answer))
    for path in step.get("ignore", ()):
        *parents, last = path.split(".")
        with suppress(LookupError, TypeError, ValueError):
            _dig(answer["body"], parents).pop(last, None)
    for name in step.get("unordered", ()):
        with suppress(LookupError, TypeError, AttributeError):
            answer["body"][name].sort(key=lambda item: json.dumps(item, sort_keys=True))
    return answer


def _diff(want: Any, got: Any, at: str = "") -> Iterator[str]:
    """Where two JSON values differ, one text for each place."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(want.keys() | got.keys()):
            if key not in got:
                yield f"{at}.{key} is missing, expected {_short(want[key])}"
            elif key not in want:
                yield f"{at}.{key} is not expected, got {_short(got[key])}"
            else:
                yield from _diff(want[key], got[key], f"{at}.{key}")
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for index, (expected, actual) in enumerate(zip(want, got, strict=True)):
            yield from _diff(expected, actual, f"{at}[{index}]")
    elif want != got or isinstance(want, bool) != isinstance(got, bool):
        yield f"{at or 'body'}: expected {_short(want)}, got {_short(got)}"


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:300]
