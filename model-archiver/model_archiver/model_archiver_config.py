"""What to pack, and how: the archiver's flags as a record."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields


@dataclass
class ModelArchiverConfig:
    """The input of :meth:`model_archiver.ModelArchiver.generate_model_archive`; a field for each flag.

    ``extra_files`` is the flag's comma-separated list. ``export_path`` must exist; it defaults to the working
    directory at the time of the call.
    """

    model_name: str
    handler: str
    version: str
    serialized_file: str | None = None
    model_file: str | None = None
    extra_files: str | None = None
    runtime: str = "python"
    export_path: str = field(default_factory=os.getcwd)
    archive_format: str = "default"
    force: bool = False
    requirements_file: str | None = None
    config_file: str | None = None

    @classmethod
    def from_args(cls, args: object) -> ModelArchiverConfig:
        """Takes each field from the parsed flag of the same name; one that is not there, or ``None``, keeps
        its default.

        Raises ``TypeError`` when name, handler or version is not there.
        """
        given = {entry.name: getattr(args, entry.name, None) for entry in fields(cls)}
        return cls(**{name: value for name, value in given.items() if value is not None})
