"""The handlers that come with the product, on tiny models that are made on the spot."""

from __future__ import annotations

import base64
import io
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ts._wire.messages import ErrorCode, FrameType, Part
from ts.context import Context
from ts.metrics.metrics_store import MetricsStore
from ts.tests.frontend import Frontend, item, write_model

torch = pytest.importorskip("torch")
Model = Callable[[Path], str]

DOUBLE = """
    import torch
    class Double(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = torch.nn.Parameter(torch.tensor([1.0]))
        def forward(self, x):
            return x * self.factor
"""
TENSORS = """
    import torch
    from ts.torch_handler.base_handler import BaseHandler
    class Numbers(BaseHandler):
        def preprocess(self, data):
            return torch.tensor([row["body"] for row in data], dtype=torch.float32)
"""


class Double(torch.nn.Module):  # type: ignore[misc,name-defined]
    """Multiplies by a parameter that is 2."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor([2.0]))

    def forward(self, x: Any) -> Any:
        return x * self.factor


def trace(model: Any, path: Path, *shape: int) -> str:
    torch.jit.save(torch.jit.trace(model, torch.ones(*shape), strict=False), str(path))
    return path.name


def torchscript(folder: Path) -> str:
    return trace(Double(), folder / "model.pt", 3, 2)


def exported(folder: Path) -> str:
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(Double(), (torch.ones(3, 2),), dynamic_shapes={"x": {0: batch}})
    torch.export.save(program, folder / "model.pt2")
    return "model.pt2"


def onnx_file(folder: Path) -> str:
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "two"], ["y"])],
        "double",
        [helper.make_tensor_value_info("x", kind, ["n", 2])],
        [helper.make_tensor_value_info("y", kind, ["n", 2])],
        [helper.make_tensor("two", kind, [1], [2.0])],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(made, str(folder / "model.onnx"))
    return "model.onnx"


def state_dict(folder: Path) -> str:
    torch.save(Double().state_dict(), folder / "weights.pt")
    return "weights.pt"


@pytest.mark.parametrize("make", [torchscript, exported, onnx_file, state_dict])
def test_each_format_is_loaded_and_run(frontend: Frontend, tmp_path: Path, make: Model) -> None:
    folder = write_model(tmp_path / "m", TENSORS, eager_py=DOUBLE)
    manifest = {"serializedFile": make(folder)}
    if make is state_dict:
        manifest["modelFile"] = "eager.py"
    write_model(folder, manifest=manifest)
    frontend.serving(folder)
    first, second = frontend.run(item(1, "[1, 2]"), item(2, "[3, 4.5]"))
    assert (first.json, second.json) == ([2.0, 4.0], [6.0, 9.0])
    assert first.content_type == "application/json"


def test_an_eager_model_needs_no_weights(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", TENSORS, {"modelFile": "eager.py"}, eager_py=DOUBLE))
    assert frontend.one("[1, 2]").json == [1.0, 2.0]


def test_weights_that_are_more_than_tensors_need_the_configurations_consent(
    frontend: Frontend, tmp_path: Path
) -> None:
    source = DOUBLE + "        def load_state_dict(self, state):\n            assert state['extra'].a == 1\n"
    folder = write_model(
        tmp_path / "m", TENSORS, eager_py=source, conf_yaml="handler:\n  weights_only: false\n"
    )
    torch.save({"extra": SimpleNamespace(a=1)}, folder / "w.pt")
    manifest = {"serializedFile": "w.pt", "modelFile": "eager.py"}
    write_model(folder, manifest=manifest)
    refused = frontend.load(folder)
    assert refused["status"] == "failed"
    assert "weights_only" in refused["message"]
    write_model(folder, manifest={**manifest, "configFile": "conf.yaml"})
    frontend.serving(folder)


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({}, "no serializedFile and no modelFile"),
        ({"serializedFile": "absent.pt"}, "serializedFile: absent.pt (expected: a file in the archive)"),
        ({"serializedFile": "handler.py"}, "No model weights could be loaded: handler.py"),
        ({"serializedFile": "lib.so"}, "a shared library (expected: with pt2"),
        ({"serializedFile": "w.pt"}, "not TorchScript"),
        ({"modelFile": "absent.py"}, "modelFile: absent.py (expected: a file in the archive)"),
        ({"modelFile": "two.py"}, "model classes A, B (expected: exactly one)"),
    ],
)
def test_what_can_not_be_loaded_says_why(
    frontend: Frontend, tmp_path: Path, manifest: dict[str, str], words: str
) -> None:
    two = "import torch\nclass A(torch.nn.Module): pass\nclass B(torch.nn.Module): pass\n"
    folder = write_model(tmp_path / "m", TENSORS, manifest, two_py=two, lib_so=b"")
    torch.save({}, folder / "w.pt")
    assert words in frontend.load(folder)["message"]


def test_the_built_in_handler_is_found_by_name(frontend: Frontend, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    write_model(folder, manifest={"serializedFile": torchscript(folder)})
    frontend.serving(folder, "base_handler")
    assert "Could not infer dtype of dict" in frontend.one("[1]").text


def test_a_compiled_model_answers_the_same(frontend: Frontend, tmp_path: Path) -> None:
    config = "pt2:\n  compile:\n    enable: true\n    backend: eager\n"
    manifest = {"modelFile": "eager.py", "configFile": "c.yaml"}
    frontend.serving(write_model(tmp_path / "m", TENSORS, manifest, eager_py=DOUBLE, c_yaml=config))
    assert frontend.one("[1, 2]").json == [1.0, 2.0]


@pytest.mark.parametrize(
    ("pt2", "expected"),
    [
        ("inductor", {"backend": "inductor"}),
        ({"backend": "aot_eager", "mode": "default"}, {"backend": "aot_eager", "mode": "default"}),
        ({"compile": {"enable": True}}, {}),
        ({"compile": {"enable": False}}, None),
        ({"export": {"aot_compile": True}}, None),
        ("steam", None),
        (None, None),
    ],
)
def test_the_configuration_says_how_to_compile(pt2: Any, expected: dict[str, Any] | None) -> None:
    from ts.torch_handler.formats import compile_options

    assert compile_options({} if pt2 is None else {"pt2": pt2}) == expected


EXPLAINING = (
    TENSORS
    + """
        def __init__(self):
            pass  # never calls super
        def get_insights(self, tensor, inputs, target):
            return [{"tensor": tensor.tolist(), "inputs": inputs, "target": target}]
        def describe_handle(self):
            return {"words": "of its own"}
"""
)


def test_explanations_run_preprocess_and_insights_for_each_request(
    frontend: Frontend, tmp_path: Path
) -> None:
    frontend.serving(write_model(tmp_path / "m", EXPLAINING, {"modelFile": "eager.py"}, eager_py=DOUBLE))
    target = Part("target", "", b"3")
    first, second = frontend.run(item(1, "[1, 2]", target), item(2, "[3, 4]"), kind=FrameType.EXPLAIN)
    assert first.code == ErrorCode.OUTPUT_TYPE  # the target is bytes, as the client sent it
    assert second.json == {"tensor": [[3.0, 4.0]], "inputs": [3, 4], "target": 0}
    assert frontend.one("[1, 2]").json == [1.0, 2.0]
    assert frontend.one(kind=FrameType.DESCRIBE).json == {"words": "of its own"}


def test_a_handler_without_insights_can_not_explain(frontend: Frontend, tmp_path: Path) -> None:
    frontend.serving(write_model(tmp_path / "m", TENSORS, {"modelFile": "eager.py"}, eager_py=DOUBLE))
    assert frontend.one("[1]", kind=FrameType.EXPLAIN).code == ErrorCode.UNSUPPORTED


def test_profiling_emits_a_metric_for_each_step(
    frontend: Frontend, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    manifest = {"modelFile": "eager.py", "configFile": "c.yaml"}
    files = {"eager_py": DOUBLE, "c_yaml": "handler:\n  profile: true\n"}
    frontend.serving(write_model(tmp_path / "m", TENSORS, manifest, **files))
    frontend.one("[1]", label="rid")
    names = [
        line.split(".")[0] for line in capfd.readouterr().out.splitlines() if line.startswith("[METRICS]")
    ]
    assert names == [
        "[METRICS]ts_handler_inference",
        "[METRICS]ts_handler_postprocess",
        "[METRICS]HandlerTime",
    ]


def test_outputs_of_numpy_and_torch_are_told(frontend: Frontend, tmp_path: Path) -> None:
    handler = """
        import datetime, numpy as np, torch
        def handle(data, context):
            return data and [
                {"f32": np.float32(1.5), "i8": np.int8(-1), "b": np.bool_(True), "a": np.ones((2, 1), "e")},
                np.arange(3), torch.tensor([1.5]), {"t": torch.tensor([[1]])}, np.datetime64("2026-01-02"),
                datetime.date(2026, 1, 2), None, np.complex64(1)]
    """
    frontend.serving(write_model(tmp_path / "m", handler))
    answers = frontend.run(*(item(i, b"") for i in range(8)))
    assert answers[0].json == {"f32": 1.5, "i8": -1, "b": True, "a": [[1.0], [1.0]]}
    assert answers[1].json == [0, 1, 2]
    assert torch.load(io.BytesIO(answers[2].body)).tolist() == [1.5]
    assert (answers[3].json, answers[4].json, answers[5].json) == ({"t": [[1]]}, "2026-01-02", "2026-01-02")
    assert answers[6].text == "null"
    assert answers[7].code == ErrorCode.OUTPUT_TYPE
    assert "complex64" in answers[7].text


def test_out_of_memory_of_torch_is_told_apart(frontend: Frontend, tmp_path: Path) -> None:
    handler = "import torch\ndef handle(data, context):\n    return data and [torch.empty(2**58)]\n"
    frontend.serving(write_model(tmp_path / "m", handler))
    assert frontend.one(b"").code == ErrorCode.OUT_OF_MEMORY


class Channels(torch.nn.Module):  # type: ignore[misc,name-defined]
    """Scores an image by the means of its channels."""

    def forward(self, x: Any) -> Any:
        return x.mean(dim=[2, 3]) * 10.0


class Pixels(torch.nn.Module):  # type: ignore[misc,name-defined]
    """Scores each pixel for two classes."""

    def forward(self, x: Any) -> Any:
        return {"out": torch.cat([x[:, :1], -x[:, :1]], dim=1)}


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (300, 260)) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "png")
    return file.getvalue()


def test_the_image_classifier_answers_with_labels_the_most_probable_first(
    frontend: Frontend, tmp_path: Path
) -> None:
    folder = write_model(
        tmp_path / "m", index_to_name_json=json.dumps({"0": ["n01", "red"], "1": "green", "2": "blue"})
    )
    write_model(folder, manifest={"serializedFile": trace(Channels(), folder / "c.pt", 2, 3, 8, 8)})
    frontend.serving(folder, "image_classifier")
    blue = base64.b64encode(picture((0, 0, 255))).decode()
    red, from_text = frontend.run(
        item(1, Part("data", "image/png", picture((255, 0, 0)))),
        item(2, Part("body", "text/plain", blue.encode())),
    )
    assert next(iter(red.json)) == "red"
    assert set(red.json) == {"red", "green", "blue"}
    assert next(iter(from_text.json)) == "blue"
    assert sum(red.json.values()) == pytest.approx(1.0)


GREY = """
    import torch
    from ts.torch_handler.image_classifier import ImageClassifier
    class Digits(ImageClassifier):
        def image_processing(self, image):
            return torch.tensor([[[float(image.getextrema()[1])]]]) if image.mode == "L" else image.mode
"""


def encoded(image: Any, form: str = "png") -> bytes:
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "RGB", "CMYK", "1", "I;16"])
def test_a_handlers_own_image_processing_gets_the_picture_in_its_mode(mode: str) -> None:
    from PIL import Image

    from ts.torch_handler.image_classifier import ImageClassifier

    class Modes(ImageClassifier):
        """Shows the mode."""

        image_processing: Any = staticmethod(lambda image: torch.tensor(list(image.mode.encode())))

    handler = Modes()
    handler.device = torch.device("cpu")
    data = encoded(Image.new(mode, (4, 4)), "tiff" if mode == "CMYK" else "png")
    seen = handler.preprocess([{"data": data}])
    assert bytes(seen[0].tolist()).decode() == mode


def test_a_grey_picture_reaches_a_model_of_one_channel(frontend: Frontend, tmp_path: Path) -> None:
    from PIL import Image

    eager = """
        import torch
        class One(torch.nn.Module):
            def forward(self, x):
                assert x.shape[1] == 1
                return torch.cat([x.mean(dim=(2, 3)), -x.mean(dim=(2, 3))], dim=1)
    """
    frontend.serving(write_model(tmp_path / "m", GREY, {"modelFile": "one.py"}, one_py=eager))
    assert next(iter(frontend.one(encoded(Image.new("L", (28, 28), 200))).json)) == "0"


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1"])
@pytest.mark.parametrize("handler", ["image_classifier", "image_segmenter", "object_detector"])
def test_the_transforms_that_come_with_the_product_make_three_channels(mode: str, handler: str) -> None:
    from PIL import Image

    from ts.handler_utils.utils import import_class

    made = import_class(handler, "ts.torch_handler")()
    made.device = torch.device("cpu")
    data = encoded(Image.new(mode, (300, 260)), "tiff" if mode == "CMYK" else "png")
    assert made.preprocess([{"body": bytearray(data)}]).shape[:2] == (1, 3)


@pytest.mark.parametrize(
    "wrap", [lambda image: {"b64": image}, lambda image: {"data": image}, lambda image: image]
)
def test_a_picture_comes_from_an_envelope_in_any_form(wrap: Any) -> None:
    from ts.torch_handler.image_classifier import ImageClassifier

    handler = ImageClassifier()
    handler.device = torch.device("cpu")
    rows = [wrap(base64.b64encode(picture((255, 0, 0))).decode()), wrap(picture((255, 0, 0)))]
    assert handler.preprocess(rows).shape == (2, 3, 224, 224)
    assert handler.preprocess([wrap([[1.0, 2.0]])]).tolist() == [[[1.0, 2.0]]]
    assert handler.preprocess([wrap(torch.tensor([1, 2]))]).tolist() == [[1.0, 2.0]]


def test_what_is_no_image_says_what_was_expected(frontend: Frontend, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    write_model(folder, manifest={"serializedFile": trace(Channels(), folder / "c.pt", 2, 3, 8, 8)})
    frontend.serving(folder, "image_classifier")
    assert "image: dict (expected: a file, base64 text or a list" in frontend.one("{}").text


def test_the_image_segmenter_answers_with_class_and_probability(frontend: Frontend, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    write_model(folder, manifest={"serializedFile": trace(Pixels(), folder / "s.pt", 1, 3, 4, 4)})
    frontend.serving(folder, "image_segmenter", max_response_size="100000000")
    pixels = frontend.one(Part("data", "", picture((255, 255, 255)))).json
    assert (len(pixels), len(pixels[0]), len(pixels[0][0])) == (224, 224, 2)
    assert pixels[0][0][0] == 0.0
    assert 0.5 < pixels[0][0][1] <= 1.0


def test_the_object_detector_keeps_what_reaches_the_threshold_also_for_images_of_other_sizes(
    frontend: Frontend, tmp_path: Path
) -> None:
    eager = """
        import torch
        class Detector(torch.nn.Module):
            def forward(self, images):
                return [{"boxes": torch.tensor([[0.0, 1.0, 2.0, float(i.shape[1])]] * 2),
                         "labels": torch.tensor([1, 2]), "scores": torch.tensor([0.75, 0.25])}
                        for i in images]
    """
    names = json.dumps({"object_type_names": ["none", "cat", "dog"]})
    manifest = {"modelFile": "detector.py"}
    folder = write_model(tmp_path / "m", None, manifest, detector_py=eager, index_to_name_json=names)
    frontend.serving(folder, "object_detector")
    images = [Part("data", "", picture((0, 0, 0), (4, 5))), Part("data", "", picture((0, 0, 0), (4, 6)))]
    first, second = frontend.run(item(1, images[0]), item(2, images[1]))
    assert first.json == [{"cat": [0.0, 1.0, 2.0, 5.0], "score": 0.75}]
    assert second.json == [{"cat": [0.0, 1.0, 2.0, 6.0], "score": 0.75}]


TEXT_MODEL = """
    import torch
    class Words(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.EmbeddingBag(8, 2)
        def forward(self, text, offsets):
            return self.embedding(text, offsets)
"""


def test_the_text_classifier_cleans_text_and_answers_with_labels(frontend: Frontend, tmp_path: Path) -> None:
    names = json.dumps({"0": "bad", "1": "good"})
    folder = write_model(
        tmp_path / "m", None, {"modelFile": "words.py", "serializedFile": "w.pt"}, words_py=TEXT_MODEL
    )
    write_model(folder, index_to_name_json=names)
    weights = torch.zeros(8, 2)
    weights[3] = torch.tensor([0.0, 9.0])
    torch.save({"embedding.weight": weights}, folder / "w.pt")
    torch.save({"<unk>": 0, "nice": 3, "is not": 4}, folder / "source_vocab.pt")
    frontend.serving(folder, "text_classifier")
    answer = frontend.one(Part("data", "text/plain", "<b>Nicé</b>".encode())).json
    assert answer["good"] > answer["bad"]
    assert "batch: 2 requests (expected: 1" in frontend.run(item(1, b"a"), item(2, b"b"))[0].text


def test_text_is_cleaned() -> None:
    from ts.handler_utils.text_utils import get_tokenizer, ngrams_iterator
    from ts.torch_handler.text_handler import TextHandler

    handler = TextHandler()
    assert (
        handler._expand_contractions("I can't, Won't you? it's y'all")
        == "I cannot, Will not you? it is you all"
    )
    assert handler._remove_accented_characters("Málaga naïve") == "Malaga naive"
    assert handler._remove_html_tags("<p>a&nbsp;b</p>") == "ab"
    assert get_tokenizer()("Hello, World! (it's)") == ["hello", ",", "world", "!", "(", "it", "'", "s", ")"]
    assert list(ngrams_iterator(["a", "b", "c"], 3)) == ["a", "b", "c", "a b", "b c", "a b c"]
    with pytest.raises(ValueError, match="'spacy'"):
        get_tokenizer("spacy")


def test_images_are_prepared_as_torchvision_does() -> None:
    from PIL import Image

    from ts.torch_handler.image_transforms import imagenet

    image = Image.linear_gradient("L").convert("RGB").resize((400, 300))
    tensor = imagenet()(image)
    assert (tuple(tensor.shape), tensor.dtype) == ((3, 224, 224), torch.float32)
    resized = image.resize((int(256 * 400 / 300), 256), Image.Resampling.BILINEAR)
    middle = cast("tuple[int, ...]", resized.getpixel((100 + 58, 100 + 16)))
    for value, mean, std, pixel in zip(
        tensor[:, 100, 100].tolist(), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), middle, strict=True
    ):
        assert value == pytest.approx((pixel / 255 - mean) / std, abs=1e-5)


class Steps:
    """A handler that shows which micro-batches it was given."""

    def __init__(self) -> None:
        self.context: Context | None = None

    def preprocess(self, data: list[int]) -> list[int]:
        return [value * 10 for value in data]

    def inference(self, data: list[int]) -> tuple[list[int], int]:
        from ts.handler_utils.micro_batching import get_micro_batch_idx

        return [value + 1 for value in data], get_micro_batch_idx()

    def postprocess(self, data: tuple[list[int], int]) -> list[str]:
        return [f"{value} of {data[1]}" for value in data[0]]


def test_micro_batches_keep_the_order() -> None:
    from ts.handler_utils.micro_batching import MicroBatching

    batching = MicroBatching(Steps(), 2, {"inference": 3})
    try:
        assert batching.parallelism == {"inference": 3}
        assert batching([1, 2, 3, 4, 5], Context()) == ["11 of 0", "21 of 0", "31 of 1", "41 of 1", "51 of 2"]
        with pytest.raises(TypeError):
            batching.handle([1, None])
    finally:
        batching.shutdown()


def test_micro_batching_has_as_many_threads_as_it_was_told() -> None:
    from ts.handler_utils.micro_batching import HANDLER_METHODS, MicroBatching

    batching = MicroBatching(Steps(), 1)

    def counts() -> list[int]:
        groups = batching.thread_groups
        assert all(worker.thread.is_alive() for step in HANDLER_METHODS for worker in groups[step])
        return [len(groups[step]) for step in HANDLER_METHODS]

    assert counts() == [1, 1, 1]
    batching.parallelism = {"preprocess": 3, "postprocess": 2}
    assert counts() == [3, 1, 2]
    batching.parallelism = {"preprocess": 1}
    assert counts() == [1, 1, 2]
    assert batching.parallelism == {"preprocess": 1, "postprocess": 2}
    assert batching.handle([1, 2, 3]) == ["11 of 0", "21 of 1", "31 of 2"]
    batching.shutdown()
    assert counts() == [0, 0, 0]


def test_a_micro_batch_knows_its_index_and_the_batch_tells_its_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from ts.handler_utils.micro_batching import MicroBatching
    from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl

    class Indexed(Steps):
        """Asks the object that stands in for its handle, as TorchServe's example does."""

        def inference(self, data: list[int]) -> tuple[list[int], int]:
            return data, self.handle.get_micro_batch_idx()  # type: ignore[attr-defined]

    handler = Indexed()
    handler.handle = MicroBatching(handler, 2)  # type: ignore[attr-defined]
    context = Context("m", metrics=MetricsCacheYamlImpl.of_environment({}))
    assert handler.handle([1, 2, 3], context) == ["10 of 0", "20 of 0", "30 of 1"]  # type: ignore[attr-defined]
    assert "[METRICS]HandlerTime.Milliseconds:" in capsys.readouterr().out


class StandInContext:
    """What people test their handlers with: no more than the handler is known to ask for."""

    def __init__(self, folder: Path, **model: str) -> None:
        self.manifest = {"model": model}
        self.system_properties = {"model_dir": str(folder), "gpu_id": None}
        self.metrics = MetricsStore(uuid.uuid4(), "name")
        self.explain = "False"

    def get_request_header(self, index: int, name: str) -> str | None:
        return self.explain if name == "explain" else None


def test_a_handler_works_with_a_stand_in_context(tmp_path: Path) -> None:
    from ts.torch_handler.base_handler import BaseHandler

    class Explained(BaseHandler):
        """Tells what it is asked for."""

        def get_insights(self, tensor: Any, inputs: Any, target: Any) -> list[Any]:
            return [{"explained": inputs}]

    folder = write_model(tmp_path / "m", eager_py=DOUBLE)
    context = StandInContext(folder, modelFile="eager.py")
    handler = Explained()
    handler.initialize(context)
    assert handler.handle(torch.tensor([[1.0, 2.0]]), context) == [[1.0, 2.0]]
    assert [metric.name for metric in context.metrics.store] == ["HandlerTime"]
    context.explain = "True"
    assert handler.handle([[1.0]], context) == [{"explained": [1.0]}]
    del context.metrics
    assert handler.handle([[1.0]], context) == [{"explained": [1.0]}]


def test_a_profile_is_written_where_tools_look_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from ts.torch_handler import base_handler

    monkeypatch.setenv("ENABLE_TORCH_PROFILER", "true")
    assert Path("/tmp/pytorch_profiler") == base_handler._PROFILES
    monkeypatch.setattr(base_handler, "_PROFILES", tmp_path / "profiles")
    context = StandInContext(write_model(tmp_path / "m", eager_py=DOUBLE), modelFile="eager.py")
    for name, folder in (("resnet", "profiles/resnet"), ("", "profiles")):
        context.manifest["model"]["modelName"] = name
        handler = base_handler.BaseHandler()
        handler.initialize(context)
        with caplog.at_level("INFO"):
            handler.handle([[1.0]], context)
        (trace_file,) = (tmp_path / folder).glob("*.pt.trace.json")
        assert '"preprocess"' in trace_file.read_text()
        assert f"Saving chrome trace to : {tmp_path / folder}" in caplog.text


def test_a_compiled_model_is_told_in_the_words_that_are_searched_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from ts.torch_handler.formats import optimized

    model = Double()
    with caplog.at_level("INFO"):
        assert optimized(model, {"pt2": "eager"}) is not model
        assert optimized(model, {"pt2": {"backend": "eager", "mode": "x", "options": {}}}) is model
    assert "Compiled model with backend eager" in caplog.messages
    assert "the model is served without compilation" in caplog.text


@pytest.mark.parametrize(("size", "threads"), [(0, {}), (1, {"inference": 0}), (1, {"dance": 1})])
def test_micro_batching_refuses_what_makes_no_sense(size: int, threads: dict[str, int]) -> None:
    from ts.handler_utils.micro_batching import MicroBatching

    with pytest.raises(ValueError, match="expected"):
        MicroBatching(Steps(), size, threads)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"0": "a", "1": ["id", "b"]}, {"0": "a", "1": "b"}),
        ({"object_type_names": ["a", "b"]}, {"0": "a", "1": "b"}),
    ],
)
def test_label_mappings_have_several_forms(tmp_path: Path, content: Any, expected: Any) -> None:
    from ts.utils.util import load_label_mapping

    path = tmp_path / "index_to_name.json"
    assert load_label_mapping(path) is None
    path.write_text(json.dumps(content))
    assert load_label_mapping(str(path)) == expected


@pytest.mark.parametrize("content", ["[1]", '{"0": 5}'])
def test_a_label_mapping_of_another_form_is_refused(tmp_path: Path, content: str) -> None:
    from ts.utils.util import load_label_mapping

    path = tmp_path / "index_to_name.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="expected"):
        load_label_mapping(path)


def test_classes_without_a_label_are_their_index() -> None:
    from ts.utils.util import map_class_to_label

    assert map_class_to_label([[0.9, 0.1]], {"0": "a"}, [[0, 7]]) == [{"a": 0.9, "7": 0.1}]
    assert map_class_to_label([[0.9, 0.1]]) == [{"0": 0.9, "1": 0.1}]
