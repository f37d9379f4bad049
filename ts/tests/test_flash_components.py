"""What components, endpoints and compositions of Flash Serve may be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ts.compat.flash import Composition, Endpoint, ModelComponent, Servable, downloads, expose
from ts.compat.flash.types import Image, Label, Number


def double(value: Any) -> Any:
    return value * 2


MODEL = Servable(double)


class Doubles(ModelComponent):
    def __init__(self, model: Any, config: Any = None) -> None:
        self.model = model
        self.config = config

    @expose(inputs={"x": Number(), "tag": Label(classes=["a"])}, outputs={"y": Number(), "cut": Image()})
    def classify(self, x: Any, tag: Any) -> Any:
        return self.model(x), tag


def component_class(init: Callable[..., None], **names: Any) -> type:
    return type("Made", (ModelComponent,), {"__init__": init, **names})


def plain(self: Any, model: Any) -> None:
    self.model = model


def exposed(name: str = "x", inputs: Any = None, outputs: Any = None) -> Any:
    space: dict[str, Any] = {}
    exec(f"def work(self, {name}): return {name}", space)
    given = {name: Number()} if inputs is None else inputs
    return expose(given, {"y": Number()} if outputs is None else outputs)(space["work"])


def test_a_component_is_called_like_its_method() -> None:
    component = Doubles(MODEL, config={"size": 3})
    assert component(3, tag="t") == (6, "t")
    assert component.config == {"size": 3}
    assert component.uid != Doubles(MODEL).uid


def test_init_runs_once() -> None:
    calls: list[Any] = []
    component_class(lambda self, model: calls.append(model), predict=exposed())(MODEL)
    assert calls == [MODEL]


def test_inputs_and_outputs_are_found_by_name_and_attribute() -> None:
    component = Doubles(MODEL)
    assert component.inputs.x is component.inputs["x"]
    assert "x" in component.inputs
    assert "y" not in component.inputs
    assert list(component.outputs) == ["y", "cut"]
    assert len(component.outputs) == 2
    assert isinstance(component.outputs.cut.datatype, Image)


def test_inputs_and_outputs_can_not_be_changed() -> None:
    component: Any = Doubles(MODEL)
    with pytest.raises(TypeError):
        component.inputs["new"] = component.inputs.x
    with pytest.raises(AttributeError):
        component.inputs.new = component.inputs.x
    with pytest.raises(AttributeError):
        component.inputs["new"]


@pytest.mark.parametrize(
    ("init", "names"),
    [
        (plain, {}),
        (plain, {"predict": exposed(), "other": exposed()}),
        (lambda self, foo: None, {"predict": exposed()}),
        (lambda self, model, other: None, {"predict": exposed()}),
        (lambda self, model, config, more: None, {"predict": exposed()}),
    ],
)
def test_a_class_of_another_form_is_a_syntax_error(init: Any, names: dict[str, Any]) -> None:
    with pytest.raises(SyntaxError):
        component_class(init, **names)


@pytest.mark.parametrize("name", ["inputs", "outputs", "uid"])
def test_some_names_are_taken(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        component_class(plain, predict=exposed(), **{name: 1})


@pytest.mark.parametrize(
    ("inputs", "outputs", "fault"),
    [
        ({"x": Number()}, {"def": Number()}, SyntaxError),
        ({"x": Number()}, {"no name": Number()}, SyntaxError),
        ({"x": Number()}, {12: Number()}, AttributeError),
        (Number(), {"y": Number()}, TypeError),
        ({"x": int}, {"y": Number()}, TypeError),
        ({"x": Number}, {"y": Number()}, TypeError),
        ({}, {"y": Number()}, ValueError),
    ],
)
def test_what_can_not_be_exposed_is_refused(inputs: Any, outputs: Any, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        exposed("x", inputs, outputs)


def test_inputs_are_the_parameters_of_the_method() -> None:
    made = component_class(plain, predict=exposed("x", {"other": Number()}))
    with pytest.raises(RuntimeError, match="other"):
        made(MODEL)


@pytest.mark.parametrize(
    ("models", "fault"),
    [
        ("text", TypeError),
        (double, TypeError),
        ([MODEL, 1], TypeError),
        ({"a": MODEL, 2: MODEL}, TypeError),
        ({"a": 233}, TypeError),
        ([], ValueError),
        ({}, ValueError),
    ],
)
def test_what_is_no_model_is_refused(models: Any, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        Doubles(models)


@pytest.mark.parametrize("models", [MODEL, [MODEL], (MODEL, MODEL), {"a": MODEL}])
def test_models_may_be_several(models: Any) -> None:
    component = Doubles(models)
    assert component.model is models
    assert component._flashserve_meta_.models is models


@pytest.mark.parametrize(
    ("config", "fault"),
    [("text", TypeError), ({}, ValueError), ({12: "x"}, TypeError), ({"x": double}, TypeError)],
)
def test_what_is_no_configuration_is_refused(config: Any, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        Doubles(MODEL, config=config)


def test_unknown_arguments_are_refused() -> None:
    made: Any = Doubles
    with pytest.raises(TypeError):
        made(wrong=MODEL)


def test_a_servable_is_called_like_its_model(tmp_path: Path) -> None:
    assert MODEL(4) == 8
    assert repr(MODEL) == repr(double)

    class Lightning:
        @classmethod
        def load_from_checkpoint(cls, place: str) -> Any:
            return lambda value: (place, value)

    file = tmp_path / "x.ckpt"
    file.touch()
    for place in (file, str(file), file.as_uri()):
        assert Servable(Lightning, place)(1) == (str(file), 1)
        assert Servable(place, script_loader_cls=Lightning.load_from_checkpoint)(1) == (str(file), 1)


@pytest.mark.parametrize("arguments", [(), (1,), (object, "x"), ("a", "b", "c"), (object(),)])
def test_what_is_no_servable_is_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        Servable(*arguments)


def test_a_torchscript_file_is_loaded(tmp_path: Any) -> None:
    torch = pytest.importorskip("torch")
    file = tmp_path / "m.pt"
    torch.jit.save(torch.jit.trace(torch.nn.Identity(), torch.zeros(1)), str(file))
    for place in (file, str(file), file.as_uri()):
        assert Servable(place)(torch.ones(1)).item() == 1


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    file = tmp_path / "m.pt"
    for place in (file, file.as_uri(), "m.pt"):
        with pytest.raises(FileNotFoundError, match="no such file"):
            Servable(place)
    file.write_text("text", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"m\.pt: .*expected: TorchScript"):
        Servable(file)


class Models(BaseHTTPRequestHandler):
    """Answers with the path and how often it was asked."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        if "none" in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        if "cut" in self.path:
            self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(f"{self.path} {self.asked}".encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of a server of models."""
    monkeypatch.chdir(tmp_path)
    Models.asked = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Models) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def read(place: str, **options: Any) -> str:
    text: str = Servable(
        place, script_loader_cls=lambda file: Path(file).read_text("utf-8"), **options
    ).instance
    return text


def test_a_model_of_a_url_is_loaded_anew_by_each_script_and_kept_for_its_workers(
    models: str, tmp_path: Path
) -> None:
    with downloads.kept():
        assert read(f"{models}/a/m.pt") == "/a/m.pt 1"
        assert read(f"{models}/b/m.pt?x=1") == "/b/m.pt?x=1 2"  # another model of the same name
    assert (tmp_path / "m.pt").read_text("utf-8") == "/a/m.pt 1"
    with downloads.kept():
        assert [read(f"{models}/a/m.pt"), read(f"{models}/b/m.pt?x=1")] == ["/a/m.pt 1", "/b/m.pt?x=1 2"]
    assert read(f"{models}/a/m.pt") == "/a/m.pt 3"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_model_of_a_url_goes_where_it_is_told(models: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    assert read(f"{models}/a%20b.pt", download_path=folder) == "/a%20b.pt 1"
    assert (folder / "a b.pt").is_file()
    assert read(f"{models}/c.pt", download_path=str(tmp_path / "other.pt")) == "/c.pt 2"
    assert (tmp_path / "other.pt").is_file()


@pytest.mark.parametrize(
    ("path", "told"), [("none.pt", "HTTP Error 404: Not Found"), ("cut.pt", "9 of 1000 bytes came")]
)
def test_a_model_that_can_not_be_loaded_names_its_url(
    models: str, tmp_path: Path, path: str, told: str
) -> None:
    with pytest.raises(OSError, match=rf"{path}: {told} \(expected: a file"):
        read(f"{models}/{path}")
    assert list(tmp_path.iterdir()) == []


def test_both_directions_connect() -> None:
    one, other = Doubles(MODEL), Doubles(MODEL)
    one.inputs.tag << other.outputs.y
    assert [one._asdict() for one in one._flashserve_meta_.connections] == [
        {
            "source_component": other.uid,
            "source_key": "y",
            "target_component": one.uid,
            "target_key": "tag",
        }
    ]
    other.outputs.y >> one.inputs.x
    assert one.inputs.x.connections == []
    assert other.outputs.y.connections == other._flashserve_meta_.connections
    assert str(other.outputs.y.connections[0]) == f"{other.uid}.outputs.y >> {one.uid}.inputs.x"


def test_what_can_not_be_connected_is_refused() -> None:
    one, other = Doubles(MODEL), Doubles(MODEL)
    with pytest.raises(RuntimeError):
        one.inputs.tag << one.outputs.y
    with pytest.raises(RuntimeError):
        one.outputs.y >> one.outputs.y
    with pytest.raises(TypeError):
        one.outputs.y >> other.outputs.y
    with pytest.raises(TypeError):
        one.inputs.x >> other.outputs.y
    with pytest.raises(TypeError):
        one.inputs.x >> object()
    with pytest.raises(AttributeError):
        one.outputs.y >> other.inputs.nothing


def test_the_only_component_gets_an_endpoint() -> None:
    component = Doubles(MODEL)
    composition = Composition(comp=component)
    assert composition.component_uid_names == {component.uid: "comp"}
    assert composition.components == {component.uid: component}
    assert composition.connections == []
    uid = component.uid
    assert {name: asdict(one) for name, one in composition.endpoints.items()} == {
        "classify_ENDPOINT": {
            "route": "/classify",
            "inputs": {"x": f"{uid}.inputs.x", "tag": f"{uid}.inputs.tag"},
            "outputs": {"y": f"{uid}.outputs.y", "cut": f"{uid}.outputs.cut"},
        }
    }


@pytest.mark.parametrize(
    ("route", "inputs", "outputs", "fault"),
    [
        (b"/x", "x", "y", TypeError),
        ("x", "x", "y", ValueError),
        ("/x", b"x", "y", TypeError),
        ("/x", "x", None, ValueError),
    ],
)
def test_what_is_no_endpoint_is_refused(
    route: Any, inputs: Any, outputs: Any, fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        Endpoint(route, {"i": inputs}, {} if outputs is None else {"o": outputs})


def test_an_endpoint_takes_inputs_and_gives_outputs() -> None:
    component = Doubles(MODEL)
    with pytest.raises(TypeError):
        Endpoint("/x", {"i": component.outputs.y}, {"o": component.outputs.y})


@pytest.mark.parametrize("wrong", ["NONE.outputs.y", "{}.outputs.none", "{}.inputs.x", "{}"])
def test_an_endpoint_names_what_is_there(wrong: str) -> None:
    component = Doubles(MODEL)
    inputs = {"x": component.inputs.x, "t": component.inputs.tag}
    endpoint = Endpoint("/x", inputs, {"o": wrong.format(component.uid)})
    with pytest.raises(AttributeError):
        Composition(comp=component, ep=endpoint)


def test_what_is_no_composition_is_refused() -> None:
    one, other = Doubles(MODEL), Doubles(MODEL)
    with pytest.raises(TypeError):
        Composition(hello="world")
    with pytest.raises(ValueError, match="2 components"):
        Composition(one=one, other=other)
    with pytest.raises(ValueError, match="0 components"):
        Composition()


def test_an_input_from_nowhere_is_told() -> None:
    one = Doubles(MODEL)
    with pytest.raises(RuntimeError, match="input tag"):
        Composition(one=one, ep=Endpoint("/x", {"i": one.inputs.x}, {"o": one.outputs.y}))


def test_a_key_is_in_the_payload_or_in_the_result() -> None:
    one = Doubles(MODEL)
    endpoint = Endpoint("/x", {"k": one.inputs.x, "t": one.inputs.tag}, {"k": one.outputs.y})
    with pytest.raises(KeyError):
        Composition(one=one, ep=endpoint)


def test_a_circle_is_refused() -> None:
    one, other = Doubles(MODEL), Doubles(MODEL)
    one.outputs.y >> other.inputs.x
    other.outputs.y >> one.inputs.x
    endpoint = Endpoint("/x", {"a": one.inputs.tag, "b": other.inputs.tag}, {"o": one.outputs.y})
    with pytest.raises(RuntimeError, match="circle"):
        Composition(one=one, other=other, ep=endpoint)


def test_an_input_has_one_connection() -> None:
    one, other, third = Doubles(MODEL), Doubles(MODEL), Doubles(MODEL)
    one.outputs.y >> third.inputs.x
    other.outputs.y >> third.inputs.x
    endpoint = Endpoint("/x", {"a": one.inputs.tag, "b": one.inputs.x}, {"o": one.outputs.y})
    with pytest.raises(RuntimeError, match="two connections"):
        Composition(one=one, other=other, third=third, ep=endpoint)


def test_two_keys_are_two_inputs() -> None:
    one = Doubles(MODEL)
    inputs = {"a": one.inputs.x, "b": one.inputs.tag, "c": one.inputs.x}
    with pytest.raises(RuntimeError, match="'a' and 'c' of the payload"):
        Composition(one=one, ep=Endpoint("/x", inputs, {"o": one.outputs.y}))


@pytest.mark.parametrize("key", ["_x", "model_config"])
@pytest.mark.parametrize("place", ["payload", "result"])
def test_keys_that_no_model_has_are_refused(key: str, place: str) -> None:
    one = Doubles(MODEL)
    inputs = {key if place == "payload" else "a": one.inputs.x, "b": one.inputs.tag}
    endpoint = Endpoint("/x", inputs, {key if place == "result" else "o": one.outputs.y})
    with pytest.raises(ValueError, match=f"Ep_{place.title()}s?: '{key}'"):
        Composition(one=one, ep=endpoint, TESTING=True).serve()


def test_two_endpoints_have_two_routes() -> None:
    one = Doubles(MODEL)
    ends = [Endpoint("/x", {"a": one.inputs.x, "b": one.inputs.tag}, {"o": one.outputs.y}) for _ in "12"]
    with pytest.raises(ValueError, match="/x"):
        Composition(one=one, first=ends[0], second=ends[1])


def test_a_composition_says_how_it_serves() -> None:
    composition = Composition(comp=Doubles(MODEL), DEBUG=True)
    assert (composition.DEBUG, composition.TESTING) == (True, False)
    composition.TESTING = True
    app = composition.serve()
    assert type(app) is type(composition.http_app())


@pytest.mark.parametrize(
    ("address", "told"), [({"port": "8000"}, "port: '8000'"), ({"host": None}, "host: None")]
)
def test_what_is_no_address_is_refused(address: dict[str, Any], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        Composition(comp=Doubles(MODEL)).serve(**address)


def test_serving_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASH_DISABLE_SERVE", "1")
    assert Composition(comp=Doubles(MODEL)).serve() is None
