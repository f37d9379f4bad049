"""A BaseHandler whose constructor never calls the base's, as some in the wild."""

from ts.torch_handler.base_handler import BaseHandler


class Explainer(BaseHandler):
    """Explains what `preprocess` made."""

    def __init__(self):
        self.initialized = False

    def initialize(self, context):
        self.initialized = True

    def preprocess(self, data):
        return [f"<{bytes(row['body']).decode()}>" for row in data]

    def inference(self, data):
        return [f"predicted {item}" for item in data]

    def postprocess(self, data):
        return data

    def explain_handle(self, data_preprocess, raw_data):
        return [f"explained {item}" for item in data_preprocess]
