"""A model as MLServer's documentation has it, and one that streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ts.compat.mlserver import MLModel, log, register
from ts.compat.mlserver.errors import InferenceError
from ts.compat.mlserver.handlers import Request, Response, custom_handler
from ts.compat.mlserver.types import InferenceRequest, InferenceResponse, Parameters, ResponseOutput


class Sum(MLModel):
    """Adds."""

    async def load(self) -> bool:
        register("sums", "What was added")
        self.waiting = 0
        self.met = asyncio.Event()
        self.ready = True
        return self.ready

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        first = payload.inputs[0]
        if first.name == "bad":
            raise InferenceError("bad is no input")
        if first.name == "broken":
            raise KeyError("broken")
        if first.name == "meet":
            await self._meet()
        headers = payload.parameters.headers if payload.parameters else None
        total = sum(self.decode(first))
        log(sums=total)
        output = {"name": "total", "shape": (1,), "datatype": "FP64", "data": [total]}
        return InferenceResponse(
            model_name=self.name,
            model_version=self.version,
            outputs=[ResponseOutput.model_validate(output)],
            parameters=Parameters(headers={"x-mark": (headers or {}).get("x-mark", "none")}),
        )

    async def _meet(self) -> None:
        """Goes on when another request is here, too."""
        self.waiting += 1
        if self.waiting >= 2:
            self.met.set()
        await self.met.wait()

    @custom_handler(rest_path="/sums/of")
    async def sum_of(self, payload: list[int]) -> dict[str, int]:
        return {"total": sum(payload)}

    @custom_handler(rest_path="/sums/name", rest_method="GET")
    async def tell(self, request: Request) -> Response:
        mark = request.headers.get("x-mark", "")
        return Response(self.name, 203, {"x-mark": mark}, "text/plain")

    async def predict_stream(
        self, payloads: AsyncIterator[InferenceRequest]
    ) -> AsyncIterator[InferenceResponse]:
        async for payload in payloads:
            for value in payload.inputs[0].data:
                output = {"name": "value", "shape": [1], "datatype": "FP64", "data": [value]}
                yield InferenceResponse(model_name=self.name, outputs=[ResponseOutput.model_validate(output)])
