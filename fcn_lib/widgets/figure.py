"""What every interactive figure shares.

A figure is an anywidget, and so an ipywidgets widget: in JupyterLab and in
Colab Python sees its values change. Its script computes all that a reader can
ask for, so that it works in a page without a kernel just as well.
"""

import inspect
import io
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import anywidget
import numpy as np
import traitlets as t
from numpy.typing import NDArray
from PIL import Image

STYLE = Path(__file__).with_name("widgets.css")
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)


class Figure(anywidget.AnyWidget):
    """The base of all figures.

    ``X`` in ``y.py`` has its script in ``y.js``, and what its look needs
    beyond ``widgets.css`` in ``y.css``.

    Attributes:
        alt: a few sentences that say what is seen at first. They stand in
            for the figure where scripts are off or pictures unseen. If none
            are given, they are made of the settings to begin with.
    """

    alt = t.Unicode().tag(sync=True)
    # what a figure is called by: names of traits, in its ``repr``
    shown: tuple[str, ...] = ()

    def __init_subclass__(cls, **kwargs: object) -> None:
        # traitlets derives classes too, which bring their script along
        if "_esm" not in vars(cls):
            module = Path(inspect.getfile(cls))
            cls._esm = bundle(module.with_suffix(".js"))
            texts = (path.read_text("utf-8") for path in style_sheets(module))
            cls._css = "".join(texts)
        super().__init_subclass__(**kwargs)

    def __repr__(self) -> str:
        """Name the settings only: the same call always prints the same."""
        values = (f"{name}={getattr(self, name)!r}" for name in self.shown)
        return f"{type(self).__name__}({', '.join(values)})"


def bundle(script: Path) -> str:
    """Put a figure's script and what it imports into one text.

    A widget's script travels as text, where no import could find a file.

    Args:
        script: a JavaScript module. It may import from ``./lib.js``.
    """

    def imported(found: re.Match) -> str:
        text = script.with_name(found[1]).read_text("utf-8")
        return re.sub(r"^export ", "", text, flags=re.MULTILINE)

    return IMPORT.sub(imported, script.read_text("utf-8"))


def style_sheets(module: Path) -> list[Path]:
    """Find the style sheets of a figure: the common one, and its own, if any.

    Args:
        module: the Python file of the figure.
    """
    own = module.with_suffix(".css")
    return [STYLE, own] if own.exists() else [STYLE]


def packed(values: NDArray) -> bytes:
    """Compress an array of bytes; ``unpack`` in ``lib.js`` is the way back.

    Args:
        values: uint8 or int8, of any shape; rows follow each other.

    Raises:
        ValueError: if the array holds something else.
    """
    if values.dtype not in (np.uint8, np.int8):
        raise ValueError(
            f"values are {values.dtype}; only uint8 and int8 can be packed: "
            "convert them with astype, or look at their bytes with view"
        )
    return zlib.compress(np.ascontiguousarray(values).tobytes(), 9)


def listed(numbers: Sequence[int]) -> str:
    """Write down one number or more.

    Example:
        >>> listed([1, 2, 4])
        '1, 2 and 4'
    """
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last


def png(image: NDArray, colors: int = 128) -> bytes:
    """Make a small PNG file of a picture.

    Args:
        image: (H, W, 3) uint8.
        colors: how many it may have, up to 256.
    """
    picture = Image.fromarray(image).quantize(
        colors, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
