"""Questions to check oneself with: every answer, right or wrong, has a why."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import combinations

import traitlets as t

from fcn_lib.widgets.figure import Figure


@dataclass(frozen=True)
class Choice:
    """A question with some answers to choose from, one of them right.

    Args:
        question: its text; as in all texts here, `` `x` `` is set as code.
        right: the right answer, and why it is right.
        wrong: each wrong answer, and why it is wrong.

    Raises:
        ValueError: if there is no wrong answer, if two answers are equal, or
            if a text is empty.

    Example:
        >>> ask = Choice("2 + 2?", right=("4", "Count."), wrong=[("5", "No.")])
        >>> ask.check("5")
        (False, 'No.')
    """

    question: str
    _: KW_ONLY
    right: tuple[str, str]
    wrong: Sequence[tuple[str, str]]

    def __post_init__(self) -> None:
        _filled("question", self.question)
        if isinstance(self.wrong, str) or not self.wrong:
            raise ValueError(f"{self.question!r} needs a wrong answer")
        for answer in self.right, *self.wrong:
            if isinstance(answer, str) or len(answer) != 2:
                raise ValueError(f"{answer!r} is no pair (answer, why)")
            _filled("answer", answer[0])
            _filled(f"explanation of {answer[0]!r}", answer[1])
        texts = [text.strip() for text, _ in (self.right, *self.wrong)]
        for text in texts:
            if texts.count(text) > 1:
                raise ValueError(f"two answers are {text!r}; change one")

    def check(self, answer: str) -> tuple[bool, str]:
        """Say whether an answer is right, and why.

        Raises:
            ValueError: if it is none of the answers.
        """
        whys = dict((self.right, *self.wrong))
        if answer not in whys:
            raise ValueError(f"{answer!r} is none of {sorted(whys)}")
        return answer == self.right[0], whys[answer]

    def state(self) -> dict:
        """What the script needs: options are [answer, why, right or not]."""
        options = [[*self.right, True]]
        options += [[*pair, False] for pair in self.wrong]
        # mixed, but the same on every machine and in every run
        options.sort(key=lambda option: _digest(self.question + option[0]))
        return {"question": self.question, "options": options}


@dataclass(frozen=True)
class Number:
    """A question whose answer is a number that the reader types.

    Args:
        question: its text.
        right: the right number; best computed, not typed.
        why: why it is right.
        wrong: numbers that one may come to, and what went wrong there.
        otherwise: what to say about any other number.
        unit: what is counted, in the plural.
        tolerance: how far from ``right`` still counts as right.

    Raises:
        ValueError: if a number is not finite, if a wrong number would count
            as right or as one before it, if there is none, or if a text is
            empty.

    Example:
        >>> ask = Number("2 + 2?", right=4, why="Count.", wrong={22: "Add."},
        ...              otherwise="Use your fingers.")
        >>> ask.check(22), ask.check(4)
        ((False, 'Add.'), (True, 'Count.'))
    """

    question: str
    _: KW_ONLY
    right: float
    why: str
    wrong: Mapping[float, str]
    otherwise: str
    unit: str = ""
    tolerance: float = 0

    def __post_init__(self) -> None:
        _filled("question", self.question)
        _filled("explanation of the right number", self.why)
        _filled("explanation of any other number", self.otherwise)
        _finite("right", self.right)
        if _finite("tolerance", self.tolerance) < 0:
            raise ValueError(f"tolerance is {self.tolerance}; give 0 or more")
        if not self.wrong:
            raise ValueError(f"{self.question!r} needs a wrong number")
        for value, why in self.wrong.items():
            _filled(f"explanation of {value}", why)
            if _near(_finite("a wrong number", value), self.right, self):
                raise ValueError(
                    f"{value} is called wrong but counts as right, with "
                    f"right={self.right} and tolerance={self.tolerance}"
                )
        for value, other in combinations(self.wrong, 2):
            if _near(value, other, self):
                raise ValueError(
                    f"{other} cannot be told from {value}, with "
                    f"tolerance={self.tolerance}: keep one of them"
                )

    def check(self, answer: float) -> tuple[bool, str]:
        """Say whether a number is right, and why.

        Raises:
            ValueError: if it is not finite.
        """
        _finite("the answer", answer)
        if _near(answer, self.right, self):
            return True, self.why
        near = (why for n, why in self.wrong.items() if _near(answer, n, self))
        return False, next(near, self.otherwise)

    def state(self) -> dict:
        """What the script needs."""
        return {
            "question": self.question,
            "right": float(self.right),
            "why": self.why,
            "wrong": [[float(n), why] for n, why in self.wrong.items()],
            "otherwise": self.otherwise,
            "unit": self.unit,
            "tolerance": float(self.tolerance),
        }


class Quiz(Figure):
    """A few questions; a wrong answer is explained and may be tried again.

    Answers stay on the page: they are sent nowhere and not scored.

    Args:
        questions: each a ``Choice`` or a ``Number``.
        settings: ``title``, ``alt``, or ``answers`` to begin with.

    Attributes:
        answers: a list for each question: what was answered so far, the last
            answer last. Texts of a ``Choice``, numbers of a ``Number``.

    Raises:
        ValueError: if there is no question.
        TraitError: if ``answers`` holds what cannot be answered.

    Example:
        >>> quiz = Quiz(
        ...     Choice("2 + 2?", right=("4", "Count."), wrong=[("5", "No.")])
        ... )
        >>> quiz.check(0, "4")
        (True, 'Count.')
        >>> quiz
        Quiz(answers=[[]])
    """

    answers = t.List(t.List()).tag(sync=True)
    questions = t.List(t.Dict()).tag(sync=True)
    title = t.Unicode().tag(sync=True)

    shown = ("answers",)

    def __init__(
        self, *questions: Choice | Number, **settings: object
    ) -> None:
        if not questions:
            raise ValueError("a quiz needs a question: Choice or Number")
        self.asked = questions
        count = f"{len(questions)} question{'s' * (len(questions) > 1)}"
        told = " ".join(f"“{ask.question}”" for ask in questions)
        defaults = {
            "title": f"{count}, and a reason for every answer",
            "alt": f"{count} to check yourself: {told}".replace("`", ""),
            "answers": [[] for _ in questions],
        }
        state = [ask.state() for ask in questions]
        super().__init__(questions=state, **defaults | settings)

    def check(self, index: int, answer: str | float) -> tuple[bool, str]:
        """Say whether an answer is right, and why.

        Args:
            index: number of the question, from 0.
            answer: a text of its answers, or a number.

        Raises:
            ValueError: if the question has no such answer.
        """
        return self.asked[index].check(answer)

    @t.validate("answers")
    def _possible(self, proposal: t.Bunch) -> list:
        answers = proposal["value"]
        if len(answers) != len(self.asked):
            raise t.TraitError(
                f"answers has {len(answers)} lists; it needs one for each of "
                f"the {len(self.asked)} questions"
            )
        try:
            for ask, given in zip(self.asked, answers, strict=True):
                for answer in given:
                    ask.check(answer)
        except ValueError as error:
            raise t.TraitError(f"answers: {error}") from error
        return answers


def _near(answer: float, value: float, ask: Number) -> bool:
    """Tell equal numbers; the last digits of a float do not matter."""
    slack = ask.tolerance + 1e-9 * max(1, abs(value))
    return abs(answer - value) <= slack


def _finite(name: str, value: float) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}; it must be a finite number")
    return value


def _filled(name: str, text: str) -> None:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"the {name} is {text!r}; it must be a text")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
