"""Makes `support` importable for the tests below this folder, and says which run at night."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("support.server", "support.cases", "support.waiting")

pytest_plugins = ["support.fixtures"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before marks are selected."""
    from support.lanes import arrange

    arrange(items)
