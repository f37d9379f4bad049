"""Starts the JVM, for both commands: `prepare` gathers everything that can go wrong before it, `Launch`
runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, NoReturn

from ts._cli import cds
from ts._cli.errors import CommandError
from ts._cli.java import Java, JvmSettings, command_line, find_java, frontend_jars
from ts._cli.progress import Progress
from ts._cli.properties import in_force
from ts._cli.rivals import refuse_torchserve
from ts._cli.runfolder import RunFolder
from ts._cli.state import ServerState, read_state

SERVER_HOME = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.05
# How long a JVM that has reported its failure may take to exit.
_FAILED_EXIT_SECONDS = 10.0
_FIRST_PROCESS = 1
# Signals the process, which becomes another program, when the one that started it dies.
_TIE = (
    "import ctypes, os, signal, sys\n"
    "ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)\n"
    "os.getppid() == int(sys.argv[1]) or os._exit(1)\n"
    "os.execv(sys.argv[2], sys.argv[2:])"
)


@dataclass(frozen=True)
class Launch:
    """A JVM ready to be started, and what to do about its class archive."""

    command: tuple[str, ...]
    java: Java
    jars: tuple[Path, ...]
    archive: cds.ClassArchive
    variables: Mapping[str, str] = field(default_factory=dict)

    def tied(self, folder: RunFolder, scratch: Path) -> Launch:
        """Returns the same for a server that is to end with this process, however that ends: if it can't do
        that itself any more, the server removes its run folder and `scratch`."""
        own = ("--run-folder", str(folder.path), "--parent", str(os.getpid()), "--scratch", str(scratch))
        command = (*self.command, *own)
        if sys.platform == "linux":
            command = (sys.executable, "-I", "-S", "-c", _TIE, str(os.getpid()), *command)
        return replace(self, command=command)

    def spawn(
        self,
        output: IO[bytes] | None,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Starts the JVM in the background; its output goes to the file, or (None) where this process's
        goes. Environment and working directory are those of this process unless others are given."""
        try:
            return subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                start_new_session=True,
                env={**(os.environ if environment is None else environment), **self.variables},
                cwd=folder,
            )
        except OSError as error:
            cds.discard(self.archive)
            raise CommandError(f"{self.command[0]} can't be run ({error.strerror})") from error

    def become(self) -> NoReturn:
        """Turns this process into the JVM, so that signals and the exit code need no one in between."""
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            os.execve(self.command[0], self.command, {**os.environ, **self.variables})
        except OSError as error:
            raise CommandError(f"{self.command[0]} can't be run ({error.strerror})") from error

    def started(self) -> None:
        """To be called when the server is up: makes the class archive for later starts, if one is due."""
        cds.begin_dump(self.java, self.jars, self.archive)

    def failed(self) -> None:
        """To be called when the server did not come up."""
        cds.discard(self.archive)


def _jvm_settings(
    config: Mapping[str, str], log_config: str | None, environment: Mapping[str, str]
) -> JvmSettings:
    if log_config is not None and not Path(log_config).is_file():
        raise CommandError(f"--log-config file not found: {log_config}")
    temp_folder = environment.get("TEMP") or None
    if temp_folder is not None and not Path(temp_folder).is_dir():
        raise CommandError(
            f"Invalid temp directory: {temp_folder} (expected: TEMP names an existing directory)"
        )
    vmargs = tuple((in_force("vmargs", None, config, environment) or "").split())
    if temp_folder is None and not any(arg.startswith("-Djava.io.tmpdir=") for arg in vmargs):
        # The JVM does not know TMPDIR, and the files of one run belong together.
        common = environment.get("TMPDIR") or ""
        temp_folder = common if common.startswith("/") and Path(common).is_dir() else None
    return JvmSettings(
        vmargs=vmargs,
        temp_folder=temp_folder,
        log_config=None if log_config is None else Path(log_config),
        processors=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
    )


def prepare(
    server_arguments: Sequence[str],
    folder: RunFolder,
    config: Mapping[str, str],
    log_config: str | None,
    foreground: bool,
    environment: Mapping[str, str],
) -> Launch:
    """Finds all that a start needs. `server_arguments` begins with the main class.

    Raises CommandError: TorchServe installed beside, no Java, no jars, a wrong TEMP or --log-config.
    """
    refuse_torchserve()
    settings = _jvm_settings(config, log_config, environment)
    java = find_java(environment)
    jars = frontend_jars(SERVER_HOME / "ts" / "frontend")
    archive = cds.choose(java, jars, settings.vmargs, cds.cache_folder(environment))
    if foreground and archive.class_list is not None:
        # Nobody would be there to make the archive once the server is up.
        cds.discard(archive)
        archive = cds.ClassArchive()
    main_class, *arguments = server_arguments
    own = [
        "--python",
        sys.executable,
        "--server-home",
        str(SERVER_HOME),
        "--state-file",
        str(folder.state_file),
    ]
    if foreground:
        # The command becomes the server, so only that can remove the folder at the end.
        own += ["--run-folder", str(folder.path)]
    command = command_line(java, settings, archive.flags, jars, [main_class, *own, *arguments])
    return Launch(tuple(command), java, tuple(jars), archive, locale_of(environment))


def dry_command(
    server_arguments: Sequence[str], config: Mapping[str, str], environment: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """Returns the command that has the server only read its configuration, and what it needs in its
    environment. `server_arguments` begins with the main class. Raises CommandError as `prepare` does."""
    settings = _jvm_settings(config, None, environment)
    java = find_java(environment)
    jars = frontend_jars(SERVER_HOME / "ts" / "frontend")
    main_class, *arguments = server_arguments
    own = [main_class, "--python", sys.executable, "--server-home", str(SERVER_HOME)]
    return command_line(java, settings, (), jars, [*own, *arguments]), locale_of(environment)


def checked_store(flag: str | None, config: Mapping[str, str], environment: Mapping[str, str]) -> str | None:
    """Returns the model store that the flag or the file names, None if neither does.

    Raises CommandError when it is not a directory.
    """
    store = in_force("model_store", flag, config, environment)
    return store if store is None else checked_folder("--model-store", store)


def checked_folder(flag: str, folder: str) -> str:
    """Returns the folder that a flag names. Raises CommandError when it is not a directory."""
    if not Path(folder).is_dir():
        raise CommandError(f"{flag} directory not found: {folder}")
    return folder


def stays(asked: bool, command: str) -> bool:
    """Returns whether a start stays in the foreground: when it was asked to, and as process 1 of a container,
    which would end with it. Says so in that case."""
    if asked or os.getpid() != _FIRST_PROCESS:
        return asked
    print(
        f"{command}: stays in the foreground, as this is process 1 and its container would end with it "
        "(--foreground says the same)",
        file=sys.stderr,
        flush=True,
    )
    return True


def locale_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables without which the JVM could not name files with other characters than ASCII: it
    writes `?` for them under the locale C, where Python takes UTF-8."""
    name = next((key for key in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(key)), "LC_CTYPE")
    if environment.get(name, "C") not in ("C", "POSIX"):
        return {}
    return {"LC_ALL" if name == "LC_ALL" else "LC_CTYPE": "C.UTF-8"}


def await_state(
    process: subprocess.Popen[bytes],
    folder: RunFolder,
    reached: Callable[[ServerState], bool],
    wait_seconds: float | None,
    progress: Progress | None = None,
) -> ServerState | None:
    """Waits until the server's state satisfies `reached`; returns None when the JVM has ended before.

    `wait_seconds` None waits without limit; raises TimeoutError when the time is up.
    """
    begun = time.monotonic()
    failed_at: float | None = None
    while True:
        ended = process.poll() is not None
        state = read_state(folder.state_file)
        if progress is not None:
            progress.show(state)
        if ended:
            return None
        if reached(state):
            return state
        now = time.monotonic()
        if state.phase == "failed":
            failed_at = failed_at or now
            if now - failed_at > _FAILED_EXIT_SECONDS:
                return None
        elif wait_seconds is not None and now - begun >= wait_seconds:
            raise TimeoutError
        try:
            process.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def ending(code: int | None) -> str:
    """Says in words how a process ended, from `Popen.returncode`."""
    if code is None:
        return "reported a failure and did not exit"
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
