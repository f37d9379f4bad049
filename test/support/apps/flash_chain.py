"""A script of Flash Serve with two components, as it was before Mariner."""

import sys

import torch
from flash.core.serve import Composition, Endpoint, ModelComponent, expose
from flash.core.serve.types import Image, Number


class Passed:
    """A value of the script's own class, which goes from one component to the other."""

    def __init__(self, pixels):
        self.pixels = pixels


class Cut(ModelComponent):
    def __init__(self, model):
        self.model = model

    @expose(inputs={"img": Image()}, outputs={"passed": Number(), "cut": Image(extension="PNG")})
    def cut(self, img):
        return Passed(img[:, :2, :2]), img[:, :2, :2]


class Sum(ModelComponent):
    def __init__(self, model, config):
        self.model = model
        self.factor = config["factor"]

    @expose(inputs={"passed": Number(), "more": Number()}, outputs={"total": Number()})
    def total(self, passed, more):
        if more.item() < 0:
            raise ValueError("less than nothing")
        pixels = passed.pixels if isinstance(passed, Passed) else passed
        return self.model(pixels.sum() * self.factor + more)


def main():
    cut = Cut(torch.nn.Identity())
    total = Sum(torch.nn.Identity(), config={"factor": 2})
    cut.outputs.passed >> total.inputs.passed
    endpoint = Endpoint(
        route="/sum",
        inputs={"picture": cut.inputs.img, "more": total.inputs.more},
        outputs={"total": total.outputs.total, "cut": cut.outputs.cut},
    )
    only = Endpoint(
        route="/only",
        inputs={"number": total.inputs.passed, "more": total.inputs.more},
        outputs={"total": total.outputs.total},
    )
    Composition(cut=cut, total=total, sum_ep=endpoint, only_ep=only).serve(port=int(sys.argv[1]))


if __name__ == "__main__":
    main()
