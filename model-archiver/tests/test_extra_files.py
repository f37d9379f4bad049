"""The rules of ``--extra-files``."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def extra(folder, digits, unpacked):
    """Packs the list as extra files of a built-in handler: (result, the files but the manifest)."""

    def run(listed, *flags):
        result = digits("--extra-files", listed, *flags, handler="base_handler")
        output = folder / "out/digits.mar"
        files = unpacked(output) if output.exists() else {}
        files.pop("MAR-INF/MANIFEST.json", None)
        return result, files

    return run


def put(path, text="x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_files_patterns_and_directories_land_at_the_top(folder, extra):
    put(folder / "data/one.csv", "1")
    put(folder / "data/two.csv", "2")
    put(folder / "data/three.txt", "3")

    result, files = extra("config.yaml,data/*.csv,assets")

    assert (result.returncode, result.stderr) == (0, "")
    assert sorted(files) == ["config.yaml", "labels.json", "one.csv", "two.csv", "words/list.txt"]


def test_sub_directories_of_several_directories_are_merged(folder, extra):
    put(folder / "more/words/other.txt")
    put(folder / "more/words/deep/er.txt")

    _, files = extra("assets,more")

    assert sorted(files) == ["labels.json", "words/deep/er.txt", "words/list.txt", "words/other.txt"]


def test_a_pattern_that_matches_a_directory_stands_for_its_contents(folder, extra):
    put(folder / "assets/__pycache__/m.pyc")

    _, files = extra("assets/*")

    assert sorted(files) == ["labels.json", "list.txt"]


def test_unwanted_directories_are_left_out_and_hidden_files_kept(folder, extra):
    for name in ("__MACOSX", "__pycache__", ".git", ".ipynb_checkpoints"):
        put(folder / "assets" / name / "file")
        put(folder / "assets/words" / name / "deep/file")
    put(folder / "assets/.env")
    (folder / "assets/empty").mkdir()

    _, files = extra("assets")

    assert sorted(files) == [".env", "labels.json", "words/list.txt"]


def test_a_directory_named_outright_is_packed_whatever_its_name(folder, extra):
    put(folder / ".hidden/file")

    assert sorted(extra(".hidden")[1]) == ["file"]


@pytest.mark.parametrize("listed", ["assets/", " assets , config.yaml", "assets,,config.yaml,", "./assets"])
def test_blanks_slashes_and_empty_items_do_not_matter(extra, listed):
    result, files = extra(listed)

    assert result.returncode == 0
    assert {"labels.json", "words/list.txt"} <= set(files)


@pytest.mark.parametrize("listed", ["", " ", ","])
def test_an_empty_list_is_no_list(extra, listed):
    result, files = extra(listed)

    assert (result.returncode, result.stderr, files) == (0, "", {})


def test_the_working_directory_itself_can_be_packed(folder, extra):
    _, files = extra(".")

    assert "assets/labels.json" in files
    assert "handler.py" in files


def test_a_name_with_brackets_is_first_a_name(folder, extra):
    put(folder / "model[1].txt", "real")
    put(folder / "model1.txt", "pattern")

    assert extra("model[1].txt")[1] == {"model[1].txt": b"real"}


def test_a_pattern_without_match_is_a_warning(extra):
    result, files = extra("nothing*,config.yaml")

    assert result.returncode == 0
    assert result.stderr == "warning: --extra-files: 'nothing*' matches no file\n"
    assert list(files) == ["config.yaml"]


def test_the_same_content_twice_is_packed_once(folder, extra):
    put(folder / "copy/labels.json", (folder / "assets/labels.json").read_text())

    result, files = extra("assets,copy,assets/labels.json")

    assert result.returncode == 0
    assert sorted(files) == ["labels.json", "words/list.txt"]


def test_different_content_for_one_name_is_an_error_that_names_both(folder, digits):
    put(folder / "other/handler.py", "something = 'else'\n")

    result = digits("--extra-files", "other")

    assert result.returncode == 1
    assert "'handler.py' (--handler)" in result.stderr
    assert "'other/handler.py' (--extra-files)" in result.stderr


def test_a_name_that_is_file_and_folder_is_an_error_that_names_both(folder, extra):
    put(folder / "flat/words", "a file")

    result, _ = extra("flat,assets")

    assert result.returncode == 1
    assert "'flat/words' (--extra-files)" in result.stderr
    assert "'assets/words/list.txt' (--extra-files)" in result.stderr


def test_links_are_followed_and_their_content_is_stored(folder, extra):
    put(folder / "blobs/abc", "weights")
    put(folder / "blobs/folder/part", "part")
    cache = folder / "cache"
    cache.mkdir()
    (cache / "model.bin").symlink_to("../blobs/abc")
    (cache / "parts").symlink_to(folder / "blobs/folder")
    (folder / "alias").symlink_to("cache")

    assert extra("alias")[1] == {"model.bin": b"weights", "parts/part": b"part"}


def test_a_dangling_link_is_an_error_that_names_its_target(folder, extra):
    (folder / "assets/gone").symlink_to("nowhere/at/all")

    result, _ = extra("assets")

    assert result.returncode == 1
    assert "'assets/gone', a link to 'nowhere/at/all' (expected: an existing file)" in result.stderr


@pytest.mark.parametrize(("link", "target"), [("assets/words/up", ".."), ("assets/self", "self")])
def test_a_link_loop_is_an_error(folder, extra, link, target):
    (folder / link).symlink_to(target)

    result, _ = extra("assets")

    assert result.returncode == 1
    assert f"'{link}'" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_pipe_is_refused_and_does_not_hang(folder, extra):
    os.mkfifo(folder / "assets/pipe")

    result, _ = extra("assets")

    assert result.returncode == 1
    assert "'assets/pipe' is neither a file nor a directory" in result.stderr


def test_the_former_output_is_not_packed_into_its_successor(folder, archive, unpacked):
    flags = ("--model-name", "digits", "-v", "1", "--handler", "handler.py", "--extra-files", ".", "-f")
    assert archive(*flags).returncode == 0
    first = (folder / "digits.mar").read_bytes()

    result = archive(*flags)

    assert result.stderr == "warning: --extra-files: 'digits.mar' is left out (it is the output itself)\n"
    assert (folder / "digits.mar").read_bytes() == first


def test_an_unpacked_archive_can_be_packed_again(folder, digits, unpacked):
    digits("--archive-format", "no-archive", "--extra-files", "assets")

    result = digits("--extra-files", "out/digits")

    assert result.returncode == 0
    assert result.stderr.count("warning") == 1
    assert "'out/digits/MAR-INF/MANIFEST.json' is left out" in result.stderr
    assert unpacked(folder / "out/digits.mar") == unpacked(folder / "out/digits")


@pytest.mark.parametrize("name", ["MAR-INF", "MAR-INF/MANIFEST.json/file"])
@pytest.mark.parametrize("archive_format", ["default", "no-archive"])
def test_a_name_in_the_way_of_the_manifest_is_refused(folder, extra, name, archive_format):
    put(folder / "bad" / name)

    result, _ = extra("bad", "--archive-format", archive_format)

    assert result.returncode == 1
    assert result.stderr.startswith(
        f"error: '{name}' from 'bad/{name}' (--extra-files) is in the way of the manifest"
    )
    assert not any((folder / "out").iterdir())
