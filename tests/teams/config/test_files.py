"""Files as they come: JSON and YAML, and everything that can be wrong before any key is looked at."""

import json
import os
import threading
from pathlib import Path

import pytest
import yaml

from kizuna.teams.config import loading, raw
from kizuna.teams.config.errors import ConfigError
from kizuna.teams.config.loading import load, read_checked, read_file
from kizuna.teams.config.raw import LARGEST
from tests.teams.config.support import VALID
from tests.teams.support import CONFIG


def written(folder: Path, text: str | bytes, name: str = "guilds.yaml") -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def refusal(file: Path) -> list[str]:
    """Why the file is refused, without the folder."""
    with pytest.raises(ConfigError) as caught:
        read_checked(file)
    return [problem.removeprefix(f"{file.parent}{os.sep}") for problem in caught.value.problems]


def test_a_file_becomes_the_json_that_stands_for_its_values(tmp_path: Path) -> None:
    """T-127: however it is laid out, with a byte-order mark or without, in JSON or YAML."""
    content = read_file(CONFIG)
    assert json.loads(content) == VALID
    assert list(json.loads(content)["wallet"]["currencies"]) == ["guild_gold", "ember_shards"]
    same = [
        written(tmp_path, "\ufeff" + CONFIG.read_text(), "marked.json"),
        written(tmp_path, json.dumps(VALID, indent=7), "wide.json"),
        written(tmp_path, "\n " + json.dumps(VALID), "guilds.conf"),
        written(tmp_path, yaml.safe_dump(VALID, sort_keys=False), "guilds.yml"),
        written(tmp_path, "\ufeff" + yaml.safe_dump(VALID, sort_keys=False), "guilds"),
        written(tmp_path, CONFIG.read_text()),
    ]
    assert [read_file(file) == content for file in same] == [True] * len(same)


def test_yaml_may_say_things_once(tmp_path: Path) -> None:
    """Anchors, aliases and merged maps, of which the nearer key counts."""
    text = """
    inventory:
      items:
        sword: &weapon {name: Sword, category: weapons, max_count: 3}
        bow: {name: Bow, <<: *weapon}
        axe: {<<: [{name: Axe}, *weapon], max_count: 1}
    store_items:
      pack: {reward: &pack {guaranteed: {items: {bow: {min: 1}}}}}
      more: {reward: *pack}
    """
    config, _ = load(read_file(written(tmp_path, text)), source="here")
    items = config.inventory.items
    assert {id: (item.name, item.category, item.max_count) for id, item in items.items()} == {
        "sword": ("Sword", "weapons", 3),
        "bow": ("Bow", "weapons", 3),
        "axe": ("Axe", "weapons", 1),
    }
    assert config.store_items["more"].reward == config.store_items["pack"].reward


PLAIN = "must be written as a plain number, or in quotes if it is a text"

NO_ALIAS = 'no name follows the * of an alias; quote schedules, as in "* * * * *"'

BROKEN = [
    ("a.json", "", "is empty"),
    ("a.json", "null", "must hold a map, as in {}"),
    ("a.json", "x", "is not valid JSON: line 1, column 1: Expecting value"),
    ("a.json", "{\n  'a': 1}", "is not valid JSON: line 2, column 3: Expecting property name enclosed in "
     "double quotes"),
    ("a.json", "[]", "must hold a map, as in {}"),
    ("a.json", "\n \n", "is empty"),
    ("a.yaml", "", "is empty"),
    ("a.yaml", "# To be written.\n", "is empty"),
    ("a.yaml", "~", "is empty"),
    ("a.yaml", "wallet:\n\tcurrencies: {}", "is not valid YAML: line 2, column 1: a tab; indent with spaces"),
    ("a.yaml", "ü:\r\n  - 1\r\n\t- 2", "is not valid YAML: line 3, column 1: a tab; indent with spaces"),
    ("a.yaml", "r: * * * * *", f"is not valid YAML: line 1, column 5: {NO_ALIAS}"),
    ("a.yaml", "{r: */5 * * * *}", f"is not valid YAML: line 1, column 6: {NO_ALIAS}"),
    ("a.yaml", "- 1", "must hold a map, as in {}"),
    ("a.json", "[" * 100_000, "is nested too deeply"),
    ("a.json", '{"gifts": ' * 300 + "1" + "}" * 300, "gifts.gifts.gifts.gifts: is nested too deeply"),
    ("a.yaml", "[" * 100_000, "line 1, column 61: is nested too deeply"),
    ("a.json", b"\xff{}", "is not UTF-8 at byte 0"),
    ("a.json", '{"wallet": {"a": 1, "a": 2}, "gifts": {}}', "wallet.a: is there twice"),
    ("a.yaml", "wallet:\n  a: 1\n  a: 2\n", "wallet.a: is there twice"),
    ("a.json", '{"a": NaN}', "a: must be a finite number of a reasonable size"),
    ("a.json", '{"a": -Infinity}', "a: must be a finite number of a reasonable size"),
    ("a.json", '{"a": 1e999}', "a: must be a finite number of a reasonable size"),
    ("a.json", '{"a": ' + "9" * 5000 + "}", "a: must be a finite number of a reasonable size"),
    ("a.json", '{"a": ["x\\u0000"]}', "a[0]: must hold no NUL character"),
    ("a.json", '{"a": "\\ud800"}', "a: must hold no half of a surrogate pair"),
    ("a.json", '{"\\udfff": 1}', "has a key that must hold no half of a surrogate pair"),
    ("a.yaml", "a: [1,", "is not valid YAML: line 2, column 1: did not find expected node content"),
    ("a.yaml", "a: \x07", "is not valid YAML: control characters are not allowed"),
    ("a.yaml", "a: *b", "line 1, column 4: *b stands for nothing that has ended before"),
    ("a.yaml", "a: &b [*b]", "line 1, column 8: *b stands for nothing that has ended before"),
    ("a.yaml", "a: 1\n---\nb: 1\n", "line 2, column 1: a second document begins, and there must be one"),
    ("a.yaml", "0: {}", 'line 1, column 1: the key 0 must be in quotes: "0"'),
    ("a.yaml", "yes: {}", 'line 1, column 1: yes must be true or false, or in quotes if it is a text'),
    ("a.yaml", "true: {}", 'line 1, column 1: the key true must be in quotes: "true"'),
    ("a.yaml", "~: {}", 'line 1, column 1: the key ~ must be in quotes: "~"'),
    ("a.yaml", "1.5: {}", 'line 1, column 1: the key 1.5 must be in quotes: "1.5"'),
    ("a.yaml", "2026-01-01: {}", "line 1, column 1: 2026-01-01 must be in quotes: "
     "YAML takes it for a timestamp"),
    ("a.yaml", "? [a]\n: 1", "line 1, column 5: a key must be a text"),
    ("a.yaml", "a: 2026-01-01", "line 1, column 4: 2026-01-01 must be in quotes: "
     "YAML takes it for a timestamp"),
    ("a.yaml", "a: 012", f"line 1, column 4: 012 {PLAIN}"),
    ("a.yaml", "a: .nan", f"line 1, column 4: .nan {PLAIN}"),
    ("a.yaml", "a: !!binary aGk=", "line 1, column 4: aGk= must be in quotes: YAML takes it for a binary"),
    ("a.yaml", "a: !!set {b}", "line 1, column 4: the tag tag:yaml.org,2002:set means nothing here"),
    ("a.yaml", "a: !!python/object/apply:os.system [ls]",
     "line 1, column 4: the tag tag:yaml.org,2002:python/object/apply:os.system means nothing here"),
    ("a.yaml", "a: {<<: 5}", "line 1, column 9: << takes a map or a list of maps"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "sentence"), BROKEN)
def test_what_is_no_configuration(tmp_path: Path, name: str, text: str | bytes, sentence: str) -> None:
    """T-127: the sentence names the file and the place in it."""
    assert refusal(written(tmp_path, text, name)) == [f"{name}: {sentence}"]


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-127: the setting is named with the whole path, and where a part of one is looked for."""
    none, folder = tmp_path / "none.json", tmp_path / "folder.json"
    folder.mkdir()
    assert refusal(none) == [f"teams.config: {none} cannot be read: No such file or directory"]
    assert refusal(folder) == [f"teams.config: {folder} cannot be read: Is a directory"]
    monkeypatch.chdir(tmp_path)
    assert refusal(Path("none.json")) == [
        f"teams.config: {none} cannot be read: No such file or directory; "
        "a relative path is looked for in the folder where kizuna is started"
    ]


def test_a_file_that_is_being_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-127: what is written in place is read once it holds still, though half of it is valid too."""
    file = written(tmp_path, "wallet: { currencies: { gold: 1 } }\n")
    rest = ["store_items: {}\n", "gifts: {}\n"]

    def pause(seconds: float) -> None:
        if rest:
            with file.open("a") as still_open:
                still_open.write(rest.pop(0))

    monkeypatch.setattr(raw, "sleep", pause)
    assert json.loads(read_file(file)) == {
        "wallet": {"currencies": {"gold": 1}},
        "store_items": {},
        "gifts": {},
    }


def test_a_file_that_is_written_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-127: is refused, with the reason."""
    file = written(tmp_path, "{}")
    monkeypatch.setattr(raw, "sleep", lambda seconds: file.write_text(file.read_text() + "\n"))
    assert refusal(file) == ["guilds.yaml: is being written; try again when that is done"]


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    """T-127: nobody writes it a second time."""
    pipe = tmp_path / "guilds.yaml"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("wallet: { currencies: { gold: 1 } }\n",))
    writer.start()
    assert json.loads(read_file(pipe)) == {"wallet": {"currencies": {"gold": 1}}}
    writer.join()


def test_values_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-127: a file's values are those that are checked; reading them again takes as long as all else."""
    file = written(tmp_path, "wallet: { currencies: { gold: 1 } }\n")
    monkeypatch.setattr(loading, "parse_json", None)
    assert read_checked(file) == ('{"wallet":{"currencies":{"gold":1}}}', [])


def test_of_many_keys_that_are_there_twice_enough_are_told(tmp_path: Path) -> None:
    """T-127: as of everything else that is wrong."""
    keys = ",".join(f'"key {number}":1,"key {number}":2' for number in range(1_000))
    problems = refusal(written(tmp_path, f"{{{keys}}}", "guilds.json"))
    assert len(problems) == 101
    assert problems[-1] == "guilds.json: and more of the kind"


def test_files_that_are_too_large(tmp_path: Path) -> None:
    large = written(tmp_path, b"{" + b" " * LARGEST + b"}")
    assert refusal(large) == ["guilds.yaml: is larger than 4 MiB"]


@pytest.mark.parametrize(
    "link", ["[*a{0}, *a{0}]", "{{x: *a{0}, y: *a{0}}}", "{{<<: [*a{0}, *a{0}], z{0}: 1}}"]
)
def test_aliases_cannot_fill_the_memory(tmp_path: Path, link: str) -> None:
    """A kilobyte of text that stands for more than there is memory is refused at once."""
    lines = ["a0: &a0 {k: value}"]
    lines += [f"a{number + 1}: &a{number + 1} {link.format(number)}" for number in range(64)]
    [problem] = refusal(written(tmp_path, "\n".join(lines)))
    assert problem.endswith("is too large with its aliases written out")


def test_long_texts_count_each_time(tmp_path: Path) -> None:
    text = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 60)}]"
    [problem] = refusal(written(tmp_path, text))
    assert problem.endswith("is too large with its aliases written out")


def test_whole_numbers_stay_whole(tmp_path: Path) -> None:
    """T-133: the largest balance survives the way through the file, and one more is refused."""
    largest = 2**63 - 1
    for name in ("a.json", "a.yaml"):
        file = written(tmp_path, json.dumps({"wallet": {"currencies": {"gold": largest}}}), name)
        assert load(read_file(file), source="")[0].currencies == {"gold": largest}
        more = written(tmp_path, json.dumps({"wallet": {"currencies": {"gold": largest + 1}}}), name)
        assert refusal(more)[0].startswith(f"{name}: wallet.currencies.gold: must be at most")
