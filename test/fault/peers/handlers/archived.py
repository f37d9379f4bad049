"""The faulty handler of Mariner and TorchServe, which load the same archive."""

from typing import Any

from orders import Orders, load


class Faulty:
    """Every row is an order."""

    def initialize(self, context: Any) -> None:
        """Loads, or fails to."""
        load()
        self.orders = Orders()

    def handle(self, data: list[dict[str, Any]], context: Any) -> list[str]:
        """Answers each row."""
        return [self.orders.carry_out(bytes(row["body"]).decode(), len(data)) for row in data]
