"""The completion scripts, of which bash runs its own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ts._cli.completion import described, everything
from ts._cli.main import COMMANDS, main
from ts._cli.parsers import command_parser

SHELLS = ("bash", "zsh", "fish")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_knows_every_command_and_flag(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for command in everything(described(command_parser(), (), "")):
        for flag in command.flags:
            for name in flag.names:
                assert (name[2:] if shell == "fish" else name) in script
    assert all(command in script for command in COMMANDS)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_good_for_its_shell(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is missing")
    main(["completion", shell])
    file = tmp_path / "script"
    file.write_text(capsys.readouterr().out)
    done = subprocess.run([shell, "-n", str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["st"], {"start", "stop", "status"}),
        (["config", ""], {"check", "show", "--help"}),
        (["config", "show", "--pro"], {"--profile"}),
        (["config", "show", "--profile", ""], {"mariner", "torchserve"}),
        (["start", "--name", ""], set()),
        (["token", "m"], {"management"}),
        (["start", "--ts-config", "c"], {"c.properties"}),
        (["predict", "m", "c"], {"c.properties"}),
    ],
)
def test_bash_completes(
    words: list[str], expected: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["completion", "bash"])
    (tmp_path / "script").write_text(capsys.readouterr().out)
    (tmp_path / "c.properties").touch()
    quoted = " ".join(f"'{word}'" for word in ["mariner", *words])
    line = f"COMP_WORDS=({quoted}); COMP_CWORD={len(words)}"
    ask = f"source ./script; {line}; _mariner; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == expected
