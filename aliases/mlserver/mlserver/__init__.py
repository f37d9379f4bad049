"""The name `mlserver` for `ts.compat.mlserver`: models and runtimes made for MLServer run unchanged.

Each module `mlserver.x` is the very module `ts.compat.mlserver.x`: classes are the same under both names.
"""

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec

_NAME, _REAL = __name__, "ts.compat.mlserver"


class _Same(Loader):
    """Loads a module that there is already under its other name."""

    def __init__(self, real):
        self._module = importlib.import_module(real)
        self._spec = self._module.__spec__

    def create_module(self, spec):
        return self._module

    def exec_module(self, module):
        # The import gave it the other name's.
        module.__spec__ = self._spec

    def get_code(self, fullname):
        # Of `python -m`.
        return self._spec.loader.get_code(self._spec.name)


class _Finder(MetaPathFinder):
    """Finds modules below the name."""

    def find_spec(self, fullname, path=None, target=None):
        if not fullname.startswith(_NAME + "."):
            return None
        real = _REAL + fullname[len(_NAME) :]
        if importlib.util.find_spec(real) is None:
            return None
        return ModuleSpec(fullname, _Same(real))


sys.meta_path.insert(0, _Finder())
sys.modules[_NAME] = importlib.import_module(_REAL)
