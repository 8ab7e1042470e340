"""Checks for the exercises: is an answer right, and if not, what to think of.

A chapter's checks lie in the module of its name. Each takes an answer, a value
or a function, and returns a ``Verdict``; none raises, whatever it is given.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """What a check says about an answer.

    Attributes:
        right: whether the answer is right. So is the verdict's truth value.
        text: a sentence or two for the reader.

    Example:
        >>> Verdict(False, "Nothing yet: count the cells.")
        Nothing yet: count the cells.
    """

    right: bool
    text: str

    def __bool__(self) -> bool:
        """Tell whether the answer is right."""
        return self.right

    def __repr__(self) -> str:
        """Show the sentence alone."""
        return self.text
