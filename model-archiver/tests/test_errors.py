"""A user's mistake: one clear line, the right status, no traceback, and nothing changed on disk."""

from __future__ import annotations

import random
import resource
import subprocess
import sys

import pytest

MISTAKES = {
    "bad name": (("--model-name", "../up"), "--model-name: '../up' (expected: a letter or digit"),
    "name with a line end": (("--model-name", "up\n"), "--model-name"),
    "empty name": (("--model-name", ""), "--model-name: ''"),
    "empty version": (("--version", ""), "--version: ''"),
    "no export folder": (
        ("--export-path", "nowhere"),
        "--export-path: 'nowhere' (expected: an existing directory)",
    ),
    "empty export folder": (("--export-path", ""), "--export-path: ''"),
    "export folder is a file": (("--export-path", "net.py"), "--export-path: 'net.py'"),
    "no weights": (("--serialized-file", "no.pt"), "--serialized-file: 'no.pt' (expected: an existing file)"),
    "weights are a directory": (
        ("--serialized-file", "assets"),
        "--serialized-file: 'assets' is a directory",
    ),
    "no model file": (("--model-file", "no.py"), "--model-file: 'no.py' (expected: an existing file)"),
    "no requirements": (("-r", "no.txt"), "--requirements-file: 'no.txt' (expected: an existing file)"),
    "no config": (("-c", "net.py/no.yaml"), "--config-file: 'net.py/no.yaml' (expected: an existing file)"),
    "config is a device": (("-c", "/dev/null"), "--config-file: '/dev/null' is neither a file nor"),
    "no extra file": (
        ("--extra-files", "assets,no"),
        "--extra-files: 'no' (expected: an existing file, directory",
    ),
    "handler is a directory": (("--handler", "folder.py"), "--handler: 'folder.py' is a directory"),
}


@pytest.fixture
def flags():
    """The flags of a good call, some of them replaced."""

    def build(*changed):
        good = {"--model-name": "digits", "--version": "1", "--handler": "handler.py", "--export-path": "out"}
        good |= dict(zip(changed[::2], changed[1::2], strict=True))
        return [word for pair in good.items() for word in pair]

    return build


@pytest.mark.parametrize("archive_format", ["default", "no-archive"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_line_and_leaves_nothing(
    folder, archive, flags, tree, mistake, archive_format
):
    (folder / "folder.py").mkdir()
    changed, message = MISTAKES[mistake]
    before = tree(folder)

    result = archive(*flags(*changed, "--archive-format", archive_format))

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: {message}")
    assert "Traceback" not in result.stderr
    assert tree(folder) == before


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("--runtime", "java"), "argument --runtime: invalid choice: 'java'"),
        (("--archive-format", "rar"), "argument --archive-format: invalid choice: 'rar'"),
        (("--no-such-flag", "1"), "unrecognized arguments: --no-such-flag 1"),
    ],
)
def test_wrong_flags_exit_with_2(archive, flags, changed, message):
    result = archive(*flags(*changed))

    assert result.returncode == 2
    assert result.stderr.startswith("usage: torch-model-archiver ")
    assert message in result.stderr


def test_missing_required_flags_are_named(archive):
    result = archive("--model-name", "digits")

    assert result.returncode == 2
    assert "the following arguments are required: --handler, -v/--version" in result.stderr


@pytest.mark.parametrize("epoch", ["yesterday", "-1", "1.5", "²", "253402300800", "1" * 5000])
def test_a_malformed_source_date_epoch_is_refused(folder, digits, epoch):
    result = digits(env={"SOURCE_DATE_EPOCH": epoch})

    assert result.returncode == 1
    assert result.stderr.startswith(f"error: SOURCE_DATE_EPOCH: '{epoch}' (expected: whole seconds")
    assert not any((folder / "out").iterdir())


def test_a_file_name_that_is_no_utf8_is_refused(folder, digits):
    with open(bytes(folder / "assets") + b"/caf\xe9", "wb") as file:  # noqa: PTH123
        file.write(b"x")

    result = digits("--extra-files", "assets")

    assert result.returncode == 1
    assert "caf\\udce9' (expected: a file name in UTF-8)" in result.stderr


@pytest.mark.parametrize("archive_format", ["default", "zip-store", "tgz", "no-archive"])
def test_a_failing_disk_leaves_the_former_archive_and_no_scraps(
    folder, digits, command_env, flags, tree, archive_format
):
    assert digits("--archive-format", archive_format).returncode == 0
    (folder / "weights.pt").write_bytes(random.Random(3).randbytes(300_000))
    before = tree(folder)

    def limit_file_size():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    changed = ("--serialized-file", "weights.pt", "--archive-format", archive_format)
    result = subprocess.run(
        [sys.executable, "-m", "model_archiver", *flags(*changed), "--force"],
        cwd=folder,
        env=command_env,
        preexec_fn=limit_file_size,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert result.returncode == 1
    assert result.stderr.startswith("error: 'out/digits")
    assert "can't be made: File too large" in result.stderr
    assert "Traceback" not in result.stderr
    assert tree(folder) == before
