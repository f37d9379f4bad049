"""Makes small models of flowers from numbers that are drawn, one file for each library that is installed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy

COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
NAMES = ["setosa", "versicolor", "virginica"]
CENTRES = numpy.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.6, 2.0]])


def flowers(count: int = 150) -> tuple[Any, Any]:
    """Returns rows of four lengths in cm, and which of the three kinds each is."""
    random = numpy.random.default_rng(1936)
    kinds = random.integers(0, 3, count)
    return CENTRES[kinds] + random.normal(scale=0.3, size=(count, 4)), kinds


def scikit_learn(folder: Path) -> Path:
    """A classifier as joblib."""
    import joblib
    from sklearn.linear_model import LogisticRegression

    rows, kinds = flowers()
    path = folder / "iris.joblib"
    joblib.dump(LogisticRegression(max_iter=500).fit(rows, numpy.array(NAMES)[kinds]), path)
    return path


def torchscript(folder: Path) -> Path:
    """The distance to each centre, as TorchScript."""
    import torch

    class Nearest(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("centres", torch.tensor(CENTRES, dtype=torch.float32))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.softmax(-torch.cdist(x, self.centres), dim=1)

    path = folder / "nearest.pt"
    torch.jit.script(Nearest()).save(str(path))
    return path


def xgboost(folder: Path) -> Path:
    """Boosted trees as XGBoost writes them."""
    import xgboost

    rows, kinds = flowers()
    data = xgboost.DMatrix(rows, label=kinds, feature_names=COLUMNS)
    path = folder / "trees.ubj"
    xgboost.train({"objective": "multi:softprob", "num_class": 3}, data, 10).save_model(path)
    return path


def lightgbm(folder: Path) -> Path:
    """Boosted trees as LightGBM writes them."""
    import lightgbm

    rows, kinds = flowers()
    data = lightgbm.Dataset(rows, label=kinds, feature_name=COLUMNS)
    path = folder / "trees.txt"
    options = {"objective": "multiclass", "num_class": 3, "verbosity": -1}
    lightgbm.train(options, data, 10).save_model(path)
    return path


MAKERS: tuple[Callable[[Path], Path], ...] = (scikit_learn, torchscript, xgboost, lightgbm)


def main() -> None:
    """Makes what can be made, into the folder that is named or the working directory."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    for make in MAKERS:
        try:
            print(f"wrote {make(folder)}")
        except ModuleNotFoundError as fault:
            print(f"left out: {make.__name__} ({fault})")


if __name__ == "__main__":
    main()
