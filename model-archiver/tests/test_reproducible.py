"""Equal input gives equal bytes, whatever the file system and the environment look like."""

from __future__ import annotations

import hashlib
import os
import random
import shutil

import pytest

NAMES = [f"{letter}{digit}.txt" for letter in "axZ_é" for digit in range(6)]


@pytest.fixture
def packed(folder, archive):
    """Makes ``assets`` anew in the given order and packs it: the output's digest."""

    def run(names, archive_format, umask=0o022, modified_s=1_600_000_000, env=None):
        shutil.rmtree(folder / "assets")
        for directory in dict.fromkeys(name[0] for name in names):
            (folder / "assets" / directory).mkdir(parents=True)
        former = os.umask(umask)
        try:
            for name in names:
                (folder / "assets" / name[0] / name).write_text(name * 100)
            for path in folder.rglob("*"):
                os.utime(path, (modified_s, modified_s))
            flags = ("--model-name", "m", "-v", "1", "--handler", "handler.py", "--extra-files", "assets")
            result = archive(
                *flags, "--export-path", "out", "--archive-format", archive_format, "-f", env=env
            )
        finally:
            os.umask(former)
        assert (result.returncode, result.stderr) == (0, "")
        output = folder / "out" / ("m.tar.gz" if archive_format == "tgz" else "m.mar")
        return hashlib.sha256(output.read_bytes()).hexdigest()

    return run


@pytest.mark.parametrize("archive_format", ["default", "zip-store", "tgz"])
def test_order_of_creation_umask_time_zone_and_locale_do_not_matter(packed, archive_format):
    shuffled = random.Random(7).sample(NAMES, len(NAMES))
    environment = {"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "5"}

    assert packed(NAMES, archive_format) == packed(shuffled, archive_format, 0o077, env=environment)


@pytest.mark.parametrize("archive_format", ["default", "zip-store", "tgz"])
def test_time_stamps_of_files_do_not_matter_under_source_date_epoch(packed, archive_format):
    epoch = {"SOURCE_DATE_EPOCH": "1500000000"}

    once = packed(NAMES, archive_format, modified_s=1_600_000_000, env=epoch)
    later = packed(NAMES, archive_format, modified_s=1_650_000_001, env=epoch)

    assert once == later


def test_without_source_date_epoch_a_newer_file_shows(packed):
    assert packed(NAMES, "default") != packed(NAMES, "default", modified_s=1_600_000_010)


def test_an_unpacked_archive_has_the_archives_time_stamp(folder, digits):
    digits("--archive-format", "no-archive", env={"SOURCE_DATE_EPOCH": "1500000000"})

    files = [path for path in (folder / "out/digits").rglob("*") if path.is_file()]
    assert len(files) == 2
    assert {path.stat().st_mtime for path in files} == {1_500_000_000}
