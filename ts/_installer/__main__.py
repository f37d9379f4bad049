"""Makes a model's environment and becomes the program that installs into it.

`python -m ts._installer identity` prints in one line what an environment depends on beside the archive: the
interpreter, the packages around it, and the program that installs. `python -m ts._installer make FOLDER`
makes an environment in FOLDER: `venv`, and `packages`, a link to where its packages are.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    # The working directory is the folder that holds `ts`; nothing else in it may stand in for other modules.
    sys.path.append(sys.path.pop(0))
    from ts._installer.command import main

    sys.exit(main(sys.argv[1:]))
