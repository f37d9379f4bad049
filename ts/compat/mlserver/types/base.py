"""What all messages have in common."""

from __future__ import annotations

from typing import Any

import pydantic


class BaseModel(pydantic.BaseModel):
    """A message. What was not said, or is None, is not written either; enumerations are kept as texts."""

    model_config = pydantic.ConfigDict(use_enum_values=True, protected_namespaces=())

    def model_dump(
        self, *, exclude_unset: bool = True, exclude_none: bool = True, **options: Any
    ) -> dict[str, Any]:
        """Returns the message as a dict, see pydantic."""
        return super().model_dump(exclude_unset=exclude_unset, exclude_none=exclude_none, **options)

    def model_dump_json(
        self, *, exclude_unset: bool = True, exclude_none: bool = True, **options: Any
    ) -> str:
        """Returns the message as JSON, see pydantic."""
        return super().model_dump_json(exclude_unset=exclude_unset, exclude_none=exclude_none, **options)

    def dict(self, **options: Any) -> dict[str, Any]:
        """The older word for `model_dump`."""
        return self.model_dump(**options)

    def json(self, **options: Any) -> str:
        """The older word for `model_dump_json`."""
        return self.model_dump_json(**options)
