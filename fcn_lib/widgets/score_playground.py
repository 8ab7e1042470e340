"""A tiny street to paint, its confusion matrix and its scores."""

import numpy as np
import traitlets as t
from numpy.typing import ArrayLike

from fcn_lib.pixels import VOID
from fcn_lib.widgets.figure import Figure

CLASSES = "building", "road", "car", "pedestrian"
# Okabe and Ito (2008), paled: dark letters stand out from all of them
PALETTE = (247, 234, 158), (206, 211, 221), (159, 208, 240), (245, 165, 125)
# a letter for each class; a dot is void
STREET = (
    "bbbbbbbbbb",
    "bbbrrrrpbb",
    "rrrccrrprr",
    "rrccccrprr",
    "rr.rr.rrrr",
    "rrrrrrrrrr",
)
MOST = 12  # rows and columns that a narrow screen has room to touch


class ScorePlayground(Figure):
    """A label map to paint beside the true one, and all that is scored.

    Each stroke changes the confusion matrix and the scores of
    ``fcn_lib.pixels`` at once.

    Args:
        target: true class ids (H, W), 255 for void; 1 to 12 rows and columns.
            A small street, if none is given.
        pred: the prediction to begin with, class ids (H, W). If none is
            given, it is the truth moved one column to the right.
        classes: the names of 2 to 6 classes. Each begins with another
            letter, which is written into its cells.
        palette: a pale colour (r, g, b) for each.
        settings: ``brush`` to begin with.

    Attributes:
        pred: the prediction, H * W class ids, row by row. Set a new list; a
            change inside the old one goes unseen.
        target: the true class ids in the same order.
        brush: the class to paint with; its IoU is the one explained.

    Raises:
        ValueError: if the target is no small map, or if classes, their
            letters and the palette do not fit each other.
        TraitError: if a label is out of range or the maps differ in size.

    Example:
        >>> ScorePlayground([[0, 0, 1], [0, 255, 1]], brush=1)
        ScorePlayground(brush=1)
    """

    pred = t.List(t.Int()).tag(sync=True)
    target = t.List(t.Int()).tag(sync=True)
    brush = t.Int(0, min=0).tag(sync=True)

    size = t.Tuple(t.Int(), t.Int()).tag(sync=True)
    classes = t.List(t.Unicode()).tag(sync=True)
    palette = t.List().tag(sync=True)

    shown = ("brush",)

    def __init__(
        self,
        target: ArrayLike | None = None,
        pred: ArrayLike | None = None,
        classes: tuple[str, ...] = CLASSES,
        palette: tuple = PALETTE,
        **settings: object,
    ) -> None:
        truth = np.asarray(_street() if target is None else target)
        if truth.ndim != 2 or not all(1 <= n <= MOST for n in truth.shape):
            raise ValueError(
                f"target is {truth.shape}: rows and columns, 1 to {MOST} of "
                "each"
            )
        _check_classes(classes, palette)
        guess = np.asarray(_shifted(truth.tolist()) if pred is None else pred)
        if guess.ndim > 1 and guess.shape != truth.shape:
            raise ValueError(
                f"pred is {guess.shape} but target is {truth.shape}: give as "
                "many rows and columns"
            )
        if target is None:
            settings.setdefault("brush", CLASSES.index("pedestrian"))
        super().__init__(
            size=truth.shape,
            classes=list(classes),
            palette=[list(color) for color in palette],
            target=truth.ravel().tolist(),
            pred=guess.ravel().tolist(),
            **settings,
        )

    @t.default("alt")
    def _seen(self) -> str:
        H, W = self.size
        if self._is_street():
            return (
                f"A street of {H} by {W} cells, and the same street moved one "
                "column to the right as its prediction; below, the confusion "
                "matrix and the scores. Most pixels are right, but not one "
                "of the pedestrian, who is one column wide."
            )
        return (
            f"A label map of {H} by {W} cells and a prediction to paint; "
            "below, the confusion matrix and the scores."
        )

    def _is_street(self) -> bool:
        """Tell the street with its first prediction, and nothing else."""
        street = _street()
        return (
            self.classes == list(CLASSES)
            and self.target == sum(street, [])
            and self.pred == sum(_shifted(street), [])
        )

    @t.validate("pred", "target")
    def _labels(self, proposal: t.Bunch) -> list[int]:
        name, labels = proposal["trait"].name, proposal["value"]
        (H, W), K = self.size, len(self.classes)
        if len(labels) != H * W:
            raise t.TraitError(
                f"{name} has {len(labels)} labels, but {H} rows of {W} "
                f"columns are {H * W}"
            )
        allowed = {*range(K), *([VOID] if name == "target" else [])}
        for i, label in enumerate(labels):
            if label not in allowed:
                void = ", or 255 for void" if VOID in allowed else ""
                raise t.TraitError(
                    f"{name} holds {label} at row {i // W}, column {i % W}: "
                    f"classes are 0 to {K - 1}{void}"
                )
        return labels

    @t.validate("brush")
    def _known(self, proposal: t.Bunch) -> int:
        value, last = proposal["value"], len(self.classes) - 1
        if value > last:
            raise t.TraitError(f"brush is {value}; the last class is {last}")
        return value


def _street() -> list[list[int]]:
    """Read the street: class ids (6, 10)."""
    ids = {name[0]: k for k, name in enumerate(CLASSES)} | {".": VOID}
    return [[ids[letter] for letter in row] for row in STREET]


def _shifted(target: list[list[int]]) -> list[list[int]]:
    """Move each row one column to the right; its first label stays."""
    rows = [_filled(row) for row in target]
    return [[row[0], *row[:-1]] for row in rows]


def _filled(row: list[int]) -> list[int]:
    """Give void the label on its left: a prediction has no void."""
    last = next((label for label in row if label != VOID), 0)
    out = []
    for label in row:
        last = last if label == VOID else label
        out.append(last)
    return out


def _check_classes(classes: tuple[str, ...], palette: tuple) -> None:
    """Refuse classes that cells could not tell apart."""
    if not 2 <= len(classes) == len(palette) <= 6:
        raise ValueError(
            f"{len(classes)} classes and {len(palette)} colours: there must "
            "be as many of one as of the other, 2 to 6"
        )
    if len({name[:1].upper() for name in classes} - {""}) < len(classes):
        raise ValueError(
            f"classes {', '.join(classes)}: each must begin with another "
            "letter, for that is what a cell shows"
        )
