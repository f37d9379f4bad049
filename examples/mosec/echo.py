"""Two stages: one sleeps as long as it is told, the other says how long that was."""

from __future__ import annotations

import time
from typing import Any

from ts.compat.mosec import Server, ValidationError, Worker, get_logger

logger = get_logger()


class Sleep(Worker):
    """Sleeps."""

    example = {"time": 0.01}  # noqa: RUF012

    def forward(self, data: dict[str, Any]) -> float:
        logger.debug("asked to sleep: %s", data)
        try:
            seconds = float(data["time"])
        except (KeyError, TypeError, ValueError) as fault:
            raise ValidationError(f"time: {fault} (expected: seconds)") from fault
        time.sleep(seconds)
        return seconds


class Tell(Worker):
    """Says it for a whole batch at once."""

    def forward(self, data: list[float]) -> list[dict[str, str]]:
        return [{"msg": f"slept {seconds} seconds"} for seconds in data]


def make_server() -> Server:
    server = Server()
    server.append_worker(Sleep, num=2)
    server.append_worker(Tell, max_batch_size=8, max_wait_time=5)
    return server


if __name__ == "__main__":
    make_server().run()
