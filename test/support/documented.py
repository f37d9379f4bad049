"""Servers that describe themselves: one with models, and one of each kind of application."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from support.packing import pack
from support.places import ROOT
from support.scripts import RunningScript
from support.server import RunningServer

APPS = Path(__file__).parent / "apps"
X = {"name": "x", "datatype": "FP32", "shape": [-1, 2]}
Y = {"name": "y", "datatype": "FP32", "shape": [-1, 2]}


def models(base: Path) -> RunningServer:
    """Returns a server of a model that declares its tensors, `double`, and one that does not, `echo`."""
    store = base / "store"
    store.mkdir(parents=True)
    pack(store, "double", "doubling_tensors", config={"tensors": {"inputs": [X], "outputs": [Y]}})
    pack(store, "echo", "echo")
    return RunningServer(base, models=["double=double.mar", "echo=echo.mar"])


def application(base: Path) -> RunningScript:
    """Returns an application of the Python API with a route for each kind of value."""
    script = [str(APPS / "everything.py")]
    return RunningScript(APPS / "serving.py", base, script, health="/ping", place=["{port}"])


def flash(base: Path) -> RunningScript:
    """Returns a script of Flash Serve: components of which one feeds the other."""
    base.mkdir()
    script = Path(shutil.copy(APPS / "flash_chain.py", base))
    path = [str(ROOT / "aliases" / "flash"), str(ROOT)]
    return RunningScript(script, base, health="/flashserve/alive", path=path, place=["{port}"])


def mosec(base: Path) -> RunningScript:
    """Returns a script of Mosec's."""
    return RunningScript(APPS / "mosec_features.py", base)


TOKEN = "right-token"
_STAGE = "def handle(data, context):\n    return ['said'] * len(data or [])\n"
_SAY = {"post": {"operationId": "say", "responses": {"200": {"description": "What is said"}}}}
_DOCUMENT = {"openapi": "3.1.0", "info": {"title": "Guarded", "version": "1.0"}, "paths": {"/say": _SAY}}
_APP = {
    "format": 1,
    "name": "guarded",
    "stages": {"say": {"folder": "stages/say"}},
    "routes": [{"method": "POST", "path": "/say", "nodes": [{"name": "say", "stage": "say"}]}],
    "documents": [
        {"path": "/say.json", "type": "application/json", "file": "say.json"},
        {"path": "/say/docs", "openapi": "/say.json"},
    ],
}


def guarded(base: Path) -> RunningServer:
    """Returns a server that asks for `TOKEN`, and whose application says nothing of tokens."""
    app = base.parent / "app"
    stage = app / "stages" / "say"
    (stage / "MAR-INF").mkdir(parents=True)
    model = {"modelName": "say", "handler": "stage.py", "modelVersion": "1.0"}
    manifest = {"createdOn": "", "runtime": "python", "model": model, "archiverVersion": "0"}
    (stage / "MAR-INF" / "MANIFEST.json").write_text(json.dumps(manifest), encoding="utf-8")
    (stage / "stage.py").write_text(_STAGE, encoding="utf-8")
    (app / "app.json").write_text(json.dumps(_APP), encoding="utf-8")
    (app / "say.json").write_text(json.dumps(_DOCUMENT), encoding="utf-8")
    config = {"inference_token": TOKEN, "management_token": "other-token"}
    return RunningServer(base, arguments=["--app", str(app)], config=config)
