"""The server's log stays within its bounds."""

import os
from pathlib import Path

from kizuna.db.embedded.log import ServerLog


def test_rotation_keeps_the_writer(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "postgres.log", limit=100)
    writer = os.dup(log.open())
    for number in range(50):
        os.write(writer, f"line {number}\n".encode())
        log.rotate()
        assert log.path.stat().st_size < 100
    os.close(writer)
    log.close()
    kept = (tmp_path / "postgres.log.1").read_text() + log.path.read_text()
    assert kept.endswith("line 48\nline 49\n")
    assert kept.splitlines() == [f"line {number}" for number in range(50)][-len(kept.splitlines()) :]
    assert sorted(os.listdir(tmp_path)) == ["postgres.log", "postgres.log.1"]


def test_an_earlier_log_counts(tmp_path: Path) -> None:
    (tmp_path / "postgres.log").write_text("x" * 200)
    log = ServerLog(tmp_path / "postgres.log", limit=100)
    log.open()
    log.close()
    assert (tmp_path / "postgres.log").stat().st_size == 0
    assert (tmp_path / "postgres.log.1").stat().st_size == 200


def test_tail(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "postgres.log")
    assert log.tail(3) == ""
    log.path.write_bytes(b"".join(b"line %d\n" % number for number in range(9999)) + b"\xff end")
    assert log.tail(2) == "line 9998\n\ufffd end"
