"""What the manifest says, and when the archive says it was made."""

from __future__ import annotations

import json
import os
import zipfile
from datetime import datetime, timezone

import pytest


def manifest_of(folder):
    with zipfile.ZipFile(folder / "out/digits.mar") as packed:
        return json.loads(packed.read("MAR-INF/MANIFEST.json"))


def touch_all(folder, seconds):
    for path in folder.rglob("*"):
        os.utime(path, (seconds, seconds))


def test_a_manifest_without_optional_files_has_only_the_required_keys(folder, digits):
    digits(handler="image_classifier")

    assert manifest_of(folder) == {
        "createdOn": "01/01/1980 00:00:00",
        "runtime": "python",
        "model": {"modelName": "digits", "handler": "image_classifier", "modelVersion": "1.0"},
        "archiverVersion": "0.13.0",
    }


@pytest.mark.parametrize("runtime", ["python", "python3", "LSP"])
def test_the_runtime_is_the_one_asked_for(folder, digits, runtime):
    digits("--runtime", runtime, handler="BaseHandler" if runtime == "LSP" else "base_handler")

    assert manifest_of(folder)["runtime"] == runtime


def test_files_are_named_without_their_folders(folder, digits):
    digits("--serialized-file", "./assets/words/list.txt", "-c", str(folder / "config.yaml"))

    model = manifest_of(folder)["model"]
    assert (model["serializedFile"], model["configFile"]) == ("list.txt", "config.yaml")


def test_created_on_is_the_newest_inputs_time_stamp_in_utc(folder, digits):
    touch_all(folder, 1_700_000_000)
    os.utime(folder / "assets/words/list.txt", (1_700_003_661, 1_700_003_661.9))

    digits("--extra-files", "assets", env={"TZ": "Asia/Tokyo"})

    expected = datetime.fromtimestamp(1_700_003_661, timezone.utc).strftime("%d/%m/%Y %H:%M:%S")
    assert manifest_of(folder)["createdOn"] == expected


def test_source_date_epoch_comes_before_time_stamps(folder, digits):
    digits(env={"SOURCE_DATE_EPOCH": "1000000000", "TZ": "America/New_York"})

    assert manifest_of(folder)["createdOn"] == "09/09/2001 01:46:40"
    with zipfile.ZipFile(folder / "out/digits.mar") as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(2001, 9, 9, 1, 46, 40)}


@pytest.mark.parametrize("archive_format", ["default", "tgz", "no-archive"])
@pytest.mark.parametrize(
    ("epoch", "created_on"), [("0", "01/01/1970 00:00:00"), ("253402300799", "31/12/9999 23:59:59")]
)
def test_an_instant_that_entries_cannot_hold_is_clamped_there_alone(
    folder, digits, unpacked, archive_format, epoch, created_on
):
    assert digits("--archive-format", archive_format, env={"SOURCE_DATE_EPOCH": epoch}).returncode == 0

    output = next((folder / "out").iterdir())
    assert json.loads(unpacked(output)["MAR-INF/MANIFEST.json"])["createdOn"] == created_on
    if archive_format == "default":
        with zipfile.ZipFile(output) as packed:
            assert packed.infolist()[0].date_time[0] == (1980 if epoch == "0" else 2107)


def test_a_file_older_than_1970_is_no_obstacle(folder, digits):
    touch_all(folder, -86_400)

    assert digits("--extra-files", "assets").returncode == 0
    assert manifest_of(folder)["createdOn"] == "01/01/1970 00:00:00"
