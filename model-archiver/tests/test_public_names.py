"""Names and signatures that scripts import from TorchServe's archiver."""

from __future__ import annotations

import inspect
import json
import sys
import tarfile
import zipfile
from argparse import Namespace
from pathlib import Path

import pytest
from model_archiver import ModelArchiver as FromPackage
from model_archiver.arg_parser import ArgParser
from model_archiver.manifest_components.manifest import Manifest, RuntimeType
from model_archiver.manifest_components.model import Model
from model_archiver.model_archiver import ModelArchiver
from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.model_archiver_error import ModelArchiverError
from model_archiver.model_packaging import (
    ArgParser as PackagingArgParser,
)
from model_archiver.model_packaging import (
    ModelArchiver as PackagingModelArchiver,
)
from model_archiver.model_packaging import (
    ModelExportUtils as PackagingModelExportUtils,
)
from model_archiver.model_packaging import (
    generate_model_archive,
    package_model,
)
from model_archiver.model_packaging_utils import ModelExportUtils, archiving_options, model_handlers

FLAGS = ["--model-name", "m", "--version", "1.0", "--handler", "handler.py"]


@pytest.fixture(autouse=True)
def in_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)


def test_each_name_leads_to_one_thing_wherever_it_is_imported_from():
    assert FromPackage is ModelArchiver is PackagingModelArchiver
    assert PackagingArgParser is ArgParser
    assert PackagingModelExportUtils is ModelExportUtils
    assert archiving_options == {"tgz": ".tar.gz", "no-archive": "", "zip-store": ".mar", "default": ".mar"}
    assert model_handlers["image_classifier"] == "vision"


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (generate_model_archive, "config"),
        (package_model, "config manifest"),
        (ModelArchiver.generate_model_archive, "config"),
        (ArgParser.export_model_args_parser, ""),
        (ModelExportUtils.get_archive_export_path, "export_file_path model_name archive_format"),
        (
            ModelExportUtils.check_mar_already_exists,
            "model_name export_file_path overwrite archive_format",
        ),
        (ModelExportUtils.find_unique, "files suffix"),
        (ModelExportUtils.generate_model, "modelcfg"),
        (ModelExportUtils.generate_manifest_json, "config"),
        (ModelExportUtils.clean_temp_files, "temp_files"),
        (ModelExportUtils.make_dir, "d"),
        (ModelExportUtils.copy_artifacts, "model_name runtime kwargs"),
        (ModelExportUtils.archive, "export_file model_name model_path manifest archive_format"),
        (ModelExportUtils.archive_dir, "path dst archive_format model_name"),
        (ModelExportUtils.directory_filter, "directory unwanted_dirs"),
        (ModelExportUtils.file_filter, "current_file files_to_exclude"),
        (ModelExportUtils.check_model_name_regex_or_exit, "model_name"),
        (ModelExportUtils.validate_inputs, "model_name export_path"),
        (ModelArchiverConfig.from_args, "args"),
        (Manifest, "runtime model"),
        (
            Model,
            "model_name serialized_file handler model_file model_version extensions requirements_file"
            " config_file",
        ),
    ],
)
def test_a_signature_has_the_parameters_that_callers_name(function, parameters):
    assert " ".join(inspect.signature(function).parameters) == parameters


def test_the_flags_of_the_process_become_a_configuration(monkeypatch, folder):
    monkeypatch.setattr(sys, "argv", ["script", *FLAGS, "--force"])
    config = ArgParser.export_model_args_parser()
    assert (config.model_name, config.force, config.export_path) == ("m", True, str(folder))
    monkeypatch.setattr(sys, "argv", ["script"])
    with pytest.raises(SystemExit) as end:
        ArgParser.export_model_args_parser()
    assert end.value.code == 2


@pytest.mark.parametrize("kind", [ModelArchiverConfig, Namespace])
def test_scripts_make_the_manifest_and_the_archive_in_two_steps(kind, folder, unpacked):
    flags = {
        "model_name": "m",
        "handler": "handler.py:fn",
        "version": "1.0",
        "serialized_file": "weights.pt",
        "extra_files": "assets",
        "export_path": "out",
        "config_file": "config.yaml",
    }
    config = kind(**flags)
    manifest = json.loads(ModelExportUtils.generate_manifest_json(config))
    assert manifest["model"] == {
        "modelName": "m",
        "serializedFile": "weights.pt",
        "handler": "handler.py:fn",
        "modelVersion": "1.0",
        "configFile": "config.yaml",
    }
    manifest["model"]["description"] = "of the script's own"
    package_model(config, manifest=json.dumps(manifest))
    found = unpacked(folder / "out/m.mar")
    assert json.loads(found["MAR-INF/MANIFEST.json"]) == manifest
    assert {"handler.py", "weights.pt", "words/list.txt", "config.yaml"} <= found.keys()
    with pytest.raises(ModelArchiverError, match="already exists"):
        package_model(config, manifest="{}")


@pytest.mark.parametrize(
    ("archive_format", "name"),
    [("default", "m.mar"), ("zip-store", "m.mar"), ("tgz", "m.tar.gz"), ("no-archive", "m")],
)
def test_the_steps_give_an_archive_in_each_format(folder, unpacked, archive_format, name):
    path = ModelExportUtils.check_mar_already_exists("m", "out", False, archive_format)
    copied = ModelExportUtils.copy_artifacts(
        "m",
        "python",
        handler="handler.py",
        model_file="net.py",
        serialized_file=None,
        extra_files="assets",
        **{"requirements-file": "requirements.txt"},
    )
    assert Path(copied).name == "m"
    for _ in range(2):  # an archive that is there is replaced
        ModelExportUtils.archive(path, "m", copied, '{"model": {}}', archive_format)
    found = unpacked(folder / "out" / name)
    assert found["MAR-INF/MANIFEST.json"] == b'{"model": {}}'
    assert found.keys() == {
        "MAR-INF/MANIFEST.json",
        "handler.py",
        "net.py",
        "requirements.txt",
        "labels.json",
        "words/list.txt",
    }
    assert ModelExportUtils.get_archive_export_path(path, "m", archive_format) == f"out/{name}"
    with pytest.raises(ModelArchiverError, match="already exists"):
        ModelExportUtils.check_mar_already_exists("m", path, False, archive_format)


def test_a_folder_becomes_an_archive_where_it_is(folder):
    ModelExportUtils.archive(str(folder), "assets", "assets", "{}", "no-archive")
    assert (folder / "assets/MAR-INF/MANIFEST.json").read_text() == "{}"
    assert (folder / "assets/labels.json").is_file()


def test_a_folder_is_added_to_an_open_archive(folder):
    with zipfile.ZipFile(folder / "a.zip", "w") as packed:
        ModelExportUtils.archive_dir("assets", packed, "default", "m")
        assert set(packed.namelist()) == {"labels.json", "words/list.txt"}
    with tarfile.open(folder / "a.tgz", "w:gz") as tar:
        ModelExportUtils.archive_dir("assets", tar, "tgz", "m")
        assert set(tar.getnames()) == {"m/labels.json", "m/words/list.txt"}
    ModelExportUtils.archive_dir("assets", "copy", "no-archive", "m")
    assert (folder / "copy/words/list.txt").is_file()


def test_the_small_steps_answer(folder):
    assert ModelExportUtils.find_unique(["a.pt", "b.py"], ".pt") == "a.pt"
    assert ModelExportUtils.find_unique([], ".pt") is None
    with pytest.raises(ModelArchiverError, match="expected: at most one"):
        ModelExportUtils.find_unique(["a.pt", "b.pt"], ".pt")
    assert ModelExportUtils.directory_filter("words", {"__pycache__"})
    assert not ModelExportUtils.directory_filter(".git", {"__pycache__"})
    assert not ModelExportUtils.directory_filter("__pycache__", {"__pycache__"})
    assert ModelExportUtils.file_filter("h.py", set())
    for name in ("MANIFEST.json", "h.pyc", "left_out.txt"):
        assert not ModelExportUtils.file_filter(name, {"left_out.txt"})
    ModelExportUtils.make_dir("new/folder")
    ModelExportUtils.make_dir("new/folder")
    ModelExportUtils.clean_temp_files(["net.py"])
    assert not (folder / "net.py").exists()
    ModelExportUtils.validate_inputs("good-name_1.0", "out")
    for name, path in (("bad name", "out"), ("good", "absent")):
        with pytest.raises(ModelArchiverError, match="expected"):
            ModelExportUtils.validate_inputs(name, path)
    with pytest.raises(ModelArchiverError, match="artifacts: weights"):
        ModelExportUtils.copy_artifacts("m", "python", weights="weights.pt")


def test_the_manifest_is_an_object_and_its_text(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    model = Model("m", "dir/w.pt", "dir/h.py", "dir/net.py", "1.0", None, "dir/r.txt", "dir/c.yaml")
    manifest = Manifest("python3", model)
    assert manifest.runtime is RuntimeType.PYTHON3
    assert json.loads(str(manifest)) == {
        "createdOn": "01/01/1970 00:00:00",
        "runtime": "python3",
        "model": {
            "modelName": "m",
            "serializedFile": "w.pt",
            "handler": "h.py",
            "modelFile": "net.py",
            "modelVersion": "1.0",
            "requirementsFile": "r.txt",
            "configFile": "c.yaml",
        },
        "archiverVersion": manifest.archiver_version,
    }
    with pytest.raises(ValueError, match="java"):
        Manifest("java", model)
