"""One layer in JAX, compiled for the sizes of batches that its examples have."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ts.compat.mosec import Server, Worker

INPUTS, OUTPUTS = 4, 2


class Layer(Worker):
    """A linear layer."""

    def __init__(self) -> None:
        key = jax.random.PRNGKey(7)
        self.weights = jax.random.normal(key, (INPUTS, OUTPUTS))
        self.run = jax.jit(lambda data: data @ self.weights)
        self.multi_examples = [[{"array": [0.0] * INPUTS}] * size for size in (1, 2, 4)]

    def forward(self, data: list[dict[str, Any]]) -> list[list[float]]:
        answers = self.run(jnp.array([one["array"] for one in data]))
        return [[float(value) for value in one] for one in answers]


def make_server() -> Server:
    server = Server()
    server.append_worker(Layer, max_batch_size=4, max_wait_time=5)
    return server


if __name__ == "__main__":
    make_server().run()
