"""What goes wrong: with a request, and with what an application was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any


class DefinitionError(TypeError):
    """An application can't be made of these parts; the message says which part, and what was expected."""


class HTTPError(Exception):
    """Ends one request with a status. Raised by a method that gets one request, or an entry of the list that
    a method with `batch` returns.

    Args:
        status: 400 to 599.
        detail: what the client reads.
        headers: of the answer.
    """

    def __init__(self, status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        if not 400 <= status <= 599:
            raise ValueError(f"status: {status} (expected: 400 to 599)")
        super().__init__(status, detail)
        self.status = status
        self.detail = detail or _phrase(status)
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"code": self.status, "type": type(self).__name__, "message": self.detail}

    def __str__(self) -> str:
        return f"{self.status}: {self.detail}"


class InvalidRequest(HTTPError):
    """A request is not what the types of a method ask for.

    Args:
        problems: pairs of a field (`body.items[3].x`) and what is wrong with it.
        status: 422, or 415 when no type could be read from such a content type.
    """

    def __init__(self, problems: Sequence[tuple[str, str]], status: int = 422) -> None:
        super().__init__(status, "; ".join(f"{field}: {text}" for field, text in problems))
        self.problems = tuple(problems)

    def document(self) -> dict[str, Any]:
        """The body of the answer, with each field by itself."""
        errors = [{"field": field, "message": text} for field, text in self.problems]
        return {**super().document(), "errors": errors}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "refused"
