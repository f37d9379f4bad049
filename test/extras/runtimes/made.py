"""Small models of each library, made on the spot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy

ROWS = numpy.random.default_rng(7).normal(size=(120, 4))
LABELS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)
COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]


def classifier() -> Any:
    """A fitted classifier that knows its columns."""
    import pandas
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression().fit(pandas.DataFrame(ROWS, columns=COLUMNS), LABELS)


def skops(folder: Path) -> Path:
    """A file without code."""
    import skops.io

    path = folder / "iris.skops"
    skops.io.dump(classifier(), path)
    return path


def joblib(folder: Path) -> Path:
    """A pickle."""
    import joblib

    path = folder / "iris.joblib"
    joblib.dump(classifier(), path)
    return path


def onnx(folder: Path) -> Path:
    """The classifier as ONNX, with zipmap: its probabilities are a list of dicts."""
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    path = folder / "iris.onnx"
    fitted = LogisticRegression().fit(ROWS, LABELS)
    path.write_bytes(to_onnx(fitted, ROWS[:1].astype("f4")).SerializeToString())
    return path


def xgboost(folder: Path, name: str = "iris.ubj") -> Path:
    """Boosted trees that know their columns."""
    import xgboost

    path = folder / name
    data = xgboost.DMatrix(ROWS, label=LABELS, feature_names=COLUMNS)
    xgboost.train({"objective": "binary:logistic", "nthread": 1}, data, 3).save_model(path)
    return path


def lightgbm(folder: Path, name: str = "iris.txt") -> Path:
    """Boosted trees in text."""
    import lightgbm

    path = folder / name
    data = lightgbm.Dataset(ROWS, label=LABELS, feature_name=COLUMNS)
    lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, data, 3).save_model(path)
    return path


def mlflow(folder: Path) -> Path:
    """A folder of scikit-learn's flavour, with a signature."""
    import mlflow.sklearn
    import pandas
    from mlflow.models import infer_signature

    frame = pandas.DataFrame(ROWS, columns=COLUMNS)
    model = classifier()
    path = folder / "flow"
    mlflow.sklearn.save_model(model, str(path), signature=infer_signature(frame, model.predict(frame)))
    return path


def distilbert(folder: Path) -> Path:
    """A DistilBERT of a few kilobytes that tells texts apart, with its tokenizer."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import (
        DistilBertConfig,
        DistilBertForSequenceClassification,
        PreTrainedTokenizerFast,
    )

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film"]
    tokenizer = Tokenizer(WordPiece({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=32,
    )
    torch.manual_seed(7)
    config = DistilBertConfig(
        vocab_size=len(words), dim=16, n_layers=1, n_heads=2, hidden_dim=16, max_position_embeddings=32
    )
    path = folder / "bert"
    DistilBertForSequenceClassification(config).save_pretrained(path)
    fast.save_pretrained(path)
    return path


def settings(folder: Path, extra: dict[str, Any]) -> None:
    """Settings as MLServer's runtime of Hugging Face has them."""
    text = {
        "name": "m",
        "implementation": "mlserver_huggingface.HuggingFaceRuntime",
        "parameters": {"extra": extra},
    }
    (folder / "model-settings.json").write_text(json.dumps(text), encoding="utf-8")
