"""The parts of the example that need no server."""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

# The example's files import each other as its users run them: from their own folder.
sys.path.insert(0, str(Path(__file__).parent))

import clients
import demo
import train
from display import Display
from handler import DigitHandler
from model import DigitNet

from ts.utils.util import PredictionException

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits")
    data, held_out = train.load_split()
    train.save(train.train(data), held_out, folder)
    return folder


def loaded(folder: Path, serialized: str, model_file: str | None = None) -> DigitHandler:
    """A handler that has loaded a model of the folder, as a worker does it."""
    described = {"serializedFile": serialized}
    if model_file:
        (folder / model_file).write_bytes((HERE / model_file).read_bytes())
        described["modelFile"] = model_file
    context = SimpleNamespace(
        system_properties={"model_dir": str(folder), "gpu_id": None},
        manifest={"model": described},
        model_yaml_config={},
    )
    handler = DigitHandler()
    handler.initialize(context)
    return handler


def answers(handler: DigitHandler, rows: Sequence[Mapping[str, bytes | bytearray]]) -> list[dict[str, float]]:
    return handler.postprocess(handler.inference(handler.preprocess(rows)))


def held_out(folder: Path) -> list[tuple[bytes, int]]:
    pictures = sorted((folder / "held-out").glob("*.png"))
    return [(path.read_bytes(), int(path.stem.split("-")[1])) for path in pictures]


@pytest.mark.parametrize("count", [1, 3, 16])
def test_network_gives_ten_logits_for_each_image(count: int) -> None:
    assert DigitNet()(torch.zeros(count, 1, 8, 8)).shape == (count, 10)


def test_split_is_fixed_disjoint_and_covers_all_digits() -> None:
    (first, held), (again, _) = train.load_split(), train.load_split()
    assert torch.equal(first.images, again.images)
    assert len(first.labels) + len(held.labels) == 1797
    assert sorted(set(held.labels.tolist())) == list(range(10))
    assert 0 <= first.images.min() < first.images.max() == 1


def test_training_is_accurate_and_repeatable(trained: Path) -> None:
    data, unseen = train.load_split()
    network = train.train(data)
    assert train.accuracy(network, unseen) >= 0.95
    saved = torch.load(trained / "digits_state.pt", weights_only=True)
    assert all(torch.equal(saved[name], value) for name, value in network.state_dict().items())


def test_pictures_hold_the_pixels_exactly() -> None:
    _, unseen = train.load_split()
    with Image.open(io.BytesIO(train.png_of(unseen.images[0]))) as image:
        pixels = torch.tensor(list(image.tobytes())) / 255
        assert image.format == "PNG"
    assert torch.allclose(pixels, unseen.images[0].flatten(), atol=1e-6)


@pytest.mark.parametrize(
    ("serialized", "model_file"), [("digits_ts.pt", None), ("digits_state.pt", "model.py")]
)
def test_handler_reads_held_out_pictures(trained: Path, serialized: str, model_file: str | None) -> None:
    handler = loaded(trained, serialized, model_file)
    pictures = held_out(trained)
    found = answers(handler, [{"data": png} for png, _ in pictures])
    right = sum(answer["digit"] == truth for answer, (_, truth) in zip(found, pictures, strict=True))
    assert right / len(pictures) >= 0.95
    assert all(0.1 <= answer["probability"] <= 1 for answer in found)


def test_handler_answers_the_same_in_any_batch(trained: Path) -> None:
    handler = loaded(trained, "digits_ts.pt")
    rows = [{"body": bytearray(png)} for png, _ in held_out(trained)[:7]]
    together = answers(handler, rows)
    alone = [answers(handler, [row])[0] for row in rows]
    assert [a["digit"] for a in together] == [a["digit"] for a in alone]
    assert [a["probability"] for a in together] == pytest.approx([a["probability"] for a in alone], abs=2e-4)


@pytest.mark.parametrize("row", [{"data": b"no image"}, {"body": b""}, {}, {"body": {"json": 1}}])
def test_handler_refuses_what_is_no_image(trained: Path, row: dict[str, bytes]) -> None:
    handler = loaded(trained, "digits_ts.pt")
    with pytest.raises(PredictionException, match="expected: a PNG") as refusal:
        handler.preprocess([row])
    assert refusal.value.error_code == 400


def test_archives_hold_the_models_and_are_reproducible(
    trained: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def digests() -> list[str]:
        store = demo.pack(Display(), trained)
        return [hashlib.sha256((store / f"{name}.mar").read_bytes()).hexdigest() for name in demo.MODELS]

    assert digests() == digests()
    with zipfile.ZipFile(trained / "model-store" / "digits_eager.mar") as archive:
        assert {"model.py", "digits_state.pt", "handler.py", "model-config.yaml"} <= set(archive.namelist())
    assert "$ mariner archive --model-name digits " in capfd.readouterr().out


def test_new_batches_are_the_difference_of_two_readings() -> None:
    before = {1.0: 10, 2.0: 10, 4.0: 12, float("inf"): 12}
    after = {1.0: 13, 2.0: 14, 4.0: 18, float("inf"): 19}
    assert clients.new_batches(before, after) == [("1", 3), ("2", 1), ("3-4", 2), ("> 4", 1)]
    assert clients.new_batches({}, {1.0: 0, 2.0: 0}) == []


def test_accuracy_below_the_bound_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    pictures = [demo.Picture(f"{index}.png", b"", 3) for index in range(20)]
    right, wrong = clients.Answer(3, 0.9), clients.Answer(8, 0.6)
    assert demo.check_accuracy(Display(), pictures, {"REST": [right] * 19 + [wrong]})
    assert not demo.check_accuracy(Display(), pictures, {"REST": [right] * 18 + [wrong] * 2})
    demo.show_sample(Display(), pictures, {"REST": [right] * 19 + [wrong]})
    printed = capsys.readouterr().out
    assert "accuracy 0.9000" in printed
    assert "!8 (0.60)" in printed
    assert "\x1b" not in printed
