"""What will be written, decided before the first byte is: every mistake in the input shows up here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from model_archiver.contents import Contents, Source, find_file
from model_archiver.extra_files import add_extra_files
from model_archiver.handlers import NOT_SERVED_YET, resolve_handler, warn_if_python_is_unsound
from model_archiver.instant import creation_instant, entry_instant
from model_archiver.manifest import MANIFEST_NAME, manifest_json
from model_archiver.model_archiver_config import ModelArchiverConfig
from model_archiver.model_archiver_error import ModelArchiverError


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the archive; ``content`` is its source, or its bytes if the archiver writes them itself."""

    name: str
    content: Source | bytes

    @property
    def size_bytes(self) -> int:
        """Size before compression."""
        return self.content.size_bytes if isinstance(self.content, Source) else len(self.content)

    @property
    def executable(self) -> bool:
        """Whether the source's owner may execute it: the one permission that is kept."""
        return isinstance(self.content, Source) and self.content.executable


@dataclass(frozen=True, slots=True)
class Plan:
    """The entries in the order of writing (manifest, then by name); their time stamp (seconds since 1970)."""

    entries: tuple[Entry, ...]
    entry_s: int

    @property
    def total_bytes(self) -> int:
        """Size of all entries before compression."""
        return sum(entry.size_bytes for entry in self.entries)

    @property
    def without_manifest(self) -> Plan:
        """The same without the manifest."""
        return replace(self, entries=tuple(e for e in self.entries if e.name != MANIFEST_NAME))

    def with_manifest(self, content: bytes) -> Plan:
        """The same with another manifest."""
        return replace(self, entries=(Entry(MANIFEST_NAME, content), *self.without_manifest.entries))


def plan_archive(config: ModelArchiverConfig, output: Path, warn: Callable[[str], None]) -> Plan:
    """Collects what ``config`` names; ``output``, where the archive will stand, never becomes part of it.

    Raises :class:`~model_archiver.model_archiver_error.ModelArchiverError` for input that is missing or
    contradicts itself.
    """
    handler = resolve_handler(config.handler, config.runtime)
    if handler.file is None and handler.manifest_entry.partition(":")[0] in NOT_SERVED_YET:
        warn(f"--handler: '{config.handler}' can be packed, but this release has no such handler to serve it")
    contents = Contents()
    named = {
        "--handler": handler.file,
        "--model-file": config.model_file,
        "--serialized-file": config.serialized_file,
        "--requirements-file": config.requirements_file,
        "--config-file": config.config_file,
    }
    for flag, path in named.items():
        if path:
            file = Path(path)
            contents.add(file.name, find_file(file, flag))
            if flag in ("--handler", "--model-file"):
                warn_if_python_is_unsound(file, flag, warn)
    if config.extra_files:
        add_extra_files(config.extra_files, output, contents, warn)
    sources = contents.sources()
    _keep_manifest_free(sources)
    created_s = creation_instant(source.modified_s for source in sources.values())
    manifest = Entry(MANIFEST_NAME, manifest_json(config, handler, created_s))
    entries = (manifest, *(Entry(name, source) for name, source in sources.items()))
    return Plan(entries, entry_instant(created_s))


def _keep_manifest_free(sources: dict[str, Source]) -> None:
    """Refuses a file in the manifest's folder's place, and a folder in the manifest's."""
    folder = MANIFEST_NAME.partition("/")[0]
    for name, source in sources.items():
        if name == folder or name.startswith(f"{MANIFEST_NAME}/"):
            raise ModelArchiverError(
                f"'{name}' from {source} is in the way of the manifest (expected: no such name)"
            )
