"""The folder of one server while it runs: pid file, state file, console log. Servers are told apart by its
name. All of a user's are in one folder, which is there as long as one of them is: any command, and a server
in the foreground, may remove it when it is empty, so whoever makes a folder in it must be ready to begin
anew."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import signal
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ts._cli.errors import CommandError
from ts._cli.identity import start_mark

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")


def default_name(folder: Path) -> str:
    """Returns a readable name for servers started from this folder; two folders never share one."""
    path = str(folder.resolve())
    readable = re.sub(r"[^A-Za-z0-9_]+", "-", folder.resolve().name).strip("-")[:40] or "root"
    return f"{readable}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:6]}"


def checked_name(name: str) -> str:
    """Returns the name; raises CommandError when it can't be a folder's name."""
    if _NAME.fullmatch(name) is None:
        raise CommandError(
            f"--name: {name!r} (expected: up to 64 letters, digits, `.`, `_`, `-`; no `.` or `-` first)", 2
        )
    return name


def temp_root() -> Path:
    """Returns the folder for temporary files; raises CommandError when none can be written."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        # Its words name the folders that were tried.
        raise CommandError(
            f"{error.strerror} (expected: a folder that can be written; TMPDIR names another one)"
        ) from error


def root_name() -> str:
    """Returns the name of the folder that holds the run folders of this user."""
    return f"mariner-{os.getuid()}"


def runs_root(environment: Mapping[str, str]) -> Path:
    """Returns the folder that holds the run folders of this user; it need not be there yet."""
    session = environment.get("XDG_RUNTIME_DIR") or ""
    usable = session.startswith("/") and os.access(session, os.W_OK | os.X_OK)
    return Path(session if usable else temp_root(), root_name())


def _no_folder(folder: Path, reason: str | None) -> CommandError:
    return CommandError(
        f"run folder can't be made: {folder} ({reason}; "
        "expected: XDG_RUNTIME_DIR or TMPDIR names a folder that can be written)"
    )


def _is_private(facts: os.stat_result) -> bool:
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and not facts.st_mode & 0o077


def _make_private(folder: Path) -> None:
    """Raises FileNotFoundError when the folder above is not there, or this one was removed at once."""
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        facts = folder.lstat()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _no_folder(folder, error.strerror) from error
    if not _is_private(facts):
        raise CommandError(
            f"run folder is not private: {folder} "
            f"(expected: a folder with mode 0700 that belongs to user {os.getuid()})"
        )


@dataclass(frozen=True)
class RunFolder:
    """The run folder of the server `name`. Everything in it may be stale; `pid()` says whether the server
    lives."""

    path: Path

    @property
    def name(self) -> str:
        """The server's name."""
        return self.path.name

    @property
    def state_file(self) -> Path:
        """Where the JVM writes its state."""
        return self.path / "state.json"

    @property
    def console(self) -> Path:
        """What a background JVM prints."""
        return self.path / "console.log"

    @property
    def pid_file(self) -> Path:
        """Pid and start of the JVM as JSON."""
        return self.path / "server.pid"

    @property
    def _part(self) -> Path:
        return self.pid_file.with_suffix(".part")

    def create(self) -> None:
        """Makes the folder, private to the user; raises CommandError when it is not or can't be."""
        root = self.path.parent
        while True:
            with suppress(FileNotFoundError):
                _make_private(root)
                _make_private(self.path)
                return
            # Removed meanwhile by the end of the last server in it, unless there is no place for it at all.
            if not root.parent.is_dir():
                raise _no_folder(root, os.strerror(errno.ENOENT))

    def _lock(self) -> int:
        """Locks the folder that has this path, which a server that ends may remove at any moment."""
        while True:
            self.create()
            with suppress(FileNotFoundError), ExitStack() as undo:
                # The folder itself, so that no file of the lock is left when the server removes it.
                handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                undo.callback(os.close, handle)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise CommandError(f"server {self.name!r} is being started by another command") from error
                except OSError as error:
                    raise CommandError(
                        f"run folder can't be locked: {self.path} ({error.strerror}; "
                        "expected: XDG_RUNTIME_DIR or TMPDIR names a folder of a local disk)"
                    ) from error
                if os.path.samestat(os.fstat(handle), self.path.stat()):
                    undo.pop_all()
                    return handle

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other commands from starting the same server meanwhile; raises CommandError when one is at
        it. A folder that is empty in the end is removed."""
        handle = self._lock()
        try:
            yield
        finally:
            self._remove_if_empty()
            os.close(handle)

    def _remove_if_empty(self) -> None:
        root = self.path.parent
        # Another file of the JVM, another server's folder, or none any more: neither stands in the way.
        with suppress(OSError):
            self.path.rmdir()
        with suppress(OSError):
            if root.name == root_name() and _is_private(root.lstat()):
                root.rmdir()

    def take(self) -> None:
        """Makes the folder the next server's: it is there, and the end of the one before does not remove it
        any more."""
        self.forget()
        while True:
            self.create()
            with suppress(FileNotFoundError):
                self.console.touch(mode=0o600)
                return

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Takes the folder for a start; one that fails before a server runs leaves nothing."""
        self.take()
        try:
            yield
        except BaseException:
            # A server in the foreground is this process, as far as the pid file knows.
            if self.pid() in (None, os.getpid()):
                self._clear()
            raise

    def forget(self) -> None:
        """Removes what a server before left about itself; its console log stays, to be read after a crash."""
        for file in (self.pid_file, self.state_file):
            file.unlink(missing_ok=True)

    def record(self, pid: int) -> None:
        """Writes the pid file of a process that has just been started."""
        self._part.write_text(json.dumps({"pid": pid, "start": start_mark(pid)}), encoding="utf-8")
        self._part.replace(self.pid_file)

    def pid(self) -> int | None:
        """Returns the pid of the living server; None when none runs, also if its pid belongs to another
        process now."""
        try:
            content = json.loads(self.pid_file.read_text(encoding="utf-8"))
            pid, mark = int(content["pid"]), content["start"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return pid if pid > 0 and mark is not None and start_mark(pid) == mark else None

    def sweep(self, keep_console: bool = False) -> None:
        """Removes what is left of a server that runs no more: its files and the folder. A console log that is
        kept, to be read after a crash, keeps the folder too. Leaves everything alone when a server lives.

        Raises CommandError when another command starts the server now.
        """
        if not self.path.is_dir():
            # A server in the foreground has removed it; one of an older version, nothing but that.
            self._remove_if_empty()
            return
        with self.locked():
            if self.pid() is None:
                self._clear(keep_console)

    def _clear(self, keep_console: bool = False) -> None:
        self.forget()
        for file in (self.path / "state.json.new", self._part):
            file.unlink(missing_ok=True)
        if not keep_console:
            self.console.unlink(missing_ok=True)
        self._remove_if_empty()

    def send(self, number: signal.Signals) -> None:
        """Signals the server if it still lives; raises CommandError when that is not allowed."""
        pid = self.pid()
        if pid is None:
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
        except PermissionError as error:
            raise CommandError(f"server {self.name!r} (pid {pid}) belongs to another user") from error


def run_folders(root: Path) -> list[RunFolder]:
    """Returns all run folders below the root, by name."""
    try:
        return [RunFolder(path) for path in sorted(root.iterdir()) if path.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
