"""Flash Serve's words: components with typed inputs and outputs, composed into endpoints.

Scripts that were written for `flash.core.serve` import these names from here. The endpoints are run by the
frontend, or, with `Composition(TESTING=True)`, within this process; see `docs/guide/flash.md`.
"""

from ts.compat.flash.component import ModelComponent, expose
from ts.compat.flash.composition import Composition
from ts.compat.flash.endpoint import Endpoint
from ts.compat.flash.servable import Servable

__all__ = ["Composition", "Endpoint", "ModelComponent", "Servable", "expose"]
