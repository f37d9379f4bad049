"""As soaking.py, for a model with prepareAhead: orders with payloads of even size go wrong when prepared."""

from soaking import answer_to, carry_out, parts_of


class Ahead:
    """Prepares a batch while another one runs."""

    def initialize(self, context):
        self.context = context

    def preprocess(self, data):
        requests = [parts_of(row) for row in data]
        for order, _, argument, payload in requests:
            if len(payload) % 2 == 0:
                carry_out(order, argument)
        return requests

    def inference(self, requests):
        for order, _, argument, payload in requests:
            if len(payload) % 2:
                carry_out(order, argument)
        return [answer_to(name, payload) for _, name, _, payload in requests]

    def handle(self, data, context):
        return self.inference(self.preprocess(data))
