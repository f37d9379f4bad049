import asyncio
from typing import Any, List, Tuple  # noqa: UP035

import numpy as np
import pytest

from ts.compat.mlserver import MLModel, ModelSettings
from ts.compat.mlserver.codecs import (
    CodecError,
    NumpyCodec,
    NumpyRequestCodec,
    StringCodec,
    decode_args,
)
from ts.compat.mlserver.errors import InferenceError, InvalidModelURI, MLServerError, ModelNotFound
from ts.compat.mlserver.types import InferenceRequest, Parameters, RequestInput, RequestOutput
from ts.compat.mlserver.utils import get_model_uri


class Plain(MLModel):
    async def predict(self, payload: Any) -> Any:
        return self.encode_response(self.decode_request(payload, default_codec=NumpyRequestCodec) * 2)


def settings(**fields: Any) -> Any:
    return ModelSettings(name="m", implementation=Plain, **fields)


def an_input(**fields: Any) -> RequestInput:
    return RequestInput(**fields)


def raw(name: Any = "x", **parameters: Any) -> Any:
    told = Parameters(**parameters) if parameters else None
    return an_input(name=name, shape=[1, 2], datatype="INT64", data=[1, 2], parameters=told)


def test_a_default_codec_decodes_what_says_nothing() -> None:
    answer = asyncio.run(Plain(settings()).predict(InferenceRequest(inputs=[raw()])))
    assert (answer.model_name, answer.outputs[0].data) == ("m", [2, 4])


def test_the_request_wins_over_the_metadata_and_that_over_the_default() -> None:
    model = Plain(settings(inputs=[{"name": "x", "shape": [-1, 2], "datatype": "INT64",
                                    "parameters": {"content_type": "np"}}]))  # fmt: skip
    assert isinstance(model.decode(raw(), default_codec=StringCodec), np.ndarray)
    texts = an_input(
        name="x", shape=[1], datatype="BYTES", data=["a"], parameters=Parameters(content_type="str")
    )
    assert model.decode(texts) == ["a"]
    assert model.decode(raw("other")) == [1, 2]


def test_metadata_that_load_sets_is_used() -> None:
    model = Plain(settings())
    model.inputs = settings(
        inputs=[{"name": "x", "shape": [2], "datatype": "INT64", "parameters": {"content_type": "np"}}]
    ).inputs
    assert isinstance(model.decode(raw()), np.ndarray)
    assert asyncio.run(model.metadata()).model_dump()["inputs"][0]["name"] == "x"


def test_an_answer_without_codec_is_refused() -> None:
    with pytest.raises(CodecError, match="no codec for set"):
        Plain(settings()).encode({1}, RequestOutput(name="y"))
    assert Plain(settings()).encode([1], RequestOutput(name="y"), default_codec=NumpyCodec).data == [1]


def test_statuses_of_errors() -> None:
    assert (MLServerError("x").status_code, ModelNotFound("m").status_code) == (400, 404)
    assert InvalidModelURI("m", "u").status_code == 422


class Typed(MLModel):
    @decode_args
    async def predict(
        self, x: np.ndarray, words: list[str], more: np.ndarray | None
    ) -> Tuple[np.ndarray, List[str]]:  # noqa: UP006
        return x + (0 if more is None else more), [word.upper() for word in words]


def typed_request(*inputs: Any) -> Any:
    return InferenceRequest(inputs=list(inputs))


def test_decode_args_takes_and_gives_types() -> None:
    model = Typed(settings())
    answer = asyncio.run(model.predict(typed_request(raw(), StringCodec.encode_input("words", ["a"]))))
    assert [output.name for output in answer.outputs] == ["output-0", "output-1"]
    assert StringCodec.decode_output(answer.outputs[1]) == ["A"]


def test_decode_args_names_what_is_missing_or_unknown() -> None:
    model = Typed(settings())
    with pytest.raises(InferenceError, match='input "words" is missing'):
        asyncio.run(model.predict(typed_request(raw())))
    with pytest.raises(InferenceError, match=r'input "z" \(expected: x, words, more\)'):
        asyncio.run(model.predict(typed_request(raw("z"))))


class TestSettings:
    def test_a_file_wins_over_the_environment(self, tmp_path: Any, monkeypatch: Any) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("MLSERVER_MODEL_NAME", "of-environment")
        monkeypatch.setenv("MLSERVER_MODEL_URI", "/mnt/models")
        monkeypatch.setenv("MLSERVER_MODEL_MAX_BATCH_SIZE", "8")
        file = tmp_path / "model-settings.json"
        file.write_text('{"name": "of-file", "implementation": "here.Model"}')
        found = ModelSettings.parse_file(str(file))
        assert (found.name, found.max_batch_size, found.parameters and found.parameters.uri) == (
            "of-file",
            8,
            "/mnt/models",
        )

    def test_a_dot_env_file_is_read(self, tmp_path: Any, monkeypatch: Any) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / ".env").write_text("# mine\nMLSERVER_MODEL_PLATFORM='sklearn'\n")
        assert settings().platform == "sklearn"

    def test_modules_of_one_name_in_two_folders_stay_apart(self, tmp_path: Any) -> None:
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            (folder / "own_model.py").write_text(f"class Model:\n    said = {name!r}\n")
            (folder / "model-settings.json").write_text('{"implementation": "own_model.Model"}')
        for name in ("one", "two", "one"):
            file = tmp_path / name / "model-settings.json"
            assert ModelSettings.parse_file(file).implementation.said == name

    def test_no_class_is_named(self, tmp_path: Any) -> None:
        with pytest.raises(ImportError, match=r"'json\.Nothing': module json has no Nothing"):
            _ = ModelSettings(implementation="json.Nothing").implementation

    def test_a_uri_is_relative_to_the_settings(self, tmp_path: Any) -> None:
        (tmp_path / "model.joblib").write_text("")
        file = tmp_path / "model-settings.json"
        file.write_text('{"implementation": "a.B", "parameters": {"uri": "model.joblib"}}')
        assert asyncio.run(get_model_uri(ModelSettings.parse_file(file))) == str(tmp_path / "model.joblib")
        file.write_text('{"implementation": "a.B", "name": "m"}')
        found = ModelSettings.parse_file(file)
        assert asyncio.run(get_model_uri(found, ["model.joblib"])) == str(tmp_path / "model.joblib")
        with pytest.raises(InvalidModelURI, match="model m"):
            asyncio.run(get_model_uri(found, ["other"]))
