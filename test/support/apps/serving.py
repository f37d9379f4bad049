"""Serves the application `app` of a script: `serving.py SCRIPT PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

from mariner.app import app_of
from mariner.source import load_script

if __name__ == "__main__":
    app = app_of(load_script(Path(sys.argv[1])), "app")
    sys.exit(app.serve(host="127.0.0.1", port=int(sys.argv[2])))
