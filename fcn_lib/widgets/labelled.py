"""What figures share that show a picture and its labels."""

import numpy as np
import traitlets as t
from numpy.typing import NDArray

from fcn_lib.widgets.figure import packed, png


class Labelled(t.HasTraits):
    """A picture with labels; ``traits_of`` gives the values."""

    size = t.Tuple(t.Int(), t.Int()).tag(sync=True)
    classes = t.List(t.Unicode()).tag(sync=True)
    palette = t.List().tag(sync=True)
    picture = t.Bytes().tag(sync=True)
    labels = t.Bytes().tag(sync=True)


class Pointed(Labelled):
    """A picture with labels, in which a pixel is pointed at.

    Attributes:
        row: that of the pixel pointed at.
        column: that of the pixel pointed at.
    """

    row = t.Int(0, min=0).tag(sync=True)
    column = t.Int(0, min=0).tag(sync=True)

    @t.validate("row", "column")
    def _within(self, proposal: t.Bunch) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        most = self.size[name == "column"] - 1
        if value > most:
            raise t.TraitError(f"{name} is {value}; the last one is {most}")
        return value


def traits_of(
    image: NDArray,
    labels: NDArray,
    classes: tuple[str, ...],
    palette: tuple[tuple[int, int, int], ...],
) -> dict[str, object]:
    """Put a picture and its labels into traits of ``Labelled``.

    Args:
        image: (H, W, 3) uint8.
        labels: class ids (H, W), 255 for void.
        classes: the names of the classes.
        palette: a colour (r, g, b) for each.

    Raises:
        ValueError: if image and labels differ in size.
    """
    if image.shape != (*labels.shape, 3):
        raise ValueError(
            f"image {image.shape} and labels {labels.shape} need the same "
            "height and width"
        )
    return {
        "size": labels.shape,
        "classes": list(classes),
        "palette": [list(color) for color in palette],
        "picture": png(image),
        "labels": packed(labels.astype(np.uint8)),
    }
