"""What Prometheus' own checker says of the metrics of a server that has worked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support import rest
from support.fixtures import ServerMaker
from support.metric_names import FIXED
from support.packing import pack
from support.places import ROOT

VARIABLE = "MARINER_PROMTOOL"
_UNPACKED = ROOT / "build" / "extras" / "promtool-of-debian"
# The checker's exit codes; a page that it can't read is 1.
_GOOD, _COMPLAINTS = 0, 3


def _of_debian() -> Path:
    """Unpacks Debian's package once; raises CalledProcessError when it can't be had."""
    program = _UNPACKED / "usr" / "bin" / "promtool"
    if not program.is_file():
        _UNPACKED.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "-q", "download", "prometheus"], cwd=_UNPACKED, check=True, timeout=600)
        (package,) = _UNPACKED.glob("prometheus_*.deb")
        subprocess.run(["dpkg-deb", "-x", package, _UNPACKED], check=True, timeout=120)
        package.unlink()
    return program


@pytest.fixture(scope="session")
def promtool() -> Path:
    """The checker."""
    named = os.environ.get(VARIABLE) or shutil.which("promtool")
    return _of_debian() if named is None else Path(named)


@pytest.mark.parametrize("profile", ["mariner", "torchserve"])
@pytest.mark.parametrize("mode", ["prometheus", "legacy"])
def test_the_checker_complains_of_fixed_names_only(
    make_server: ServerMaker, promtool: Path, profile: str, mode: str
) -> None:
    server = make_server(
        profile=profile,
        models=["measuring=measuring.mar"],
        config={"metrics_mode": mode, "model_metrics_auto_detect": "true", "metric_time_interval": 1},
        arguments=["--disable-token-auth"],
    )
    pack(server.store, "measuring", "measuring")
    calls = [["add_counter", "cats_total", 1], ["add_time", "nap_seconds", 0.5]]
    with server:
        assert server.predict("measuring", json.dumps(calls)).status == 200
        assert server.predict("nobody", "x").status == 404
        text = rest.call(server.metrics, "GET", "/metrics").text
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    said = checked.stdout + checked.stderr
    assert checked.returncode in (_GOOD, _COMPLAINTS), said
    # What models emit has names of their own, and dimensions that TorchServe has given.
    of_models = set(re.findall(r"^# HELP (\S+) Emitted by models", text, re.MULTILINE))
    assert {"cats_total", "nap_seconds"} <= of_models
    complaints = [line for line in said.splitlines() if line]
    assert [line for line in complaints if line.split(" ")[0] not in FIXED | of_models] == []
    assert {line.split(" ")[0] for line in complaints} & FIXED
