"""The faulty handler as a model of MLServer; every element of its one input is an order."""

from mlserver import MLModel
from mlserver.codecs import StringCodec
from mlserver.types import InferenceRequest, InferenceResponse
from orders import Orders, load


class Faulty(MLModel):  # type: ignore[misc]  # mlserver is in its own environment
    """Strings in, strings out."""

    async def load(self) -> bool:
        """Loads, or fails to."""
        load()
        self.orders = Orders()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answers each order."""
        orders = StringCodec.decode_input(payload.inputs[0])
        answers = [self.orders.carry_out(order, len(orders)) for order in orders]
        return InferenceResponse(
            model_name=self.name, outputs=[StringCodec.encode_output("answer", answers, use_bytes=False)]
        )
