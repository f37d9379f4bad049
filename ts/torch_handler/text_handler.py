"""The base class of handlers for text."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ts.handler_utils.text_utils import get_tokenizer
from ts.torch_handler.base_handler import BaseHandler
from ts.torch_handler.contractions import CONTRACTION_MAP
from ts.utils.util import CLEANUP_REGEX

_CONTRACTIONS = {short.lower(): full for short, full in CONTRACTION_MAP.items()}
_CONTRACTION = re.compile(
    "|".join(sorted(map(re.escape, _CONTRACTIONS), key=len, reverse=True)), re.IGNORECASE
)
_DEFAULT_VOCABULARY = "source_vocab.pt"


class TextHandler(BaseHandler):
    """Loads the vocabulary beside the model, and cleans text."""

    source_vocab: Any = None
    tokenizer: Any = None
    _lig: Any = None

    def initialize(self, context: Any) -> None:
        """Loads the model and its vocabulary: `sourceVocab` of the manifest, or `source_vocab.pt`.

        Raises:
            RuntimeError: there is no vocabulary.
        """
        super().initialize(context)
        described = (self.manifest or {}).get("model") or {}
        name = described.get("sourceVocab") or _DEFAULT_VOCABULARY
        self.source_vocab = self._load_vocabulary(Path(context.system_properties["model_dir"]) / name)
        self.tokenizer = get_tokenizer("basic_english")

    def _load_vocabulary(self, path: Path) -> Any:
        import torch

        if not path.is_file():
            raise RuntimeError(
                f"vocabulary: {path.name} (expected: a file in the archive, made with torch.save)"
            )
        options = self.model_yaml_config.get("handler")
        safely = not (isinstance(options, Mapping) and options.get("weights_only") is False)
        return torch.load(path, weights_only=safely)

    @property
    def lig(self) -> Any:
        """Integrated gradients of the model's embedding layer; needs the package captum.

        Raises:
            ModuleNotFoundError: captum is not installed.
        """
        if self._lig is None:
            try:
                from captum.attr import LayerIntegratedGradients
            except ModuleNotFoundError as fault:
                raise ModuleNotFoundError(
                    "explanations need the package captum, which is not installed"
                ) from fault
            self._lig = LayerIntegratedGradients(self.model, self.model.embedding)
        return self._lig

    @lig.setter
    def lig(self, value: Any) -> None:
        self._lig = value

    def _expand_contractions(self, text: str) -> str:
        return _CONTRACTION.sub(_expanded, text)

    def _remove_accented_characters(self, text: str) -> str:
        return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")

    def _remove_html_tags(self, text: str) -> str:
        return CLEANUP_REGEX.sub("", text)

    def _remove_punctuation(self, *args: Any, **kwargs: Any) -> list[str]:
        tokens = args[0] if args else kwargs["tokens"]
        return [token for token in tokens if token not in string.punctuation]

    _remove_puncutation = _remove_punctuation

    def _tokenize(self, text: str) -> list[str]:
        return list(self.tokenizer(text))

    def get_word_token(self, input_tokens: list[str]) -> list[str]:
        """Returns words of sub-word tokens, without the marks of their tokenizer."""
        return [token.replace("\u0120", "") for token in input_tokens if token.replace("\u0120", "")]

    def get_source_vocab_path(self, ctx: Any) -> str:
        """Returns the path of the vocabulary."""
        described = (ctx.manifest or {}).get("model") or {}
        name = described.get("sourceVocab") or _DEFAULT_VOCABULARY
        return str(Path(ctx.system_properties["model_dir"]) / name)


def _expanded(match: re.Match[str]) -> str:
    found = match[0]
    full = _CONTRACTIONS[found.lower()]
    return found[0] + full[1:] if full[0].lower() == found[0].lower() else full
