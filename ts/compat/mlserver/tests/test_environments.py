import os
import tarfile
from pathlib import Path

import pytest

from ts.compat.mlserver.environments import python_of
from ts.compat.mlserver.settings import ModelSettings


def settings(folder: Path, **parameters: str) -> ModelSettings:
    return ModelSettings(
        name="m", implementation="m.M", parameters=parameters, _source=str(folder / "model-settings.json")
    )


def environment(folder: Path, unpack: str | None = None) -> Path:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nexec sh "$@"\n')
    python.chmod(0o755)
    if unpack is not None:
        (folder / "bin" / "conda-unpack").write_text(unpack)
    return folder


def packed(source: Path, target: Path) -> Path:
    with tarfile.open(target, "w:gz") as archive:
        archive.add(source, ".")
    return target


def test_a_relative_path_is_one_from_the_settings(tmp_path: Path) -> None:
    environment(tmp_path / "env")
    assert python_of(settings(tmp_path, environment_path="env"), tmp_path / "unpacked") == (
        tmp_path / "env" / "bin" / "python"
    )
    assert python_of(settings(tmp_path), tmp_path / "unpacked") is None


def test_a_tarball_is_unpacked_once_for_each_content(tmp_path: Path) -> None:
    source = environment(tmp_path / "source", 'echo ran >> "${0%/*}/ran"')
    tarball = packed(source, tmp_path / "env.tar.gz")
    first = python_of(settings(tmp_path, environment_tarball="env.tar.gz"), tmp_path / "unpacked")
    again = python_of(settings(tmp_path, environment_tarball=str(tarball)), tmp_path / "unpacked")
    assert first is not None
    assert first == again
    assert os.access(first, os.X_OK)
    assert (first.parent / "ran").read_text() == "ran\n"
    assert [each.name for each in (tmp_path / "unpacked").iterdir()] == [first.parent.parent.name]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"environment_path": "absent"}, r"environment_path: .*absent \(expected: an environment with bin"),
        ({"environment_tarball": "absent"}, r"environment_tarball: .*absent \(expected: a file\)"),
        ({"environment_tarball": "broken"}, r"environment_tarball: .*broken: .*\(expected: a packed"),
        ({"environment_path": "a", "environment_tarball": "b"}, r"\(expected: one of them\)"),
    ],
)
def test_an_environment_that_is_none_is_named(
    tmp_path: Path, parameters: dict[str, str], expected: str
) -> None:
    (tmp_path / "broken").write_text("no tarball")
    with pytest.raises(ValueError, match=expected):
        python_of(settings(tmp_path, **parameters), tmp_path / "unpacked")
    assert list((tmp_path / "unpacked").glob("*")) == []


def test_an_environment_that_was_not_finished_is_not_taken_for_whole(tmp_path: Path) -> None:
    packed(environment(tmp_path / "source", "exit 3"), tmp_path / "env.tar.gz")
    for _ in range(2):
        with pytest.raises(ValueError, match=r"env\.tar\.gz: .*status 3\. \(expected: bin/conda-unpack ends"):
            python_of(settings(tmp_path, environment_tarball="env.tar.gz"), tmp_path / "unpacked")
    assert list((tmp_path / "unpacked").glob("*")) == []
