"""Classification of texts."""

from __future__ import annotations

from typing import Any

from ts.handler_utils.text_utils import ngrams_iterator
from ts.torch_handler.devices import moved
from ts.torch_handler.text_handler import TextHandler
from ts.utils.util import map_class_to_label


class TextClassifier(TextHandler):
    """Answers a text with `{label: probability}`, for models with an embedding bag. Batches have one
    request.
    """

    ngrams: int = 2

    def preprocess(self, data: Any) -> Any:
        """Returns the text's n-grams as indexes of the vocabulary, and the text they were taken from.

        Raises:
            ValueError: the batch has more than one request.
        """
        import torch

        if len(data) != 1:
            raise ValueError(f"batch: {len(data)} requests (expected: 1; set batch_size to 1)")
        row = data[0]
        text = row.get("data") if isinstance(row, dict) else row
        if text is None:
            text = row.get("body")
        if isinstance(text, (bytes, bytearray)):
            text = text.decode("utf-8")
        text = self._remove_html_tags(text).lower()
        text = self._remove_accented_characters(self._expand_contractions(text))
        tokens = self._remove_punctuation(self._tokenize(text))
        indexes = [self._index(token) for token in ngrams_iterator(tokens, self.ngrams)]
        return moved(torch.as_tensor(indexes, dtype=torch.long), self.device), text

    def _index(self, token: str) -> int:
        """The vocabulary's index of a token; 0 stands for those that it does not have."""
        vocabulary: Any = self.source_vocab
        if hasattr(vocabulary, "get"):
            return int(vocabulary.get(token, vocabulary.get("<unk>", 0)))
        return int(vocabulary[token])

    def inference(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """Runs the model on one text."""
        import torch

        indexes, _ = data
        offsets = torch.as_tensor([0], device=self.device)
        return super().inference(indexes, offsets)

    def postprocess(self, data: Any) -> Any:
        """Returns the probability of each label."""
        import torch

        return map_class_to_label(torch.nn.functional.softmax(data, dim=1).tolist(), self.mapping)

    def get_insights(self, text_preprocess: Any, _: Any, target: Any = 0) -> Any:
        """Returns how much each word counts for a class."""
        indexes, text = text_preprocess
        offsets = indexes.new_zeros(1)
        shares, delta = self.lig.attribute(
            indexes, target=target, additional_forward_args=(offsets,), return_convergence_delta=True
        )
        total = shares.sum(dim=-1).squeeze(0)
        importances = (total / total.norm()).tolist()
        return [{"words": self._tokenize(text), "importances": importances, "delta": delta[0].tolist()}]
