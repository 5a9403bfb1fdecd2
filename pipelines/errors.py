"""The errors a person can act on, and what an exit code means.

Belongs here: the exception classes that any module may raise. Does not belong here: where they are caught and printed
(`cli`), and findings about single rows or codes, which are data and live in tables.

A message is one line: what is wrong, where (file, row, column), why it matters if that is not plain, what to do.
It never holds a value from an extract: those may be a person's.
"""

from __future__ import annotations


class KortlaegningError(Exception):
    """Something the user can act on. `exit_code` is what the command line ends with."""

    exit_code = 1


class ConfigurationError(KortlaegningError):
    """Wrong use, wrong settings or a programme folder that does not hold together (exit code 2)."""

    exit_code = 2


class InputError(KortlaegningError):
    """An extract is missing, unreadable or not what the programme declares (exit code 1)."""


class RemoteError(KortlaegningError):
    """A place that files come from or go to cannot be reached, read or written (exit code 1)."""


class BlockedError(KortlaegningError):
    """Validation or the release gate said no; the current release is untouched (exit code 1)."""


class BusyError(KortlaegningError):
    """Another run holds the home folder (exit code 1)."""


class StorageError(KortlaegningError):
    """The home folder cannot be written or read: full disk, missing permission, damaged file (exit code 1)."""
