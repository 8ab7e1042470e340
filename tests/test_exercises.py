"""What every check of an exercise owes a reader, whatever it is given."""

import math
import pkgutil
import re
from collections.abc import Callable
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import get_origin

import numpy as np
import pytest
import torch
from torch import nn

from fcn_lib import exercises
from fcn_lib.exercises.answers import (
    function_check,
    items,
    number,
    numbers,
    short,
    size,
    sizes,
    whole,
)

SOURCES = Path(__file__).parents[1] / "chapters" / "src"
CHECKS = {
    f"{module.name} {name}": check
    for module in pkgutil.iter_modules(exercises.__path__)
    for name, check in vars(
        import_module(f"fcn_lib.exercises.{module.name}")
    ).items()
    if name.startswith("check_")
}


def takes_a_function(check):
    (answer,) = signature(check).parameters.values()
    return get_origin(answer.annotation) is Callable


FUNCTIONS = {
    name: check for name, check in CHECKS.items() if takes_a_function(check)
}
EVERY = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
OF_FUNCTIONS = pytest.mark.parametrize(
    "check", FUNCTIONS.values(), ids=FUNCTIONS
)


class Broken:
    """Nothing works that a check may try."""

    def __iter__(self):
        raise RuntimeError("no items")

    def __repr__(self):
        raise RuntimeError("no name")


HUGE = 10**5000  # Python refuses to write it
ODD = [
    "", "31", "abc", "many", "two\nlines", [], {}, True, -3, -1, 0, 0.5, 1.5,
    math.nan, math.inf, HUGE, -HUGE, object(), Broken(), print, int,
    (1,), (1, 2), (1, 2.5), (1, 2, 3), (1, 2, "3"), (1, (2, 3)),
    ((1, 2), 3, 4), ("a", "b"), ("a", "b", "c"), ("a", "b", "c", "d"),
    (True,) * 2, (True,) * 3, (None,) * 2, (None,) * 3, (None,) * 4,
    (math.nan, 1), (math.nan, 1, 1), (math.nan,) * 3, (math.inf, 0),
    (math.inf, 1), (0, 0, 0), (-3, 1), (10**9,) * 2, (10**9,) * 3,
    (10**30, 1, 1), (16, 10**30, 1), (HUGE,) * 2, (HUGE,) * 3, (HUGE,) * 4,
    (16, HUGE, 1), (-HUGE, 1, 1), (7, HUGE, (8, 1)), [(HUGE, 1)] * 5,
    (Broken(),) * 2, (Broken(),) * 3, (Broken(),) * 5, "9" * 999,
    np.zeros(2), np.zeros(3), np.zeros((2, 2)), np.zeros((90, 90)),
    torch.zeros(()), torch.zeros(2), torch.zeros(3), torch.zeros(2, 2),
    torch.zeros(90, 90), nn.Conv2d, nn.ReLU, nn.ReLU(),
    nn.Sequential(nn.ReLU(), nn.ReLU()),
    lambda: 1, lambda given: given, lambda *given: given,
    lambda *given: "here", lambda *given: 7, lambda *given: math.nan,
    lambda *given: HUGE, lambda *given: Broken(),
    lambda *given: np.zeros(3), lambda *given: np.zeros((90, 90)),
    lambda *given: [[1], [1, 2]],
]  # fmt: skip


def lead(*given):
    raise KeyError("lead")


def several_lines(*given):
    raise ValueError("lead:\n  of the left\n  of the right")


def test_every_chapter_has_checks():
    stems = {name.split()[0] for name in CHECKS}
    assert len(stems) == 11 and len(CHECKS) >= 2 * len(stems)
    assert len(FUNCTIONS) >= 11 and len(CHECKS) - len(FUNCTIONS) >= 11


@EVERY
@pytest.mark.parametrize("nothing", [..., None])
def test_nothing_is_no_answer_yet(check, nothing):
    verdict = check(nothing)
    assert not verdict and verdict.text.startswith("Nothing yet: ")


@EVERY
def test_odd_answers_get_a_sentence(check):
    for place, odd in enumerate(ODD):
        verdict = check(odd)
        assert not verdict, place
        assert 20 < len(verdict.text) < 400, (place, verdict)
        assert "\n" not in verdict.text, (place, verdict)


@EVERY
def test_the_reader_s_random_numbers_stay(check):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    check(lambda *given: torch.rand(3, 3))
    assert torch.rand(2).equal(expected)


@OF_FUNCTIONS
@pytest.mark.parametrize("nothing", [..., None])
def test_a_function_that_is_not_written_yet(check, nothing):
    verdict = check(lambda *given: nothing)
    assert not verdict and verdict.text.startswith("Nothing yet: ")


@OF_FUNCTIONS
@pytest.mark.parametrize("odd", [5, "rate"])
def test_an_answer_that_is_no_function(check, odd):
    verdict = check(odd)
    kind = type(odd).__name__
    assert verdict.text == f"A function is wanted, not {kind}."


@OF_FUNCTIONS
def test_a_function_that_raises_is_named(check):
    assert check(lead).text.endswith("our function raises KeyError: 'lead'")
    assert "function raises TypeError: " in check(lambda: 0).text
    assert check(several_lines).text.endswith(
        "raises ValueError: lead: of the left of the right"
    )


def test_a_result_that_cannot_be_used_is_not_the_function_s_fault():
    @function_check("a number.", "Right.")
    def check_one(answer):
        return "" if float(answer()) == 1 else "Not one."

    assert check_one(lambda: 1)
    told = check_one(lambda: "one").text
    assert told.startswith("What it returned raises ValueError: ")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_stub_hands_the_function_itself_to_its_check(name):
    """So whoever writes it need not put it anywhere else."""
    stem, check = name.split()
    text = (SOURCES / f"{stem}.md").read_text(encoding="utf-8")
    stubs = [
        cell
        for cell in re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
        if f"{check}(" in cell
    ]
    assert len(stubs) == 1
    (given,) = re.findall(rf"^{check}\((\w+)\)$", stubs[0], re.M)
    assert re.search(
        rf"^def {given}\(.*?^    return \.\.\.  # yours", stubs[0], re.M | re.S
    )


def test_whole():
    assert all(map(whole, (3, -3, np.int64(3), HUGE)))
    assert not any(map(whole, (True, 3.0, 3.5, "3", None, Broken())))


def test_items():
    assert items(range(2)) == items([0, 1]) == (0, 1)
    assert items(np.array([1, 2])) == (1, 2)
    assert items(7) == items(len) == items(Broken()) == ()


def test_what_is_not_three_numbers():
    for answer in (
        (1, 2), "31", "310", (1, 2, "c"), (1, 2, "3"), (1, 2, math.nan),
        (1, 2, math.inf), (1, 2, HUGE), 3, None, Broken(), np.zeros((3, 3)),
    ):  # fmt: skip
        assert numbers(answer, 3) is None and sizes(answer, 3) is None


@pytest.mark.parametrize("kind", [tuple, list, np.array, torch.tensor])
def test_sizes_are_whole_numbers(kind):
    assert numbers(kind((1, 2.5)), 2) == (1.0, 2.5)
    assert sizes(kind((1, 2.5)), 2) is None
    assert sizes(kind((1, 2.0)), 2) == (1, 2)
    assert all(type(size) is int for size in sizes(kind((1, 2)), 2))


def alone(value: float) -> np.ndarray:
    return np.array([value])


@pytest.mark.parametrize("kind", [float, np.array, torch.tensor, alone])
def test_one_number_and_one_size(kind):
    assert number(kind(2.5)) == 2.5 and size(kind(2.5)) is None
    assert number(kind(2.0)) == size(kind(2.0)) == 2
    assert type(number(kind(2))) is float and type(size(kind(2))) is int


def test_what_is_not_one_number():
    for answer in (
        "3", (3,), (3, 4), [], None, math.nan, HUGE, Broken(), np.ones(2),
        np.array(["3"]),
    ):  # fmt: skip
        assert number(answer) is None and size(answer) is None


def test_short_quotes_one_line():
    assert short(np.zeros((2, 2))) == "array([[0., 0.], [0., 0.]])"
    assert short("few words") == "'few words'"
    long = short(np.zeros((90, 90)))
    assert len(long) == 60 and long.endswith("…") and "\n" not in long
    assert short(HUGE) == "this int" and short(Broken()) == "this Broken"
