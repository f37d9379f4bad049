"""Which workers of a stage live."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ts.compat.mosec.presence import Presence


def _dead() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_stage_whose_workers_are_on_their_way_is_not_deserted(tmp_path: Path) -> None:
    presence = Presence(tmp_path, "Echo_1")
    assert not presence.is_deserted(2)
    (tmp_path / "Echo_1.1").write_text(str(_dead()))
    assert not presence.is_deserted(2)


def test_a_stage_is_deserted_when_all_its_workers_are_dead(tmp_path: Path) -> None:
    presence = Presence(tmp_path, "Echo_1")
    presence.arrive(1)
    (tmp_path / "Echo_1.2").write_text(str(_dead()))
    (tmp_path / "Echo_2.1").write_text(str(_dead()))
    assert not presence.is_deserted(2)
    (tmp_path / "Echo_1.1").write_text(str(_dead()))
    assert presence.is_deserted(2)


def test_a_worker_that_replaces_the_last_one_tells_that_all_were_dead(tmp_path: Path) -> None:
    presence = Presence(tmp_path, "Echo_1")
    (tmp_path / "Echo_1.1").write_text(str(_dead()))
    presence.arrive(1)
    assert presence.is_deserted(1)


def test_a_worker_that_replaces_one_of_several_does_not(tmp_path: Path) -> None:
    presence = Presence(tmp_path, "Echo_1")
    presence.arrive(2)
    (tmp_path / "Echo_1.1").write_text(str(_dead()))
    presence.arrive(1)
    assert not presence.is_deserted(2)
