"""What the archiver raises when it can't make an archive from what it was given."""


class WorkflowArchiverError(Exception):
    """The input or the output place is not usable; the message says what, the value and what was expected."""
