"""Compositions of Flash Serve within this process: `TESTING=True`, as a client sees them."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mariner.errors import DefinitionError
from ts.compat.flash import Composition, Endpoint, ModelComponent, Servable, expose
from ts.compat.flash.local import LocalApp
from ts.compat.flash.types import BaseType, Label, Number, Repeated, Table

torch = pytest.importorskip("torch")
httpx = pytest.importorskip("httpx")
np = pytest.importorskip("numpy")

NAMES = [f"name {number}" for number in range(100)]


class Client:
    """A client of an ASGI application, without a server."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def ask(self, method: str, path: str, raises: bool = True, **options: Any) -> Any:
        async def one() -> Any:
            way = httpx.ASGITransport(self.app, raise_app_exceptions=raises)
            async with httpx.AsyncClient(transport=way, base_url="http://flash") as client:
                return await client.request(method, path, **options)

        return asyncio.run(one())

    def post(self, path: str, payload: Any, session: str | None = "s", **options: Any) -> Any:
        return self.ask("POST", path, json={"session": session, "payload": payload}, **options)

    def page(self, path: str) -> Any:
        return self.ask("GET", path)


class Plain(BaseType):
    def deserialize(self, value: str) -> Any:
        return value

    def serialize(self, data: Any) -> str:
        return data  # type: ignore[no-any-return]


class Alternatives(BaseType):
    def deserialize(self, either: int | str, several: list[str | int]) -> Any:
        return either, several

    def serialize(self, data: Any) -> str:
        return str(data)


class Adder(ModelComponent):
    calls = 0

    def __init__(self, model: Any, config: Any = None) -> None:
        self.model = model
        self.step = 1 if config is None else config["step"]

    @expose(inputs={"x": Number()}, outputs={"total": Number(), "name": Label(classes=NAMES)})
    def add(self, x: Any) -> Any:
        """Adds."""
        type(self).calls += 1
        if float(x.max()) > 50:
            raise ValueError("too much")
        return {"total": self.model(x) + self.step, "name": self.model(x).flatten().long()}


class Span(BaseType):
    def deserialize(self, begin: int, end: int = 9) -> Any:
        return range(begin, end)

    def serialize(self, data: Any) -> dict[str, int]:
        return {"begin": data.start, "end": data.stop}


class Spans(ModelComponent):
    def __init__(self, model: Any) -> None:
        self.model = model

    @expose(
        inputs={"spans": Repeated(Span(), max_len=2), "names": Repeated(Label(classes=NAMES))},
        outputs={"first": Span()},
    )
    def predict(self, spans: Any, names: Any) -> Any:
        return spans[len(names) - 1]


IDENTITY = torch.nn.Identity()


def chain(**options: Any) -> Composition:
    first, second = Adder(IDENTITY), Adder(IDENTITY, config={"step": 10})
    first.outputs.total >> second.inputs.x
    both = Endpoint(
        "/both", {"x": first.inputs.x}, {"end": second.outputs.total, "middle": first.outputs.total}
    )
    only = Endpoint("/only", {"x": second.inputs.x}, {"end": second.outputs.name})
    return Composition(first=first, second=second, both_ep=both, only_ep=only, TESTING=True, **options)


def served(composition: Composition, pools: Mapping[str, Any] | None = None) -> Client:
    app = composition.serve(components=pools)
    assert isinstance(app, LocalApp)
    return Client(app)


@pytest.fixture(params=["one process", "a stage each", "batches"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    pools: dict[str, Any] = {
        "one process": None,
        "a stage each": {"first": {"replicas": 2}},
        "batches": {"first": {"batch": 4}, "second": {"batch": 4}},
    }
    found = served(chain(), pools[request.param])
    yield found
    found.app.close()


def test_components_pass_objects_on(client: Client) -> None:
    reply = client.post("/both", {"x": {"num": 1}})
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json() == {"result": {"end": 12, "middle": 2}, "session": "s"}


def test_a_payload_takes_the_place_of_a_connection_and_only_what_is_needed_runs(client: Client) -> None:
    Adder.calls = 0
    reply = client.post("/only", {"x": {"num": 7}})
    assert reply.json() == {"result": {"end": "name 7"}, "session": "s"}
    assert Adder.calls == 1


def test_a_component_runs_once_for_several_results(client: Client) -> None:
    Adder.calls = 0
    client.post("/both", {"x": {"num": 1}})
    assert Adder.calls == 2


@pytest.mark.parametrize("session", [None, ""])
def test_a_session_is_made_up_where_there_is_none(client: Client, session: str | None) -> None:
    told = [client.post("/only", {"x": {"num": 7}}, session).json()["session"] for _ in "12"]
    assert told[0] != told[1]
    assert str(uuid.UUID(told[0])) == told[0]


def test_what_a_component_raises_is_an_error_of_the_server(client: Client) -> None:
    reply = client.post("/both", {"x": {"num": 51}}, raises=False)
    assert (reply.status_code, reply.text) == (500, "Internal Server Error")
    with pytest.raises(ValueError, match="too much"):
        client.post("/both", {"x": {"num": 51}})
    assert client.post("/both", {"x": {"num": 1}}).status_code == 200


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        (b"", ["body"], "missing"),
        (b"{", ["body", 1], "json_invalid"),
        (b"\xff", ["body", 0], "json_invalid"),
        (b"[" * 100_000, ["body", 0], "json_invalid"),
        (b"[]", ["body"], "model_type"),
        (b'{"session": "s"}', ["body", "payload"], "missing"),
        (b'{"payload": {}}', ["body", "payload", "x"], "missing"),
        (b'{"payload": {"x": {}}}', ["body", "payload", "x", "num"], "missing"),
        (b'{"payload": {"x": {"num": "y"}}}', ["body", "payload", "x", "num", "float"], "float_parsing"),
        (b'{"session": [], "payload": {"x": {"num": 1}}}', ["body", "session"], "string_type"),
    ],
)
def test_a_request_that_does_not_fit_is_told_where(client: Client, body: bytes, loc: Any, kind: str) -> None:
    reply = client.ask("POST", "/both", content=body, headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/json")
    problem = reply.json()["detail"][0]
    assert (problem["loc"], problem["type"]) == (loc, kind)
    assert problem["msg"]


def test_a_body_of_another_type_is_no_json(client: Client) -> None:
    content = b'{"payload": {"x": {"num": 1}}}'
    reply = client.ask("POST", "/both", content=content, headers={"Content-Type": "text/plain"})
    assert reply.status_code == 422
    assert "content type application/json" in reply.json()["detail"][0]["msg"]
    assert client.ask("POST", "/both", content=content).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [("POST", "/none", 404, "Not Found"), ("GET", "/both", 405, "Method Not Allowed")],
)
def test_other_paths_and_methods_are_refused(
    client: Client, method: str, path: str, status: int, text: str
) -> None:
    reply = client.ask(method, path)
    assert (reply.status_code, reply.json()) == (status, {"detail": text})
    assert client.ask("POST", "/docs").status_code == 405


def test_user_types_and_lists() -> None:
    client = served(Composition(spans=Spans(IDENTITY), TESTING=True))
    spans = [{"begin": 1}, {"begin": 2, "end": 3}]
    reply = client.post("/predict", {"spans": spans, "names": [{"label": "name 1"}] * 2})
    assert reply.json()["result"] == {"first": {"begin": 2, "end": 3}}
    long = client.post("/predict", {"spans": spans * 2, "names": []})
    assert (long.status_code, long.json()["detail"][0]["type"]) == (422, "too_long")
    unknown = client.post("/predict", {"spans": [], "names": [{"label": "nobody"}]})
    assert unknown.status_code == 422
    assert unknown.json()["detail"] == [
        {
            "type": "value_error",
            "loc": ["body", "payload", "names"],
            "msg": "no class 'nobody' (expected: one of 100 names)",
            "input": None,
        }
    ]


@pytest.mark.filterwarnings("error:Field name")
def test_names_of_python_and_pydantic_are_names_too() -> None:
    class Named(ModelComponent):
        def __init__(self, model: Any) -> None:
            self.model = model

        @expose(inputs={"items": Span(), "json": Number()}, outputs={"keys": Span(), "copy": Number()})
        def predict(self, items: Any, json: Any) -> Any:
            return items, json

    component: Any = Named(IDENTITY)
    assert component.inputs.items is component.inputs["items"]
    client = served(Composition(named=component, TESTING=True))
    reply = client.post("/predict", {"items": {"begin": 1}, "json": {"num": 2}})
    assert reply.json()["result"] == {"keys": {"begin": 1, "end": 9}, "copy": 2}


def test_the_only_component_answers_at_predict_too() -> None:
    client = served(Composition(comp=Adder(IDENTITY), TESTING=True))
    told = [client.post(path, {"x": {"num": 3}}).json() for path in ("/add", "/predict")]
    assert told == [{"result": {"total": 4, "name": "name 3"}, "session": "s"}] * 2
    paths = client.page("/openapi.json").json()["paths"]
    assert [path for path, found in paths.items() if "post" in found] == ["/add"]
    assert client.post("/predict/", {"x": {"num": 3}}).json() == told[0]


@pytest.mark.parametrize("route", ["/there", "/there/"])
def test_a_slash_at_the_end_makes_no_difference(route: str) -> None:
    component = Adder(IDENTITY)
    endpoint = Endpoint(route, {"in": component.inputs.x}, {"out": component.outputs.name})
    client = served(Composition(comp=component, ep=endpoint, TESTING=True))
    for path in ("/there", "/there/"):
        assert client.post(path, {"in": {"num": 3}}).json()["result"] == {"out": "name 3"}
        assert client.ask("GET", path).status_code == 405


def test_an_application_may_be_mounted_in_another_one() -> None:
    app = Composition(comp=Adder(IDENTITY), TESTING=True).serve()

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        assert app is not None
        await app({**scope, "root_path": "/below"}, receive, send)

    client = Client(mounted)
    assert client.post("/below/add", {"x": {"num": 3}}).json()["result"]["total"] == 4
    assert client.page("/below/add/dag_json").status_code == 200
    assert client.page("/belowadd").status_code == 404


def test_a_component_may_be_called_as_the_stage_that_reads_and_writes() -> None:
    composition = Composition(edge=Adder(IDENTITY), TESTING=True)
    client = served(composition, {"edge": {"replicas": 2}, "edge_": {"replicas": 3}})
    assert {stage.name: stage.options["minWorkers"] for stage in client.app.plan.stages} == {
        "edge": 2,
        "edge_": 3,
    }
    assert client.post("/add", {"x": {"num": 3}}).json()["result"]["total"] == 4


def test_an_endpoint_of_its_own_is_the_only_one() -> None:
    component = Adder(IDENTITY)
    endpoint = Endpoint("/there", {"in": component.inputs.x}, {"out": component.outputs.name})
    client = served(Composition(comp=component, ep=endpoint, TESTING=True))
    assert client.post("/there", {"in": {"num": 3}}).json()["result"] == {"out": "name 3"}
    assert [client.post(path, {}).status_code for path in ("/add", "/predict")] == [404, 404]


@pytest.mark.parametrize("pools", [None, {"first": {}}, {"first": {"batch": 4}}])
def test_debugging_shows_the_trace(pools: Mapping[str, Any] | None) -> None:
    client = served(chain(DEBUG=True), pools)
    reply = client.post("/both", {"x": {"num": 51}})
    assert (reply.status_code, reply.headers["content-type"]) == (500, "text/plain; charset=utf-8")
    assert "ValueError: too much" in reply.text
    assert "Traceback" in reply.text
    assert client.post("/both", {"x": {"num": "a"}}).status_code == 422
    assert client.post("/both", {"x": {"num": 1}}).json()["result"] == {"end": 12, "middle": 2}


class Locks(ModelComponent):
    """Answers with what can be neither pickled nor written as JSON."""

    def __init__(self, model: Any) -> None:
        self.model = model

    @expose(inputs={"x": Number()}, outputs={"y": Plain()})
    def lock(self, x: Any) -> Any:
        return threading.Lock()


class Passes(ModelComponent):
    def __init__(self, model: Any) -> None:
        self.model = model

    @expose(inputs={"y": Plain()}, outputs={"z": Plain()})
    def same(self, y: Any) -> Any:
        return y


def locked(**options: Any) -> Composition:
    locks, passes = Locks(IDENTITY), Passes(IDENTITY)
    locks.outputs.y >> passes.inputs.y
    endpoint = Endpoint("/locked", {"x": locks.inputs.x}, {"z": passes.outputs.z})
    return Composition(locks=locks, passes=passes, ep=endpoint, TESTING=True, **options)


def test_an_answer_that_json_does_not_have_names_endpoint_and_key() -> None:
    client = served(locked())
    with pytest.raises(TypeError, match=r"(?s)ep: its result: .*result\.z.*Input should be a valid string"):
        client.post("/locked", {"x": {"num": 1}})
    shown = served(locked(DEBUG=True)).post("/locked", {"x": {"num": 1}})
    assert (shown.status_code, "ValueError: ep: its result" in shown.text) == (500, True)


def test_what_can_not_go_to_another_component_names_the_one_that_gave_it() -> None:
    app = locked().serve(components={"locks": {}, "passes": {}})
    client = Client(app)
    assert client.post("/locked", {"x": {"num": 1}}, raises=False).text == "Internal Server Error"
    with pytest.raises(
        TypeError, match=r"locks: Outputs can't go to another stage: cannot pickle '_thread\.lo"
    ):
        client.post("/locked", {"x": {"num": 1}})


@pytest.mark.parametrize("kind", [Number(), Table(["a"])])
def test_what_is_no_json_number_is_an_error_of_the_server(kind: BaseType) -> None:
    class Nothing(ModelComponent):
        def __init__(self, model: Any) -> None:
            self.model = model

        @expose(inputs={"x": Number()}, outputs={"y": kind})
        def predict(self, x: Any) -> Any:
            return x * float("nan")

    client = served(Composition(comp=Nothing(IDENTITY), TESTING=True))
    assert client.post("/predict", {"x": {"num": 1}}, raises=False).status_code == 500
    with pytest.raises(TypeError, match=r"predict_ENDPOINT: its result: .*\(expected: numbers that JSON has"):
        client.post("/predict", {"x": {"num": 1}})


@pytest.mark.parametrize("returned", [1, (1,), {"a": 1}, "ab"])
def test_a_component_returns_a_value_for_each_output(returned: Any) -> None:
    class Wrong(ModelComponent):
        def __init__(self, model: Any) -> None:
            self.model = model

        @expose(inputs={"x": Number()}, outputs={"a": Number(), "b": Number()})
        def predict(self, x: Any) -> Any:
            return returned

    client = served(Composition(comp=Wrong(IDENTITY), TESTING=True))
    with pytest.raises(RuntimeError, match="a value for each of a, b"):
        client.post("/predict", {"x": {"num": 1}})


@pytest.mark.parametrize(
    "returned", [(1, 2, 3), torch.tensor([[1], [2]]), iter((1, 2)), {"b": 2, "a": 1, "c": 3}]
)
def test_values_go_to_outputs_in_their_order(returned: Any) -> None:
    class Several(ModelComponent):
        def __init__(self, model: Any) -> None:
            self.model = model

        @expose(inputs={"x": Number()}, outputs={"a": Number(), "b": Number()})
        def predict(self, x: Any) -> Any:
            return returned

    client = served(Composition(comp=Several(IDENTITY), TESTING=True))
    assert client.post("/predict", {"x": {"num": 1}}).json()["result"] == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("kind", "value", "answered"),
    [
        (float, torch.tensor(2.5), 2.5),
        (float, np.float32(2.5), 2.5),
        (int, torch.tensor(3), 3),
        (int, np.int64(3), 3),
        (bool, torch.tensor(True), True),
        (str, 7, "7"),
        (int | None, torch.tensor(3), 3),
        (int | float, torch.tensor(2.5), 2.5),
        (list[float], torch.tensor([1.5, 2]), [1.5, 2]),
        (list, np.array([[1, 2]]), [[1, 2]]),
        (tuple[int, ...], (torch.tensor(1), 2), [1, 2]),
        (dict[str, float], {"a": torch.tensor(1.5)}, {"a": 1.5}),
    ],
)
def test_what_serialize_returns_is_taken_for_what_it_says(kind: Any, value: Any, answered: Any) -> None:
    class Kind(Plain):
        def serialize(self, data: Any) -> Any:
            return value

    Kind.serialize.__annotations__["return"] = kind

    class One(ModelComponent):
        def __init__(self, model: Any) -> None:
            self.model = model

        @expose(inputs={"x": Number()}, outputs={"y": Kind()})
        def predict(self, x: Any) -> Any:
            return x

    client = served(Composition(comp=One(IDENTITY), TESTING=True))
    reply = client.post("/predict", {"x": {"num": 1}})
    assert reply.json()["result"] == {"y": answered}
    assert type(reply.json()["result"]["y"]) is type(answered)


class Shown(ModelComponent):
    """Tells what reached it."""

    def __init__(self, model: Any) -> None:
        self.model = model

    @expose(
        inputs={"n": Number(), "t": Table(["a", "b"]), "w": Plain(), "u": Alternatives()},
        outputs={"shown": Plain()},
    )
    def predict(self, n: Any, t: Any, w: Any, u: Any) -> Any:
        return " ".join([str(n.dtype), str(self.model(n).item()), str(t.tolist()), repr(w), repr(u)])


def test_values_are_read_as_pydantic_1_read_them() -> None:
    client = served(Composition(shown=Shown(torch.nn.Linear(1, 1)), TESTING=True))
    content = b"""{"session": 12, "payload": {"n": {"num": 2}, "t": {"features": {"a": {"1": 1, "0": 2.5},
    "b": {"0": NaN, "1": 4}}}, "w": {"value": 5}, "u": {"either": "7", "several": [1, "x"]}}}"""
    reply = client.ask("POST", "/predict", content=content, headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.json()["session"]) == (200, "12")
    kind, _, *rest = reply.json()["result"]["shown"].split(" ", 2)
    assert (kind, rest) == ("torch.float32", ["[[1.0, 4.0], [2.5, nan]] '5' (7, ['1', 'x'])"])


def test_requests_share_a_call_when_their_tensors_can_be_joined() -> None:
    app = chain().serve(components={"first": {"batch": 8}, "second": {"batch": 8}})
    assert app is not None
    bodies = [json.dumps({"payload": {"x": {"num": number}}}).encode() for number in (1, 2, 60, 3)]
    headers = {"Content-Type": "application/json"}
    Adder.calls = 0
    replies = app._running().batch("POST", "/both", [(body, headers) for body in bodies[:2]])
    assert [reply.json()["result"]["end"] for reply in replies] == [12, 13]
    assert Adder.calls == 2
    app.close()


def test_a_component_that_answers_one_row_for_a_batch_is_named() -> None:
    class Best(ModelComponent):
        def __init__(self, model: Any) -> None:
            self.model = model

        @expose(inputs={"x": Number()}, outputs={"y": Number()})
        def predict(self, x: Any) -> Any:
            return self.model(x).argmax()

    app = Composition(best=Best(IDENTITY), TESTING=True).serve(components={"best": {"batch": 8}})
    assert app is not None
    request: tuple[bytes, dict[str, str]] = (b'{"payload": {"x": {"num": 1}}}', {})
    with pytest.raises(RuntimeError, match="Best: y: Tensor of one value for 2 requests at once"):
        app._running().batch("POST", "/predict", [request] * 2)
    app.close()


@pytest.mark.parametrize(
    ("pools", "told"),
    [
        ({"third": {}}, "third"),
        ({"first": {"replicas": 0}}, "replicas"),
        ({"first": {"speed": 3}}, "speed"),
        ({"first": 3}, "first: 3"),
        ([], r"\[\]"),
    ],
)
def test_resources_of_components_are_checked(pools: Any, told: str) -> None:
    with pytest.raises(DefinitionError, match=told):
        chain().serve(components=pools)


def test_time_is_bounded_where_somebody_asked_for_it() -> None:
    pools = {"first": {"timeout": 5}, "second": {"options": {"startupTimeout": 60}}}
    stages = {stage.name: stage.options for stage in served(chain(), pools).app.plan.stages}
    week = 7 * 24 * 3600
    bounds = {name: (one["startupTimeout"], one["responseTimeout"]) for name, one in stages.items()}
    assert bounds == {"edge": (week, week), "first": (week, 5), "second": (60, week)}


def test_meta_is_the_schema_of_a_request(client: Client) -> None:
    assert client.page("/both/meta").json() == {
        "title": "Both_Ep_RequestModel",
        "type": "object",
        "required": ["payload"],
        "properties": {
            "session": {"title": "Session", "type": "string"},
            "payload": {"$ref": "#/definitions/Both_Ep_Payload"},
        },
        "definitions": {
            "Both_Ep_Payload": {
                "title": "Both_Ep_Payload",
                "type": "object",
                "required": ["x"],
                "properties": {"x": {"$ref": "#/definitions/Both_Ep_X"}},
            },
            "Both_Ep_X": {
                "title": "Both_Ep_X",
                "type": "object",
                "required": ["num"],
                "properties": {"num": {"title": "Num", "anyOf": [{"type": "number"}, {"type": "integer"}]}},
            },
        },
    }


def test_graphs_are_told(client: Client) -> None:
    assert client.page("/flashserve/alive").json() == {"alive": True}
    app = client.app
    second = app.composition.endpoints["only_ep"].inputs["x"].partition(".")[0]
    assert client.page("/only/dag_json").json() == {
        "dependencies": {
            f"{second}.inputs.x": [],
            f"{second}.funcout": [f"{second}.inputs.x"],
            f"{second}.outputs.name": [f"{second}.funcout"],
            f"{second}.outputs.name.serial": [f"{second}.outputs.name"],
        },
        "dependents": {
            f"{second}.inputs.x": [f"{second}.funcout"],
            f"{second}.funcout": [f"{second}.outputs.name"],
            f"{second}.outputs.name": [f"{second}.outputs.name.serial"],
            f"{second}.outputs.name.serial": [],
        },
        "funcnames": {
            f"{second}.inputs.x": ["packed_deserialize"],
            f"{second}.funcout": ["Compose"],
            f"{second}.outputs.name": ["get"],
            f"{second}.outputs.name.serial": ["serialize"],
        },
        "connections": [one._asdict() for one in app.composition.connections],
        "endpoint": {
            "name": "only_ep",
            "route": "/only",
            "payload_key_dsk_task": {"x": f"{second}.inputs.x"},
            "result_key_dsk_task": {"end": f"{second}.outputs.name.serial"},
        },
    }
    assert len(client.page("/flashserve/dag_json").json()["component_dependencies"]) == 2


@pytest.mark.parametrize("path", ["/both/dag", "/flashserve/component_dags"])
def test_graphs_are_drawn(client: Client, path: str) -> None:
    reply = client.page(path)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.text.count("<svg ") == (1 if path == "/both/dag" else 2)
    assert "second.outputs.total.serial: serialize" in reply.text
    links = re.findall(r'<a href="([^"]+)">', reply.text)
    assert len(links) >= 2
    for link in links:
        assert client.page(link).status_code == 200


def test_openapi_has_each_endpoint(client: Client) -> None:
    found = client.page("/openapi.json").json()
    assert found["info"]["title"] == "FlashServe"
    assert [path for path, one in found["paths"].items() if "post" in one] == ["/both", "/only"]
    pages = [path for path, one in found["paths"].items() if "get" in one]
    assert pages == [
        *(f"/{route}/{page}" for route in ("both", "only") for page in ("meta", "dag", "dag_json")),
        *(f"/flashserve/{page}" for page in ("alive", "component_dags", "dag_json")),
    ]
    for path in pages:
        kinds = found["paths"][path]["get"]["responses"]["200"]["content"]
        assert list(kinds) == [client.page(path).headers["content-type"]]
    names_of_operations = [one["operationId"] for paths in found["paths"].values() for one in paths.values()]
    assert len(set(names_of_operations)) == len(names_of_operations)
    names = set(found["components"]["schemas"])
    assert {"Both_Ep_RequestModel", "Both_Ep_Response", "Both_Ep_X", "HTTPValidationError"} <= names
    for path in ("/docs", "/redoc"):
        assert client.page(path).headers["content-type"].startswith("text/html")
    text = json.dumps(found)
    for reference in {part.partition('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}:
        assert reference in names


def test_the_life_of_an_application_is_told() -> None:
    app = chain().serve()
    sent: list[Any] = []
    events = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Any:
        return next(events)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    assert app is not None
    asyncio.run(app({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_servables_are_models() -> None:
    client = served(Composition(comp=Adder(Servable(IDENTITY)), TESTING=True))
    assert client.post("/predict", {"x": {"num": 3}}).json()["result"]["total"] == 4
