"""A BaseHandler without a model that describes and explains itself."""

from ts.torch_handler.base_handler import BaseHandler


class SelfDescribing(BaseHandler):
    """Needs no weights."""

    def initialize(self, context):
        self.context = context
        self.initialized = True

    def preprocess(self, data):
        return data

    def inference(self, data):
        return data

    def postprocess(self, data):
        return ["predicted"] * len(data)

    def describe_handle(self):
        return {"speciality": "describing itself"}

    def explain_handle(self, data_preprocess, raw_data):
        return ["explained"] * len(raw_data)
