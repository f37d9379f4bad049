"""Plays the JVM for the tests of the commands: writes the state file, prints, obeys SIGTERM.

Behaviour comes from the JSON file in $BEHAVIOUR: `states` (written in turn, each until the file
`next-<index>` in
the behaviour's folder is there, if `gated`), `exit` (code after the states, else it serves), `prints`,
`stderr`,
`ignore_term`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

READY = {"phase": "ready", "listeners": {"inference": "http://127.0.0.1:8080"}, "models": []}


def version() -> None:
    """Answers `-version` as the runtime named in the environment."""
    number = os.environ["JAVA_UNDER_TEST"]
    feature = number.split(".")[1] if number.startswith("1.") else number.split(".")[0]
    print(f"    java.specification.version = {feature}\n    java.vm.version = {number}+1", file=sys.stderr)
    print(f'openjdk version "{number}" 2025-01-01', file=sys.stderr)


def put(path: Path, state: dict[str, object]) -> None:
    """Writes the state file by rename."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"pid": os.getpid(), "profile": "mariner", **state}))
    part.replace(path)


def main() -> None:
    """Serves until SIGTERM, or ends as the behaviour says."""
    if "-version" in sys.argv:
        return version()
    if "-Xshare:dump" in sys.argv:
        target = next(arg for arg in sys.argv if arg.startswith("-XX:SharedArchiveFile=")).partition("=")[2]
        Path(target).write_bytes(b"archive")
        return None
    with Path(os.environ["CALLS"]).open("a") as calls:
        calls.write(json.dumps(sys.argv[1:]) + "\n")
    source = Path(os.environ["BEHAVIOUR"])
    behaviour = json.loads(source.read_text())
    for line in behaviour.get("prints", []):
        print(line, flush=True)
    for line in behaviour.get("stderr", []):
        print(line, file=sys.stderr, flush=True)
    state_file = Path(sys.argv[sys.argv.index("--state-file") + 1])
    if behaviour.get("ignore_term"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(behaviour.get("exit_on_term", 0)))
    states = behaviour.get("states", [READY])
    for index, state in enumerate(states):
        put(state_file, state)
        if state["phase"] in ("listening", "ready"):
            print("Model server started.", flush=True)
        while (
            behaviour.get("gated")
            and index + 1 < len(states)
            and not (source.parent / f"next-{index}").exists()
        ):
            time.sleep(0.01)
    if "exit" in behaviour:
        sys.stdout.flush()
        os._exit(behaviour["exit"])
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
