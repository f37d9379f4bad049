"""``python -m model_archiver``: the same as the ``torch-model-archiver`` command."""

import sys

from model_archiver.command import main

sys.exit(main())
