"""Types of Flash Serve: what a method gets of a client's JSON, and what a client gets of its answer."""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from ts.compat.flash.types import BaseType, BBox, Image, Label, Number, Repeated, Table, Text
from ts.compat.flash.types.base import BadInput, fields_of, result_of

torch = pytest.importorskip("torch")
pictures = pytest.importorskip("PIL.Image")


def picture(width: int, height: int, mode: str = "RGB") -> str:
    content = io.BytesIO()
    pictures.new(mode, (width, height), 200).save(content, "PNG")
    return b64encode(content.getvalue()).decode()


def test_a_number_is_a_tensor_of_one_element() -> None:
    given = Number().deserialize(num=3)
    assert given.shape == (1, 1)
    assert [Number().serialize(one) for one in (given, torch.tensor(2.5), 7)] == [3, 2.5, 7]


def test_a_number_that_no_tensor_has_is_told() -> None:
    with pytest.raises(BadInput):
        Number().deserialize(num=10**30)
    with pytest.raises(TypeError):
        Table(["a"]).deserialize(features={"a": {"0": 10**30}})


def test_a_picture_is_a_tensor_of_bytes() -> None:
    given = Image().deserialize(data=picture(5, 3))
    assert (given.shape, given.dtype) == ((1, 3, 5, 3), torch.uint8)
    assert Image(channel_first=True).deserialize(data=picture(5, 3)).shape == (1, 3, 3, 5)
    assert Image(mode="L").deserialize(data=picture(5, 3)).shape == (1, 3, 5, 1)


def test_padding_of_base64_may_be_missing() -> None:
    assert Image().deserialize(data=picture(7, 7).rstrip("=")).shape == (1, 7, 7, 3)


def test_a_picture_is_resized_when_both_sizes_are_given() -> None:
    assert Image(height=4, width=6).deserialize(data=picture(9, 9)).shape == (1, 4, 6, 3)
    assert Image(height=4).deserialize(data=picture(9, 9)).shape == (1, 9, 9, 3)


@pytest.mark.parametrize(
    ("shape", "first", "extension"),
    [
        ((1, 4, 6, 3), False, "PNG"),
        ((4, 6, 3), False, "jpg"),
        ((1, 3, 4, 6), True, "PNG"),
        ((4, 6), False, "PNG"),
        ((1, 4, 6, 1), False, "JPEG"),
        ((1, 4, 6, 4), False, "JPEG"),
    ],
)
def test_a_tensor_becomes_a_picture(shape: tuple[int, ...], first: bool, extension: str) -> None:
    text = Image(extension=extension, channel_first=first).serialize(torch.zeros(shape, dtype=torch.uint8))
    assert pictures.open(io.BytesIO(b64decode(text))).size == (6, 4)


def test_several_pictures_are_no_picture() -> None:
    with pytest.raises(ValueError, match="2 pictures"):
        Image().serialize(torch.zeros(2, 4, 4, 3))


@pytest.mark.parametrize("data", ["é", "aGFsbG8=", ""])
def test_what_is_no_picture_is_told(data: str) -> None:
    with pytest.raises(BadInput):
        Image().deserialize(data=data)


def test_labels_come_from_a_file_a_list_or_a_dict(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_text("cat\ndog \n", encoding="utf-8")
    for label in (Label(path=file), Label(classes=["cat", "dog"]), Label(classes={1: "dog", 0: "cat"})):
        assert label.deserialize(label="dog").item() == 1
        assert label.serialize(torch.tensor([0])) == "cat"


def test_an_unknown_label_is_told() -> None:
    label = Label(classes=("cat",))
    with pytest.raises(KeyError, match="no class 'cow'"):
        label.deserialize(label="cow")
    with pytest.raises(KeyError, match="class 5"):
        label.serialize(torch.tensor(5))


@pytest.mark.parametrize(
    ("options", "fault"),
    [({}, ValueError), ({"path": "x", "classes": []}, ValueError), ({"classes": {"a": "b"}}, TypeError)],
)
def test_labels_need_names(options: dict[str, Any], fault: type[Exception]) -> None:
    with pytest.raises(fault):
        Label(**options)


def test_a_table_goes_by_columns_and_rows() -> None:
    table = Table(["a", "b"])
    given = table.deserialize(features={"a": {"0": 1, "1": 2}, "b": {"0": 3, "1": 4}})
    assert given.tolist() == [[1, 3], [2, 4]]
    assert table.serialize(given) == {"a": {0: 1, 1: 2}, "b": {0: 3, 1: 4}}
    assert table.deserialize(features={"a": {"0": 1}, "b": {"1": 2.5}}).isnan().sum() == 2


def test_a_table_of_another_form_is_told() -> None:
    table = Table(["a", "b"])
    with pytest.raises(RuntimeError, match="columns"):
        table.deserialize(features={"b": {}, "a": {}})
    with pytest.raises(TypeError, match="cell"):
        table.deserialize(features={"a": {"0": "x"}, "b": {"0": 1}})
    with pytest.raises(RuntimeError, match="shape"):
        table.serialize(torch.zeros(2, 3))


def test_a_box_has_four_numbers() -> None:
    given = BBox().deserialize(box=(1, 2, 3.5, 4))
    assert given.dtype == torch.float32
    assert BBox().serialize(given) == [1, 2, 3.5, 4]
    with pytest.raises(ValueError, match="3 numbers"):
        BBox().serialize([1, 2, 3])


def test_a_text_goes_through_its_tokenizer() -> None:
    class Letters:
        def encode(self, text: str, return_tensors: str) -> Any:
            assert return_tensors == "pt"
            return torch.tensor([[ord(letter) for letter in text]])

        def decode(self, tokens: Any) -> str:
            return "".join(chr(one) for one in tokens.tolist())

    text = Text(Letters())
    assert text.serialize(text.deserialize(text="hello")) == "hello"
    with pytest.raises(TypeError, match="encode"):
        Text(object())


def test_values_can_be_repeated() -> None:
    several = Repeated(Number(), max_len=2)
    assert several.serialize(several.deserialize({"num": 1}, {"num": 2})) == [1, 2]
    with pytest.raises(RuntimeError, match="3 entries"):
        several.serialize([1, 2, 3])


@pytest.mark.parametrize(
    ("dtype", "longest", "fault"),
    [
        (Repeated(Number()), None, TypeError),
        (Number, None, TypeError),
        (Number(), 0, ValueError),
        (Number(), "2", TypeError),
    ],
)
def test_what_can_not_be_repeated_is_refused(dtype: Any, longest: Any, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        Repeated(dtype, longest)


def test_the_parameters_of_deserialize_are_the_fields() -> None:
    class Span(BaseType):
        def deserialize(self, begin: int, end: int = 9) -> Any:
            return range(begin, end)

        def serialize(self, data: Any) -> list[int]:
            return list(data)

    assert fields_of(Span()) == {"begin": (int, ...), "end": (int, 9)}
    assert result_of(Span()) == list[int]
