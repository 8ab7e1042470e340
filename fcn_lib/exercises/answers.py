"""Reading an answer, whatever it is, and saying what is wrong with it."""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from numbers import Integral

import torch

LONGEST = 60  # characters of an answer that are quoted


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


def no(text: str) -> Verdict:
    """Refuse an answer, in one line, however many the text has."""
    return Verdict(False, " ".join(text.split()))


def missing(answer: object) -> bool:
    """Tell whether nothing has been put there yet."""
    return answer is ... or answer is None


def function_check(nothing: str, right: str) -> Callable:
    """Make a check of a function that only says what is wrong.

    What it decorates takes the reader's function, calls it, and returns what
    is wrong, or "". Here is what else a check of a function needs: an answer
    may be missing or no function, may return nothing, and may raise anything.
    Random numbers are the same each time, and the reader's own stay as they
    are.

    Args:
        nothing: what to say after "Nothing yet: ".
        right: what to say if nothing is wrong.

    Example:
        >>> @function_check("write a root.", "Right.")
        ... def check_root(root: Callable[[float], float]) -> str:
        ...     return "" if root(9) == 3 else "Not for 9."
        >>> check_root(lambda x: x / 0)
        Your function raises ZeroDivisionError: division by zero
    """

    def decorate(fault: Callable[[Callable], str]) -> Callable:
        @wraps(fault)
        def check(answer: Callable) -> Verdict:
            if missing(answer):
                return no(f"Nothing yet: {nothing}")
            if not callable(answer):
                kind = type(answer).__name__
                return no(f"A function is wanted, not {kind}.")
            returned, raised = [], []

            def tried(*given: object, **named: object) -> object:
                try:
                    returned.append(answer(*given, **named))
                except Exception as error:
                    raised.append(error)
                    raise
                return returned[-1]

            try:
                with torch.random.fork_rng():
                    torch.manual_seed(0)
                    wrong = fault(tried)
            except Exception as error:  # the reader's code, or its result
                inside = any(error is own for own in raised)
                who = "Your function" if inside else "What it returned"
                wrong = f"{who} {raises(error)}"
            if any(map(missing, returned)):
                wrong = f"Nothing yet: {nothing}"
            return no(wrong) if wrong else Verdict(True, right)

        return check

    return decorate


def raises(error: Exception) -> str:
    """Say what a function raises.

    Example:
        >>> raises(KeyError("rim"))
        "raises KeyError: 'rim'"
    """
    return f"raises {type(error).__name__}: {error}"


def short(value: object) -> str:
    """Quote a value in one line, cut off where it gets long.

    Example:
        >>> short(torch.zeros(2, 2))
        'tensor([[0., 0.], [0., 0.]])'
    """
    try:
        text = " ".join(repr(value).split())
    except Exception:  # an integer of 5000 digits, for one
        return f"this {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def whole(value: object) -> bool:
    """Tell whether a value is an integer of any kind; True is none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def items(answer: object) -> tuple:
    """List what is in an answer: nothing, if it cannot hold anything."""
    try:
        return tuple(answer)
    except Exception:  # whatever was given, it has no items
        return ()


def numbers(answer: object, count: int) -> tuple[float, ...] | None:
    """Read so many finite numbers of any kind, or give None.

    Example:
        >>> numbers(torch.tensor([0.5, 2]), 2), numbers((1, 2, 3), 2)
        ((0.5, 2.0), None)
    """
    try:
        values = tuple(float(value + 0) for value in answer)  # not "3"
    except Exception:  # whatever was given, it is no row of numbers
        return None
    good = len(values) == count and all(map(math.isfinite, values))
    return values if good else None


def sizes(answer: object, count: int) -> tuple[int, ...] | None:
    """Read so many whole numbers, also where they come as 3.0, or give None.

    Example:
        >>> sizes((3.0, 4), 2), sizes((3.5, 4), 2)
        ((3, 4), None)
    """
    values = numbers(answer, count)
    if values is None or any(value % 1 for value in values):
        return None
    return tuple(map(int, values))


def number(answer: object) -> float | None:
    """Read one finite number of any kind, or give None.

    Example:
        >>> number(torch.tensor([0.5])), number("0.5")
        (0.5, None)
    """
    with suppress(Exception):  # only arrays and their like have items
        answer = answer.item()
    values = numbers([answer], 1)
    return None if values is None else values[0]


def size(answer: object) -> int | None:
    """Read one whole number, also where it comes as 3.0, or give None.

    Example:
        >>> size(3.0), size(3.5)
        (3, None)
    """
    value = number(answer)
    return None if value is None or value % 1 else int(value)
