"""Each format holds the same files, in the layout that servers unpack."""

from __future__ import annotations

import json
import os
import stat
import tarfile
import zipfile

import pytest
from model_archiver import ModelArchiver, ModelArchiverConfig

OUTPUTS = {
    "default": "digits.mar",
    "zip-store": "digits.mar",
    "tgz": "digits.tar.gz",
    "no-archive": "digits",
}
ALL_FLAGS = (
    *("--serialized-file", "weights.pt", "--model-file", "net.py", "--extra-files", "assets"),
    *("-r", "requirements.txt", "-c", "config.yaml"),
)


@pytest.mark.parametrize("archive_format", OUTPUTS)
def test_every_format_round_trips(folder, digits, unpacked, archive_format):
    result = digits(*ALL_FLAGS, "--archive-format", archive_format)

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    files = unpacked(folder / "out" / OUTPUTS[archive_format])
    assert json.loads(files.pop("MAR-INF/MANIFEST.json"))["model"] == {
        "modelName": "digits",
        "serializedFile": "weights.pt",
        "handler": "handler.py",
        "modelFile": "net.py",
        "modelVersion": "1.0",
        "requirementsFile": "requirements.txt",
        "configFile": "config.yaml",
    }
    assert files == {
        "handler.py": (folder / "handler.py").read_bytes(),
        "net.py": (folder / "net.py").read_bytes(),
        "weights.pt": (folder / "weights.pt").read_bytes(),
        "requirements.txt": b"numpy\n",
        "config.yaml": b"batchSize: 4\n",
        "labels.json": (folder / "assets/labels.json").read_bytes(),
        "words/list.txt": b"one\ntwo\n",
    }
    assert [path.name for path in (folder / "out").iterdir()] == [OUTPUTS[archive_format]]
    assert not any((folder / "temp").iterdir())


@pytest.mark.parametrize(
    ("archive_format", "method"), [("default", zipfile.ZIP_DEFLATED), ("zip-store", zipfile.ZIP_STORED)]
)
def test_a_mar_is_a_zip_with_the_manifest_first_and_sorted_names(folder, digits, archive_format, method):
    digits(*ALL_FLAGS, "--archive-format", archive_format)

    with zipfile.ZipFile(folder / "out/digits.mar") as packed:
        entries = packed.infolist()
    names = [entry.filename for entry in entries]
    assert names == ["MAR-INF/MANIFEST.json", *sorted(names[1:])]
    assert {entry.compress_type for entry in entries} == {method}
    assert {entry.external_attr >> 16 for entry in entries} == {stat.S_IFREG | 0o644}


def test_a_tgz_has_one_top_directory_and_only_files_of_nobody(folder, digits):
    digits(*ALL_FLAGS, "--archive-format", "tgz")

    with tarfile.open(folder / "out/digits.tar.gz") as packed:
        members = packed.getmembers()
    assert {member.name.split("/")[0] for member in members} == {"digits"}
    assert all(member.isreg() and member.mode == 0o644 for member in members)
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "", "")}


def test_the_owners_permission_to_execute_is_kept(folder, digits):
    tool = folder / "assets/tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o700)
    for archive_format in ("default", "tgz", "no-archive"):
        assert digits("--extra-files", "assets", "--archive-format", archive_format).returncode == 0

    with zipfile.ZipFile(folder / "out/digits.mar") as mar, tarfile.open(folder / "out/digits.tar.gz") as tgz:
        assert (mar.getinfo("tool").external_attr >> 16) & 0o777 == 0o755
        assert tgz.getmember("digits/tool").mode == 0o755
        assert tgz.getmember("digits/labels.json").mode == 0o644
    assert os.access(folder / "out/digits/tool", os.X_OK)
    assert not (folder / "out/digits/labels.json").stat().st_mode & 0o111


def test_names_of_any_language_and_length_survive(folder, digits, unpacked):
    name = "/".join(["дом" * 20, "家" * 40, "a b'c\"d" * 20]) + ".txt"
    (folder / "assets" / name).parent.mkdir(parents=True)
    (folder / "assets" / name).write_text("here")
    for archive_format, output in OUTPUTS.items():
        assert digits("--extra-files", "assets", "--archive-format", archive_format, "-f").returncode == 0
        assert unpacked(folder / "out" / output)[name] == b"here"


@pytest.mark.parametrize("archive_format", ["default", "zip-store"])
def test_a_file_beyond_the_limit_of_32_bits_makes_a_valid_64_bit_zip(folder, monkeypatch, archive_format):
    # The real limit costs 20 seconds of deflating; zipfile takes the same path at a lower one.
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 5000)
    config = ModelArchiverConfig("digits", str(folder / "handler.py"), "1", export_path=str(folder / "out"))
    config.serialized_file, config.archive_format = str(folder / "weights.pt"), archive_format

    ModelArchiver.generate_model_archive(config)

    content = (folder / "out/digits.mar").read_bytes()
    zip64_extra_field = bytes([1, 0, 16, 0]) + (10_240).to_bytes(8, "little")
    with zipfile.ZipFile(folder / "out/digits.mar") as packed:
        start = packed.getinfo("weights.pt").header_offset
        assert packed.read("weights.pt") == (folder / "weights.pt").read_bytes()
    assert zip64_extra_field in content[start : start + 100]
