"""Answers with the version of a package that the archive brings along, and with the interpreter."""

import sys

import tinydep


def handle(data, context):
    if data is None:
        return None
    return [{"version": tinydep.VERSION, "file": tinydep.__file__, "prefix": sys.prefix}] * len(data)
