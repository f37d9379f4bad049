"""English contractions and what they stand for."""

from __future__ import annotations

_NEGATED = {
    "ai": "is not",
    "are": "are not",
    "ca": "cannot",
    "could": "could not",
    "did": "did not",
    "does": "does not",
    "do": "do not",
    "had": "had not",
    "has": "has not",
    "have": "have not",
    "is": "is not",
    "might": "might not",
    "must": "must not",
    "need": "need not",
    "ought": "ought not",
    "sha": "shall not",
    "should": "should not",
    "was": "was not",
    "were": "were not",
    "wo": "will not",
    "would": "would not",
}
_SUBJECTS = (
    "I",
    "you",
    "he",
    "she",
    "it",
    "we",
    "they",
    "that",
    "there",
    "who",
    "what",
    "this",
    "how",
    "where",
)
_PLURAL = ("you", "we", "they", "who", "what")
_ALONE = {
    "I'm": "I am",
    "let's": "let us",
    "ma'am": "madam",
    "o'clock": "of the clock",
    "y'all": "you all",
    "'tis": "it is",
    "'twas": "it was",
    "'cause": "because",
    "how'd'y": "how do you",
    "so've": "so have",
    "to've": "to have",
    "when's": "when is",
    "when've": "when have",
    "why's": "why is",
    "why've": "why have",
    "so's": "so as",
    "should've": "should have",
    "could've": "could have",
    "would've": "would have",
    "might've": "might have",
    "must've": "must have",
    "will've": "will have",
}


def _all() -> dict[str, str]:
    found = {f"{verb}n't": full for verb, full in _NEGATED.items()}
    found.update({f"{verb}n't've": f"{full} have" for verb, full in _NEGATED.items()})
    for subject in _SUBJECTS:
        found[f"{subject}'d"] = f"{subject} would"
        found[f"{subject}'d've"] = f"{subject} would have"
        found[f"{subject}'ll"] = f"{subject} will"
        found[f"{subject}'ll've"] = f"{subject} will have"
        if subject != "I" and subject not in ("you", "we", "they"):
            found[f"{subject}'s"] = f"{subject} is"
    found.update({f"{subject}'re": f"{subject} are" for subject in _PLURAL})
    found.update({f"{subject}'ve": f"{subject} have" for subject in ("I", *_PLURAL)})
    return {**found, **_ALONE}


CONTRACTION_MAP: dict[str, str] = _all()
