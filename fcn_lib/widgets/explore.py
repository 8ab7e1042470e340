"""Any code, moved by sliders: all its answers are recorded beforehand."""

import io
import itertools
import math
import sys
from collections.abc import Callable, Sequence

import numpy as np
import traitlets as t
from PIL import Image

from fcn_lib.widgets.figure import Figure, png

MOST_STATES = 60
MOST_BYTES = 300_000


class Explorer(Figure):
    """What ``explore`` makes: a recording to move about in.

    Attributes:
        values: the current value of each choice, by its name.
    """

    values = t.Dict().tag(sync=True)
    choices = t.List().tag(sync=True)  # [name, values] of each
    texts = t.List(t.Unicode()).tag(sync=True)  # the last choice runs fastest
    pictures = t.List(t.Bytes()).tag(sync=True)
    called = t.Unicode().tag(sync=True)
    title = t.Unicode().tag(sync=True)

    shown = ("values",)

    @t.validate("values")
    def _recorded(self, proposal: t.Bunch) -> dict:
        values, known = proposal["value"], dict(self.choices)
        if set(values) != set(known):
            raise t.TraitError(
                f"values has {sorted(values)}; it needs {sorted(known)}"
            )
        for name, value in values.items():
            # True == 1, but a script would not agree
            odd = isinstance(value, bool) != isinstance(known[name][0], bool)
            if odd or value not in known[name]:
                raise t.TraitError(
                    f"{name} is {value!r}; it must be one of {known[name]}"
                )
        return values


def explore(
    render: Callable,
    *,
    alt: str,
    title: str = "",
    start: dict | None = None,
    **choices: Sequence,
) -> Explorer:
    """Record what a function returns, to move about in without a kernel.

    It is called once for every combination of values, as ``interact`` of
    ipywidgets would call it when a reader gets there.

    Args:
        render: called with a value for each choice, by keyword. It returns a
            picture, a text, or both as a pair. A picture is (H, W, 3) uint8,
            a PIL image or a matplotlib figure; 128 of its colours are kept.
        alt: what is seen at first, in a sentence or two.
        title: what it is about; without one, the name of ``render``.
        start: the values to begin with, by name; else the first of each.
        choices: for each name numbers (a slider), texts (radio buttons), or
            ``[False, True]`` (a check box).

    Raises:
        ValueError: if values are of mixed kinds or fewer than two, if there
            are more than 60 combinations or more than 300 kB, or if
            ``render`` returns something else.
        TraitError: if ``start`` holds other values.

    Example:
        >>> explore(lambda n: f"{n} squared is {n * n}", n=[1, 2], alt="1.")
        Explorer(values={'n': 1})
    """
    if not alt.strip():
        raise ValueError("alt is empty: say what is seen at first")
    lists = {name: _options(name, choices[name]) for name in choices}
    count = math.prod(map(len, lists.values()))
    if not lists or count > MOST_STATES:
        sizes = " × ".join(str(len(values)) for values in lists.values())
        raise ValueError(
            f"{sizes or 'no choices'}: {count} states, but 2 to {MOST_STATES} "
            "can be recorded; give other values"
        )
    rows = itertools.product(*lists.values())
    places = [dict(zip(lists, row, strict=True)) for row in rows]
    answers = [_parts(render(**place)) for place in places]
    pictures, texts = map(list, zip(*answers, strict=True))
    drawn = [bool(picture) for picture in pictures]
    if len(set(drawn)) > 1:
        raise ValueError(
            f"render returned a picture for {places[drawn.index(True)]} but "
            f"none for {places[drawn.index(False)]}: return one for all "
            "values, or for none"
        )
    size = sum(len(p) for p in pictures) + sum(len(s.encode()) for s in texts)
    if size > MOST_BYTES:
        raise ValueError(
            f"{count} states take {size / 1000:.0f} kB, more than "
            f"{MOST_BYTES // 1000}: make the pictures smaller or plainer, or "
            "give fewer values"
        )
    name = getattr(render, "__name__", "render")
    name = name if name.isidentifier() else "render"
    return Explorer(
        choices=[[name, values] for name, values in lists.items()],
        values=places[0] | (start or {}),
        pictures=pictures if pictures[0] else [],
        texts=texts,
        called=name,
        title=title or name.replace("_", " "),
        alt=alt,
    )


def _options(name: str, values: Sequence) -> list:
    """Values as plain Python, after a check that they fit each other."""
    if isinstance(values, str):
        raise ValueError(f"{name} is a text; give a list of values")
    plain = [v.item() if isinstance(v, np.generic) else v for v in values]
    kinds = {float if type(v) is int else type(v) for v in plain}
    if len(kinds) != 1 or not kinds <= {bool, float, str}:
        raise ValueError(
            f"{name} is {plain}: give numbers only, texts only, or "
            "[False, True]"
        )
    if kinds == {float} and not all(map(math.isfinite, plain)):
        raise ValueError(f"{name} is {plain}: give finite numbers")
    if len(plain) < 2 or len(set(plain)) < len(plain):
        raise ValueError(f"{name} is {plain}: give two or more, all different")
    return plain


def _parts(answer: object) -> tuple[bytes, str]:
    """What ``render`` returned, as a PNG file and a text; both may be empty.

    Raises:
        ValueError: if it is none of the kinds that ``explore`` takes.
    """
    if isinstance(answer, str):
        return b"", answer
    if isinstance(answer, tuple) and len(answer) == 2:
        if isinstance(answer[1], str):
            return _file(answer[0]), answer[1]
    return _file(answer), ""


def _file(picture: object) -> bytes:
    if hasattr(picture, "savefig"):
        picture = _drawn(picture)
    if isinstance(picture, Image.Image):
        picture = picture.convert("RGB")
    image = np.asarray(picture)
    if image.dtype != np.uint8 or image.shape[2:] != (3,):
        raise ValueError(
            f"render returned {image.dtype} {image.shape}; it must be a "
            "picture, (H, W, 3) uint8, PIL or matplotlib, or a text, or a "
            "pair (picture, text)"
        )
    return png(image)


def _drawn(figure: object) -> Image.Image:
    """Turn a matplotlib figure into a picture."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor="white")
    # if pyplot made it, a notebook would show it once more
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot:
        pyplot.close(figure)
    return Image.open(buffer)
