"""Types of Flash Serve: what a method gets of a client's JSON, and what a client gets of its answer."""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from dataclasses import dataclass
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


@pytest.mark.parametrize(
    ("mode", "shape"),
    [("RGB", (1, 3, 5, 3)), ("RGBA", (1, 3, 5, 4)), ("L", (1, 3, 5))],
)
def test_a_picture_is_a_tensor_of_the_channels_that_it_has(mode: str, shape: tuple[int, ...]) -> None:
    given = Image(mode="L").deserialize(data=picture(5, 3, mode))
    assert (given.shape, given.dtype) == (shape, torch.uint8)


def test_channels_stay_last() -> None:
    with pytest.warns(UserWarning, match="channel_first has no effect"):
        kind = Image(channel_first=True)
    assert kind.deserialize(data=picture(5, 3)).shape == (1, 3, 5, 3)


def test_padding_of_base64_may_be_missing() -> None:
    assert Image().deserialize(data=picture(7, 7).rstrip("=")).shape == (1, 7, 7, 3)


def test_a_picture_is_resized_when_both_sizes_are_given() -> None:
    assert Image(height=4, width=6).deserialize(data=picture(9, 9)).shape == (1, 4, 6, 3)
    assert Image(height=4).deserialize(data=picture(9, 9)).shape == (1, 9, 9, 3)


@pytest.mark.parametrize(
    ("shape", "extension"),
    [
        ((1, 4, 6, 3), "PNG"),
        ((4, 6, 3), "jpg"),
        ((1, 4, 6), "PNG"),
        ((4, 6), "PNG"),
        ((1, 4, 6, 1), "JPEG"),
        ((1, 4, 6, 4), "JPEG"),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_tensor_becomes_a_picture_of_the_mode(shape: tuple[int, ...], extension: str, mode: str) -> None:
    kind = Image(extension=extension, mode=mode)
    text = kind.serialize(torch.zeros(shape, dtype=torch.uint8))
    found = pictures.open(io.BytesIO(b64decode(text)))
    assert (found.size, found.mode) == ((6, 4), mode)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_a_picture_keeps_its_pixels_both_ways(mode: str) -> None:
    kind = Image(extension="PNG", mode=mode)
    given = kind.deserialize(data=picture(5, 1, mode))
    assert torch.equal(kind.deserialize(data=kind.serialize(given)), given)


def test_classes_of_pixels_are_a_picture() -> None:
    kind = Image(extension="PNG", mode="L")
    given = torch.tensor([[[0, 7], [255, 1]]])
    assert torch.equal(kind.deserialize(data=kind.serialize(given)), given.to(torch.uint8))


@pytest.mark.parametrize(
    ("pixels", "told"),
    [
        (torch.zeros(1, 4, 4, 3), "float32 and the shape .1, 4, 4, 3."),
        (torch.full((1, 4, 4, 3), 256), "from 256 to 256"),
        (torch.zeros(4, dtype=torch.uint8), "uint8 and the shape .4,."),
    ],
)
def test_what_would_be_another_picture_is_refused(pixels: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Image().serialize(pixels)


def test_several_pictures_are_no_picture() -> None:
    with pytest.raises(ValueError, match="2 pictures"):
        Image().serialize(torch.zeros(2, 4, 4, 3))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("é", "no base64"),
        ("aGFsbG8=", r"^5 bytes are no picture \(expected: JPEG, PNG, …\)$"),
        ("", "^0 bytes are no picture"),
        ("data:image/png;base64,aGFsbG8=", "a data URL"),
    ],
)
def test_what_is_no_picture_is_told(data: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        Image().deserialize(data=data)


def test_half_a_picture_is_told() -> None:
    half = picture(50, 50)
    with pytest.raises(BadInput, match=r"bytes are no picture: .*truncated"):
        Image().deserialize(data=half[: len(half) // 8 * 4])


def test_labels_come_from_a_file_a_list_or_a_dict(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_text("cat\ndog \n", encoding="utf-8")
    for label in (Label(path=file), Label(classes=["cat", "dog"]), Label(classes={1: "dog", 0: "cat"})):
        assert label.deserialize(label="dog").item() == 1
        assert label.serialize(torch.tensor([0])) == "cat"


def test_classes_are_as_they_were_given(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_text("cat\ndog\n", encoding="utf-8")
    assert Label(path=str(file)).classes == ("cat", "dog")
    digits = Label(classes=list(range(10)))
    assert digits.classes == list(range(10))
    assert digits.serialize(digits.deserialize(label="7")) == "7"


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
    for shape in ((2, 3), (2,), (1, 2, 2)):
        with pytest.raises(ValueError, match="shape"):
            table.serialize(torch.zeros(shape))


def test_a_table_of_one_column_may_have_one_dimension() -> None:
    assert Table(["a"]).serialize(torch.tensor([3, 4])) == {"a": {0: 3, 1: 4}}


@pytest.mark.parametrize(
    ("cells", "kind"), [((1, 2), torch.int64), ((1, 2.5), torch.float64), ((True, False), torch.bool)]
)
def test_cells_say_the_kind_of_a_table(cells: tuple[Any, Any], kind: Any) -> None:
    table = Table(column_names=[0, 1])
    assert table.deserialize(features={"0": {0: cells[0]}, "1": {0: cells[1]}}).dtype == kind


def test_a_box_has_four_numbers() -> None:
    given = BBox().deserialize(box=(1, 2, 3.5, 4))
    assert given.dtype == torch.float32
    assert BBox().serialize(given) == BBox().serialize(given.unsqueeze(0)) == [1, 2, 3.5, 4]


@pytest.mark.parametrize(
    ("box", "fault"),
    [((1, 2, 3), ValueError), (("a", 1, 2, 3), ValueError), (((0, 0),) * 4, ValueError), ({1: 1}, TypeError)],
)
def test_what_is_no_box_is_told(box: Any, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        BBox().deserialize(box=box)


@pytest.mark.parametrize(
    ("box", "fault"),
    [
        ([1, 2, 3], ValueError),
        (torch.ones(2, 4), ValueError),
        (torch.ones(2, 2), ValueError),
        (torch.ones(1, 4, dtype=torch.cfloat), TypeError),
        (torch.ones(4, dtype=torch.bool), TypeError),
    ],
)
def test_a_tensor_that_is_no_box_is_told(box: Any, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        BBox().serialize(box)


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
    assert several.serialize(several.deserialize({"num": 1}, {"num": 2})) == (1, 2)
    with pytest.raises(ValueError, match="3 entries"):
        several.serialize([1, 2, 3])
    with pytest.raises(ValueError, match="3 entries"):
        several.deserialize(*[{"num": 1}] * 3)


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


def test_parameters_that_take_the_rest_are_no_fields() -> None:
    class Open(BaseType):
        def deserialize(self, begin: int, *rest: int, **more: Any) -> Any:
            return begin

        def serialize(self, data: Any) -> Any:
            return data

    class Typed(BaseType):
        def deserialize(self, begin: int, **more: Any) -> Any:
            return begin

        def serialize(self, data: Any) -> Any:
            return data

    with pytest.raises(TypeError, match="rest"):
        fields_of(Open())
    with pytest.raises(TypeError, match="more"):
        fields_of(Typed())
    Typed.deserialize.__annotations__.pop("more")
    assert fields_of(Typed()) == {"begin": (int, ...)}


def test_a_type_may_say_its_fields_itself() -> None:
    class Dated(BaseType):
        @property
        def type_hints(self) -> dict[str, Any]:
            return {"input_args": {"day": str}, "output_args": str}

        def packed_deserialize(self, fields: Any) -> Any:
            return self.deserialize(*fields["day"].split("-"))

        def deserialize(self, year: str, month: str) -> Any:
            return int(year) * 12 + int(month)

        def serialize(self, data: Any) -> Any:
            return str(data)

    assert fields_of(Dated()) == {"day": (str, ...)}
    assert result_of(Dated()) is str
    assert Repeated(Dated()).packed_deserialize([{"day": "1-2"}, {"day": "2-0"}]) == (14, 24)


def test_types_may_be_widened() -> None:
    @dataclass
    class Photo(Image):
        place: str = "here"

    assert Photo(height=3).place == "here"
    assert Image(height=3, width=4) == Image(3, 4)
    assert repr(Image(height=3)).startswith("Image(height=3, ")
