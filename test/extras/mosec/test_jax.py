"""The example of a layer in JAX, started and asked as its README says."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
import pytest
from support import rest
from support.places import ROOT
from support.scripts import RunningScript

SCRIPT = ROOT / "examples" / "mosec" / "jax_layer.py"
SEED, SHAPE = 7, (4, 2)


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningScript]:
    base = tmp_path_factory.mktemp("jax")
    # On the Python of this suite, which has the package.
    with RunningScript(SCRIPT, base, python=sys.executable) as running:
        yield running
    assert running.process is not None
    assert running.process.returncode == 0
    assert "the example failed" not in running.text()


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    return np.asarray(jax.random.normal(jax.random.PRNGKey(SEED), SHAPE))


def test_the_answer_is_what_numpy_makes_of_the_weights(layer: RunningScript, weights: np.ndarray) -> None:
    answer = rest.call(layer.address, "POST", "/inference", b'{"array": [1, 2, 3, 4]}')
    assert answer.status == 200
    np.testing.assert_allclose(answer.json(), np.array([1, 2, 3, 4], np.float32) @ weights, rtol=1e-5)


def test_requests_of_a_batch_have_their_own_answers(layer: RunningScript, weights: np.ndarray) -> None:
    rows = np.eye(SHAPE[0], dtype=np.float32)

    def ask(row: np.ndarray) -> list[float]:
        answer = rest.call(layer.address, "POST", "/inference", f'{{"array": {row.tolist()}}}')
        assert answer.status == 200, answer.text
        return list(answer.json())

    with ThreadPoolExecutor(len(rows)) as clients:
        answers = list(clients.map(ask, rows))
    np.testing.assert_allclose(answers, weights, rtol=1e-5)
