"""Any tree of files comes out of any format as it went in."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_archiver import ModelArchiverConfig
from model_archiver.packing import pack

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(lambda name: name not in (".", "..") and len(name.encode()) < 100)
LEAVES = st.binary(max_size=300)
TREES = st.recursive(LEAVES, lambda inner: st.dictionaries(NAMES, inner, max_size=5), max_leaves=12).filter(
    lambda tree: isinstance(tree, dict) and "MAR-INF" not in tree  # whose refusal has a test of its own
)


def write(tree, folder):
    folder.mkdir(exist_ok=True)
    for name, content in tree.items():
        if isinstance(content, dict):
            write(content, folder / name)
        else:
            (folder / name).write_bytes(content)


def expected_files(tree, prefix=""):
    files = {}
    for name, content in tree.items():
        if not isinstance(content, dict):
            files[prefix + name] = content
        elif name not in ("__MACOSX", "__pycache__") and not name.startswith("."):
            files |= expected_files(content, f"{prefix}{name}/")
    return files


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES, archive_format=st.sampled_from(["default", "zip-store", "tgz", "no-archive"]))
def test_any_tree_round_trips(unpacked, tree, archive_format):
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "tree")
        write(tree, root)
        (export := Path(scratch, "out")).mkdir()
        config = ModelArchiverConfig("m", "base_handler", "1", extra_files=str(root))
        config.export_path, config.archive_format = str(export), archive_format

        packed = pack(config, pytest.fail)

        files = unpacked(packed.path)
        assert len(files) == packed.file_count
        assert files.pop("MAR-INF/MANIFEST.json").startswith(b"{")
        assert files == expected_files(tree)
        assert list(export.iterdir()) == [packed.path]
