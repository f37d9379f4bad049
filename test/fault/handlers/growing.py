"""Keeps a mebibyte of each request, as a model with a leak does, up to a bound that spares the machine."""

_KEPT = []
_MOST = 140


class Growing:
    """Answers with the batch size."""

    def initialize(self, context):
        self.context = context

    def handle(self, data, context):
        if len(_KEPT) < _MOST:
            _KEPT.append(b"x" * (1 << 20))
        return [str(len(data))] * len(data)
