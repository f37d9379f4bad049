"""What the archiver raises when it can't make an archive from what it was given."""


class ModelArchiverError(Exception):
    """The input or the output place is not usable; the message says what, the value and what was expected."""


class MissingFileError(ModelArchiverError, FileNotFoundError):
    """A file that a flag names is not there. Callers of the older archiver caught ``FileNotFoundError``."""
