"""What all Python tests share."""

from __future__ import annotations

import signal
from types import FrameType

import pytest

_SENT = tuple(
    getattr(signal, name)
    for name in ("SIGHUP", "SIGTERM", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCHLD")
    if hasattr(signal, name)
)


def pytest_configure(config: pytest.Config) -> None:
    """Sets up what holds for all tests."""
    if config.pluginmanager.hasplugin("hypothesispytest"):
        _heed_no_clock()
    hear_signals()


def hear_signals() -> None:
    """Lets the processes that tests start hear the signals that tests send.

    What is ignored where the tests are started, children inherit: SIGINT from a shell without job control,
    SIGHUP from nohup. A function in its place ends with the next exec, so that children begin as usual, and
    lets the tests themselves live on as before.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in _SENT:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _unheeded)


def _unheeded(_number: int, _frame: FrameType | None) -> None:
    """Ignores a signal, in this process only."""


def _heed_no_clock() -> None:
    """Hypothesis measures how fast inputs are made and tests run; other work of the machine is no failure."""
    from hypothesis import HealthCheck, settings

    settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("project")
