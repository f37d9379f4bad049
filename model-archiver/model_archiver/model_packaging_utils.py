"""TorchServe's public path of the archiver's single steps, for scripts that call them one by one."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from model_archiver.extra_files import files_of
from model_archiver.formats import FORMATS
from model_archiver.handlers import NATIVE_RUNTIME
from model_archiver.instant import creation_instant, entry_instant
from model_archiver.manifest import MANIFEST_NAME
from model_archiver.manifest_components.manifest import Manifest
from model_archiver.manifest_components.model import Model
from model_archiver.model_archiver import LOG
from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.model_archiver_error import ModelArchiverError
from model_archiver.output import OutputPlace
from model_archiver.packing import check_model_name, write_plan
from model_archiver.plan import Entry, Plan, plan_archive
from model_archiver.progress import ProgressLine

MAR_INF, _, MANIFEST_FILE_NAME = MANIFEST_NAME.partition("/")
MODEL_SERVER_VERSION = "1.0"
MODEL_ARCHIVE_VERSION = "1.0"
archiving_options = {name: archive_format.suffix for name, archive_format in FORMATS.items()}
model_handlers = {
    "base_handler": "anything",
    "text_classifier": "text",
    "image_classifier": "vision",
    "object_detector": "vision",
    "image_segmenter": "vision",
    "dali_image_classifier": "vision",
    "vllm_handler": "text",
    "trt_llm_handler": "text",
}
_NOT_FILES = (".pyc", ".DS_Store", ".mar")
_UNWANTED = frozenset({"__MACOSX", "__pycache__"})


class ModelExportUtils:
    """The steps. Whoever wants an archive and no steps calls ``ModelArchiver.generate_model_archive``."""

    @staticmethod
    def get_archive_export_path(export_file_path: str, model_name: str, archive_format: str) -> str:
        """The path of the archive of a model in a folder."""
        return str(Path(export_file_path, model_name + FORMATS[archive_format].suffix))

    @staticmethod
    def check_mar_already_exists(
        model_name: str, export_file_path: str | None, overwrite: bool, archive_format: str = "default"
    ) -> str:
        """Returns the folder of the archive, by default the working directory.

        Raises :class:`ModelArchiverError` when the archive is there and may not be replaced.
        """
        folder = export_file_path or str(Path.cwd())
        path = Path(ModelExportUtils.get_archive_export_path(folder, model_name, archive_format))
        OutputPlace(path, FORMATS[archive_format].is_directory, overwrite).check()
        return folder

    @staticmethod
    def find_unique(files: Iterable[str], suffix: str) -> str | None:
        """The one file with this ending, or ``None``. Raises :class:`ModelArchiverError` for several."""
        found = [file for file in files if file.endswith(suffix)]
        if len(found) > 1:
            raise ModelArchiverError(f"files with {suffix}: {', '.join(found)} (expected: at most one)")
        return found[0] if found else None

    @staticmethod
    def generate_model(modelcfg: ModelArchiverConfig) -> Model:
        """The manifest's part about the model."""
        config = ModelArchiverConfig.from_args(modelcfg)
        return Model(
            model_name=config.model_name,
            serialized_file=config.serialized_file,
            model_file=config.model_file,
            handler=config.handler,
            model_version=config.version,
            requirements_file=config.requirements_file,
            config_file=config.config_file,
        )

    @staticmethod
    def generate_manifest_json(config: ModelArchiverConfig) -> str:
        """The manifest's text for a configuration, or for any object with its attributes."""
        runtime = ModelArchiverConfig.from_args(config).runtime
        return str(Manifest(runtime=runtime, model=ModelExportUtils.generate_model(config)))

    @staticmethod
    def clean_temp_files(temp_files: Iterable[str]) -> None:
        """Removes files."""
        for file in temp_files:
            Path(file).unlink()

    @staticmethod
    def make_dir(d: str) -> None:
        """Makes a folder, and those above it, unless it is there."""
        Path(d).mkdir(parents=True, exist_ok=True)

    @staticmethod
    def copy_artifacts(model_name: str, runtime: str, **kwargs: str | None) -> str:
        """Copies what goes into the archive to a new folder, and returns that; the caller removes it.

        Keywords are ``handler``, ``model_file``, ``serialized_file``, ``extra_files``, ``requirements-file``
        and ``config_file``. Raises :class:`ModelArchiverError` as packing does.
        """
        given = {name.replace("-", "_"): path for name, path in kwargs.items() if path}
        built_in = "BaseHandler" if runtime == NATIVE_RUNTIME else "base_handler"
        config = ModelArchiverConfig(
            model_name,
            given.pop("handler", built_in),
            version="1.0",
            serialized_file=given.pop("serialized_file", None),
            model_file=given.pop("model_file", None),
            extra_files=given.pop("extra_files", None),
            runtime=runtime,
            requirements_file=given.pop("requirements_file", None),
            config_file=given.pop("config_file", None),
        )
        if given:
            raise ModelArchiverError(f"artifacts: {', '.join(sorted(given))} (expected: flags of files)")
        folder = Path(tempfile.mkdtemp(prefix="model-archiver-"), model_name)
        FORMATS["no-archive"].write(
            plan_archive(config, folder, LOG.warning).without_manifest, folder, lambda _: None
        )
        return str(folder)

    @staticmethod
    def archive(
        export_file: str, model_name: str, model_path: str, manifest: str, archive_format: str = "default"
    ) -> None:
        """Packs a folder with this text as the manifest; an archive that is there is replaced.

        Raises :class:`ModelArchiverError` when the place is not usable.
        """
        path = Path(ModelExportUtils.get_archive_export_path(export_file, model_name, archive_format))
        source = Path(model_path)
        if FORMATS[archive_format].is_directory and path.exists() and path.samefile(source):
            file = path / MANIFEST_NAME
            file.parent.mkdir(exist_ok=True)
            file.write_text(manifest, encoding="utf-8")
            return
        files = sorted(files_of(source, path, LOG.warning), key=lambda found: found[0])
        created_s = creation_instant(file.modified_s for _, file in files)
        entries = tuple(Entry(name, file) for name, file in files)
        plan = Plan(entries, entry_instant(created_s)).with_manifest(manifest.encode())
        place = OutputPlace(path, FORMATS[archive_format].is_directory, replaces=True)
        place.check()
        write_plan(plan, place, FORMATS[archive_format], ProgressLine(model_name))

    @staticmethod
    def archive_dir(
        path: str, dst: str | zipfile.ZipFile | tarfile.TarFile, archive_format: str, model_name: str
    ) -> None:
        """Adds a folder's files to an open zip or tar file, or copies them to a folder."""
        for name, file in files_of(Path(path), Path(path), LOG.warning):
            if isinstance(dst, tarfile.TarFile):
                dst.add(file.path, arcname=f"{model_name}/{name}")
            elif isinstance(dst, zipfile.ZipFile):
                dst.write(file.path, name)
            else:
                target = Path(dst, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.path, target)

    @staticmethod
    def directory_filter(directory: str, unwanted_dirs: Iterable[str] = _UNWANTED) -> bool:
        """Whether a folder of this name goes into an archive."""
        return directory not in unwanted_dirs and not directory.startswith(".")

    @staticmethod
    def file_filter(current_file: str, files_to_exclude: Iterable[str]) -> bool:
        """Whether a file of this name goes into an archive."""
        excluded = {MANIFEST_FILE_NAME, *files_to_exclude}
        return current_file not in excluded and not current_file.endswith(_NOT_FILES)

    @staticmethod
    def check_model_name_regex_or_exit(model_name: str) -> None:
        """Raises :class:`ModelArchiverError` for a name that no model can have."""
        check_model_name(model_name)

    @staticmethod
    def validate_inputs(model_name: str, export_path: str) -> None:
        """Raises :class:`ModelArchiverError` for such a name, or when the folder is not there."""
        check_model_name(model_name)
        if not Path(export_path).is_dir():
            raise ModelArchiverError(f"--export-path: '{export_path}' (expected: an existing directory)")
