"""An application whose models answer what can't be sent."""

from __future__ import annotations

import threading

import mariner


@mariner.model
def unfit(text: str):  # type: ignore[no-untyped-def]
    return threading.Lock() if text == "lock" else iter(text)


@mariner.model(batch=4)
def short(texts: list[str]) -> list[str]:
    return texts[1:]


def take(value):  # type: ignore[no-untyped-def]
    return str(value)


app = mariner.App({"/unfit": unfit, "/unfit/on": unfit >> take, "/unfit/short": short}, name="unfit")
