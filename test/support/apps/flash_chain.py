"""A script of Flash Serve with two components and types of its own; it needs no torch."""

import sys
from dataclasses import dataclass

from flash.core.serve import Composition, Endpoint, ModelComponent, Servable, expose
from flash.core.serve.types import BaseType


@dataclass
class Words(BaseType):
    """Words between separators."""

    most: int

    def deserialize(self, text: str, separator: str = " ") -> list[str]:
        return text.split(separator)[: self.most]

    def serialize(self, data) -> list[str]:
        return list(data)


class Count(BaseType):
    def deserialize(self, count: int):
        return count

    def serialize(self, data) -> int:
        return data


class Sorted:
    """A value of the script's own class, which goes from one component to the other."""

    def __init__(self, words):
        self.words = sorted(words)


class Sort(ModelComponent):
    def __init__(self, model):
        self.model = model

    @expose(inputs={"words": Words(5)}, outputs={"ordered": Words(5), "first": Words(1)})
    def sort(self, words):
        return Sorted(words), [self.model(words)]


class Total(ModelComponent):
    def __init__(self, model, config):
        self.model = model
        self.factor = config["factor"]

    @expose(inputs={"words": Words(3), "more": Count()}, outputs={"total": Count()})
    def total(self, words, more):
        if more < 0:
            raise ValueError("less than nothing")
        found = words.words if isinstance(words, Sorted) else words
        return self.model(found) * self.factor + more


def main():
    sort = Sort(Servable(min))
    total = Total(Servable(len), config={"factor": 10})
    sort.outputs.ordered >> total.inputs.words
    both = Endpoint(
        route="/both",
        inputs={"text": sort.inputs.words, "more": total.inputs.more},
        outputs={"total": total.outputs.total, "first": sort.outputs.first},
    )
    only = Endpoint(
        route="/only",
        inputs={"words": total.inputs.words, "more": total.inputs.more},
        outputs={"total": total.outputs.total},
    )
    Composition(sort=sort, total=total, both_ep=both, only_ep=only).serve(port=int(sys.argv[1]))


if __name__ == "__main__":
    main()
