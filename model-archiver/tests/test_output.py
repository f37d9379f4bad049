"""The output appears whole or not at all, and replaces only what it may."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys

import pytest
from model_archiver import ModelArchiverConfig, ModelArchiverError
from model_archiver.interruption import Interrupted, Interruption
from model_archiver.packing import pack
from model_archiver.progress import ProgressLine

OUTPUTS = {"default": "digits.mar", "tgz": "digits.tar.gz", "no-archive": "digits"}
REQUIRED = ("--model-name", "digits", "--version", "1", "--handler", "handler.py", "--export-path", "out")


@pytest.mark.parametrize("archive_format", OUTPUTS)
def test_an_existing_output_stays_without_force_and_is_replaced_with_it(
    folder, digits, unpacked, tree, archive_format
):
    output = folder / "out" / OUTPUTS[archive_format]
    assert digits("--extra-files", "assets", "--archive-format", archive_format).returncode == 0
    before = tree(folder)

    refused = digits("--archive-format", archive_format)
    assert refused.returncode == 1
    assert refused.stderr == f"error: 'out/{output.name}' already exists (use --force to replace it)\n"
    assert tree(folder) == before

    assert digits("--archive-format", archive_format, "--force").returncode == 0
    assert sorted(unpacked(output)) == ["MAR-INF/MANIFEST.json", "handler.py"]
    assert list((folder / "out").iterdir()) == [output]


def test_force_does_not_replace_a_directory_that_is_no_archive(folder, digits, tree):
    (folder / "out/digits").mkdir()
    (folder / "out/digits/thesis.tex").write_text("the only copy")
    before = tree(folder)

    result = digits("--archive-format", "no-archive", "--force")

    assert result.returncode == 1
    assert "'out/digits' is not an unpacked model archive, so --force does not replace it" in result.stderr
    assert tree(folder) == before


def test_force_does_not_replace_a_directory_by_a_file_or_a_file_by_a_directory(folder, digits):
    (folder / "out/digits.mar").mkdir()
    (folder / "out/digits").write_text("")

    for archive_format in ("default", "no-archive"):
        assert digits("--archive-format", archive_format, "--force").returncode == 1


def test_force_replaces_an_empty_directory_and_a_link_but_not_the_links_target(folder, digits, unpacked):
    (folder / "out/digits").mkdir()
    (folder / "precious.mar").write_text("precious")
    (folder / "out/digits.mar").symlink_to("../precious.mar")

    for archive_format in ("default", "no-archive"):
        assert digits("--archive-format", archive_format, "--force").returncode == 0

    assert (folder / "precious.mar").read_text() == "precious"
    assert unpacked(folder / "out/digits.mar") == unpacked(folder / "out/digits")


def test_the_output_has_the_permissions_that_the_umask_gives(folder, digits):
    former = os.umask(0o027)
    try:
        assert digits().returncode == 0
        assert digits("--archive-format", "no-archive").returncode == 0
    finally:
        os.umask(former)

    assert (folder / "out/digits.mar").stat().st_mode & 0o777 == 0o640
    assert (folder / "out/digits").stat().st_mode & 0o777 == 0o750
    assert (folder / "out/digits/handler.py").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("archive_format", ["default", "no-archive"])
def test_an_interrupted_run_leaves_the_former_archive_and_no_scraps(
    folder, digits, command_env, number, archive_format
):
    assert digits("--archive-format", archive_format).returncode == 0
    with (folder / "huge.pt").open("wb") as sparse:
        sparse.truncate(3 * 1024**3)
    before = sorted(path.name for path in (folder / "out").rglob("*"))
    control, terminal = pty.openpty()
    flags = (*REQUIRED, "--serialized-file", "huge.pt", "--archive-format", archive_format, "--force")
    with subprocess.Popen(
        [sys.executable, "-m", "model_archiver", *flags], cwd=folder, env=command_env, stderr=terminal
    ) as process:
        os.close(terminal)
        shown = b""
        # The first progress line tells that it is in the midst of writing.
        while b"packing digits" not in shown:
            shown += os.read(control, 4096)
        process.send_signal(number)
        assert process.wait(30) == 128 + number
    os.close(control)

    assert sorted(path.name for path in (folder / "out").rglob("*")) == before
    assert not any((folder / "temp").iterdir())


def test_a_signal_ends_the_planning_at_once_and_the_writing_at_the_next_check():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted) as raised, Interruption():
        signal.raise_signal(signal.SIGTERM)
    assert raised.value.signal_number == signal.SIGTERM

    with Interruption() as interruption:
        interruption.defer()
        interruption.check()
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted) as raised:
            interruption.check()
    assert raised.value.signal_number == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before


class Meddler(ProgressLine):
    """Does something to the file system while the archive is written."""

    def __init__(self, meddle):
        super().__init__("meddled")
        self._meddle = meddle
        self._met = False

    def advance(self, count_bytes):
        super().advance(count_bytes)
        if not self._met:
            self._met = True
            self._meddle()


@pytest.fixture
def config(folder):
    return ModelArchiverConfig(
        "digits",
        str(folder / "handler.py"),
        "1",
        serialized_file=str(folder / "weights.pt"),
        export_path=str(folder / "out"),
    )


@pytest.mark.parametrize("archive_format", OUTPUTS)
@pytest.mark.parametrize("change", ["longer", "shorter", "rewritten"])
def test_a_file_that_changes_while_it_is_packed_fails_the_run(folder, config, archive_format, change):
    weights = folder / "weights.pt"
    content = {"longer": weights.read_bytes() + b"x", "shorter": b"x", "rewritten": bytes(256 * 40)}[change]

    def meddle():
        weights.write_bytes(content)
        os.utime(weights, (1, 1))

    config.archive_format = archive_format
    with pytest.raises(ModelArchiverError, match=r"weights\.pt.* changed while it was packed"):
        pack(config, pytest.fail, Meddler(meddle))
    assert not any((folder / "out").iterdir())


@pytest.mark.parametrize("archive_format", OUTPUTS)
def test_an_output_that_appears_meanwhile_is_not_overwritten(folder, config, archive_format):
    output = folder / "out" / OUTPUTS[archive_format]
    config.archive_format = archive_format
    with pytest.raises(ModelArchiverError, match="already exists"):
        pack(config, pytest.fail, Meddler(lambda: output.write_text("another run's")))

    assert output.read_text() == "another run's"
    assert list((folder / "out").iterdir()) == [output]


def test_an_input_that_vanishes_meanwhile_is_told(folder, config):
    with pytest.raises(ModelArchiverError, match=r"No such file or directory.*weights\.pt"):
        pack(config, pytest.fail, Meddler((folder / "weights.pt").unlink))
    assert not any((folder / "out").iterdir())
