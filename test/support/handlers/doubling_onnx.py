"""A BaseHandler subclass over an onnxruntime session."""

import numpy

from ts.torch_handler.base_handler import BaseHandler


class OnnxHandler(BaseHandler):
    """Takes a JSON list of numbers."""

    def preprocess(self, data):
        return numpy.array(data[0].get("body"), dtype=numpy.float32)

    def inference(self, data):
        return self.model.run(None, {"x": data})[0]

    def postprocess(self, data):
        return [data.tolist()]
