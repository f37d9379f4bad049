"""How workers of Flash Serve's scripts get a composition."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ts.compat.flash.serving import visible_devices

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from ts.compat.flash import Composition, ModelComponent, Servable, expose
from ts.compat.flash.types import BaseType


class Plain(BaseType):
    def deserialize(self, value: int):
        return value

    def serialize(self, value) -> int:
        return value


class Found:
    pass


class Add(ModelComponent):
    def __init__(self, model):
        self.model = model

    @expose(inputs={"x": Plain()}, outputs={"y": Plain()})
    def add(self, x):
        return x + int(sys.argv[1])


def main():
    try:
        Composition(first=Add(Servable(abs))).serve()
        Composition(second=Add(Servable(abs))).serve(components={"second": {}})
    except Exception:
        raise SystemExit("the script's own handler must not see it")


if __name__ == "__main__":
    main()
"""
ASKED = """
import pickle, sys
from pathlib import Path
from ts.compat.flash.serving import Origin

script = Path(sys.argv[1])
origin = Origin(str(script), None, ["5"], str(script.parent), [], int(sys.argv[2]))
composition, components = origin.run()
component = next(iter(composition.components.values()))
found = pickle.loads(pickle.dumps(sys.modules["__main__"].Found()))
print(list(composition.component_uid_names.values()), components, component(1), Path.cwd() == script.parent)
"""


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "['first'] None 6 True"), (1, "['second'] {'second': {}} 6 True"), (2, "it ended before")],
)
def test_a_script_runs_again_up_to_a_call_of_serve(tmp_path: Path, number: int, told: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", ASKED, str(script), str(number)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert told in done.stdout + done.stderr


def test_what_no_script_made_is_not_served() -> None:
    code = SCRIPT.replace("except Exception", "except ZeroDivisionError")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 1
    assert "no script is running (expected: a file" in done.stderr


IMPORTED = """
import flash
from flash.core.serve import Composition, Endpoint, ModelComponent, Servable, expose
from flash.core.serve import component, composition, core, decorators, types
from flash.core.serve.types import base, bbox, image, label, number, repeated, table, text
from ts.compat import flash as own

assert component.ModelComponent is ModelComponent is own.ModelComponent
assert composition.Composition is Composition is own.Composition
assert (core.Endpoint, core.Servable) == (Endpoint, Servable) == (own.Endpoint, own.Servable)
assert decorators.expose is expose is own.expose
for module in (base, bbox, image, label, number, repeated, table, text):
    for name in module.__all__:
        assert getattr(module, name) is getattr(types, name) is getattr(own.types, name)
assert flash.__version__ == "0.8.2"
flash.Trainer
"""


def test_an_alias_has_the_names_of_flash_where_flash_has_them() -> None:
    paths = os.pathsep.join([str(ROOT / "aliases" / "flash"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "AttributeError: flash.Trainer (expected: flash.core.serve" in done.stderr, done.stderr


def test_another_thread_does_not_serve(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    code = SCRIPT.replace("    main()\n", "    import threading\n    threading.Thread(target=main).start()\n")
    script.write_text(code.replace("except Exception", "except ZeroDivisionError"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), "5"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "Composition.serve: in Thread-1 (main) (expected: the main thread of a script" in done.stderr


@pytest.mark.parametrize(
    ("visible", "gpu", "seen"), [(None, 2, "2"), ("4, 6", 1, "6"), ("GPU-a,GPU-b", 0, "GPU-a"), ("", 0, "0")]
)
def test_a_worker_sees_its_own_device(visible: str | None, gpu: int, seen: str) -> None:
    assert visible_devices(visible, gpu) == seen
