"""The long measurements of the book, each stored with where it comes from.

A chapter loads what would take too long to run in it. Every file says by
which code, command and machine it was made; a test sees to it that the code
is still the same. ``store`` reads and writes, the other modules measure.
"""

from fcn_lib.results.store import HOME, measure, read, stale

__all__ = ["HOME", "measure", "read", "stale"]
