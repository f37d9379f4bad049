"""Run folders come and go beside one another: a start, a stop, and a server in the foreground that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from ts._cli.errors import CommandError
from ts._cli.runfolder import RunFolder, root_name, run_folders

# All by which a start looks at the disk or changes it.
CALLS: tuple[tuple[Any, str], ...] = (
    (Path, "mkdir"),
    (Path, "lstat"),
    (Path, "stat"),
    (Path, "unlink"),
    (Path, "touch"),
    (Path, "read_text"),
    (os, "open"),
    (fcntl, "flock"),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / root_name()


class Interruption:
    """Runs an action of another process before the calls with these numbers."""

    def __init__(self, patch: pytest.MonkeyPatch, action: Callable[[], None], *moments: int) -> None:
        self._action, self._moments = action, set(moments)
        self._inside = False
        self.calls = 0
        for owner, name in CALLS:
            patch.setattr(owner, name, self._wrapped(getattr(owner, name)))

    def _wrapped(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if not self._inside:
                self._inside = True
                try:
                    if self.calls in self._moments:
                        self._action()
                    self.calls += 1
                    return real(*arguments, **named)
                finally:
                    self._inside = False
            return real(*arguments, **named)

        return call


def begin(folder: RunFolder) -> None:
    """What every start does with its folder."""
    with folder.locked():
        assert folder.pid() is None
        with folder.taken():
            folder.record(os.getpid())


def removal(folder: Path) -> Callable[[], None]:
    """Returns the last two steps of a server in the foreground that ends."""

    def remove() -> None:
        for one in (folder, folder.parent):
            with suppress(OSError):
                one.rmdir()

    return remove


@pytest.mark.parametrize("ending", ["other", "mine"])
def test_a_start_gets_its_folder_whenever_the_last_server_in_it_ends(
    root: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    mine = RunFolder(root / "mine")

    def tried(*moments: int) -> int:
        RunFolder(root / ending).create()
        with monkeypatch.context() as patch:
            interruption = Interruption(patch, removal(root / ending), *moments)
            begin(mine)
        assert mine.pid() == os.getpid(), moments
        assert [path.stat().st_mode & 0o777 for path in (root, mine.path)] == [0o700, 0o700], moments
        for file in (mine.pid_file, mine.console):
            file.unlink()
        removal(root / "other")()
        removal(mine.path)()
        assert not root.exists(), moments
        return interruption.calls

    calls = tried()
    assert calls >= 10
    for first in range(calls + 2):
        for second in range(first, first + 6):
            tried(first, second)


@pytest.mark.parametrize("keep_console", [False, True])
def test_a_sweep_is_not_disturbed_by_another_one(
    root: Path, monkeypatch: pytest.MonkeyPatch, keep_console: bool
) -> None:
    mine, other = RunFolder(root / "mine"), RunFolder(root / "mine")
    moment, calls = 0, 1
    while moment < calls:
        mine.create()
        mine.state_file.write_text("{}")
        with monkeypatch.context() as patch:
            interruption = Interruption(patch, lambda: swept_unless_locked(other), moment)
            mine.sweep(keep_console)
        moment, calls = moment + 1, interruption.calls
        assert not root.exists(), moment
    assert calls >= 8


def swept_unless_locked(folder: RunFolder) -> None:
    with suppress(CommandError):
        folder.sweep()


def test_a_run_folder_that_vanishes_under_its_lock_is_made_anew(root: Path) -> None:
    # As when a server in the foreground ends while the next one is started.
    folder = RunFolder(root / "a")
    with folder.locked():
        folder.path.rmdir()
        folder.take()
        folder.record(os.getpid())
        assert folder.pid() == os.getpid()
    with pytest.raises(CommandError, match="being started"), folder.locked(), folder.locked():
        pass
    folder.forget()
    folder.sweep()
    assert not root.exists()


def test_the_folder_of_all_goes_with_the_last_run_folder(root: Path) -> None:
    first, last = RunFolder(root / "first"), RunFolder(root / "last")
    for folder in (first, last):
        folder.take()
    first.sweep()
    assert [folder.name for folder in run_folders(root)] == ["last"]
    last.sweep()
    assert list(root.parent.iterdir()) == []
    assert run_folders(root) == []


def test_a_sweep_removes_the_empty_folder_that_an_older_server_has_left(root: Path) -> None:
    root.mkdir(0o700)
    RunFolder(root / "any").sweep()
    assert not root.exists()


def test_a_living_server_is_never_swept(root: Path) -> None:
    folder = RunFolder(root / "a")
    begin(folder)
    folder.sweep()
    assert folder.pid() == os.getpid()
    assert folder.console.exists()


def test_what_a_crash_leaves_to_be_read_is_kept_until_the_next_sweep(root: Path) -> None:
    folder = RunFolder(root / "a")
    folder.take()
    folder.console.write_text("Out of memory")
    for name in ("state.json", "state.json.new", "server.part"):
        (folder.path / name).write_text("")
    folder.sweep(keep_console=True)
    assert [path.name for path in folder.path.iterdir()] == ["console.log"]
    folder.sweep()
    assert not root.exists()


def test_a_start_that_fails_leaves_nothing_unless_a_server_runs(root: Path) -> None:
    folder = RunFolder(root / "a")
    with pytest.raises(KeyboardInterrupt):
        interrupted_start(folder, os.getpid())
    assert not root.exists()
    with pytest.raises(KeyboardInterrupt):
        interrupted_start(folder, os.getppid())
    assert folder.pid() == os.getppid()


def interrupted_start(folder: RunFolder, pid: int) -> None:
    with folder.locked(), folder.taken():
        folder.record(pid)
        raise KeyboardInterrupt


def test_what_is_not_the_commands_own_is_left(tmp_path: Path, root: Path) -> None:
    strange = tmp_path / "mariner-store"
    strange.mkdir(0o700)
    open_to_all = tmp_path / "open" / root_name()
    open_to_all.mkdir(parents=True)
    open_to_all.chmod(0o755)
    real = tmp_path / "real"
    real.mkdir(0o700)
    root.symlink_to(real)
    for above in (strange, open_to_all, root):
        RunFolder(above / "a").sweep()
        assert above.is_dir(), above
    assert root.is_symlink()


def test_a_folder_of_all_that_belongs_to_another_user_is_left(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.mkdir(0o700)
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    RunFolder(root / "a").sweep()
    stranger = root.rename(root.with_name(root_name()))
    RunFolder(stranger / "a").sweep()
    assert stranger.is_dir()
    with pytest.raises(CommandError, match=rf"not private: .*belongs to user {own + 1}"):
        RunFolder(stranger / "a").create()


def test_a_missing_temporary_folder_is_told_at_once(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "absent" / root_name() / "a")
    with pytest.raises(CommandError, match=r"run folder can't be made: .*No such file or directory"):
        folder.create()
    with pytest.raises(CommandError, match="TMPDIR names a folder that can be written"):
        folder.take()
