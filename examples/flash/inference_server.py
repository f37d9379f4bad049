"""A server of picture classification in Flash Serve's words."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from resnet import seeded
from torch import Tensor

from ts.compat.flash import Composition, ModelComponent, expose
from ts.compat.flash.types import Image, Label

LABELS = Path(__file__).parent / "labels.txt"


class ClassificationInference(ModelComponent):
    """Says what is in a picture."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.model = model
        self.mean = torch.tensor([0.485, 0.456, 0.406])
        self.spread = torch.tensor([0.229, 0.224, 0.225])

    @expose(inputs={"img": Image(height=64, width=64)}, outputs={"prediction": Label(path=LABELS)})
    @torch.inference_mode()
    def classify(self, img: Tensor) -> Tensor:
        pixels = (img / 255 - self.mean) / self.spread
        answer: Tensor = self.model(pixels.permute(0, 3, 1, 2))
        return answer.argmax()


def make() -> Composition:
    model = seeded(len(LABELS.read_text(encoding="utf-8").split()))
    return Composition(classification=ClassificationInference(model))


if __name__ == "__main__":
    make().serve(port=int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
