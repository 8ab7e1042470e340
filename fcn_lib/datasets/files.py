"""Single pictures and label maps, read from files or refused by name."""

import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from fcn_lib.pixels import VOID

FORMATS = ("PNG", "JPEG")
GREY = 0  # the colour type of a PNG file
TOO_LARGE = (Image.DecompressionBombWarning, Image.DecompressionBombError)


def read_image(path: str | Path) -> NDArray:
    """Read a photograph, turned the way its camera was held.

    Grey, palette and CMYK files become RGB. What is transparent is laid on
    white.

    Args:
        path: a PNG or JPEG file.

    Returns:
        (H, W, 3) uint8.

    Raises:
        ValueError: if the file is damaged, of another kind, too large, or
            has more than 8 bits of grey.
    """
    return to_rgb(_open(path), path)


def read_labels(
    path: str | Path, num_classes: int, void: int = VOID
) -> NDArray:
    """Read a label map whose pixels are class ids.

    Args:
        path: a PNG file, grey or with a palette. Of a palette file the
            indices are read, not the colours.
        num_classes: K; ids are 0 to K-1.
        void: the label that void pixels have in the file.

    Returns:
        (H, W) uint8, 255 for void.

    Raises:
        ValueError: if the file is damaged, has colours instead of ids, is
            grey with other than 8 bits, or holds a label that is no class.
    """
    image = _open(path)
    if image.format != "PNG":
        raise ValueError(
            f"{path} is a {image.format} file, which blurs labels: save "
            "label maps as PNG"
        )
    bits, kind = _header(path)
    if kind == GREY and bits != 8:
        raise ValueError(
            f"{path} is grey with {bits} bit{'s' * (bits > 1)}, which are not "
            "read as they stand: save it with 8 bits or with a palette"
        )
    if image.mode not in ("L", "P"):
        raise ValueError(
            f"{path} has mode {image.mode}, not one class id a pixel: turn "
            "colours into ids with fcn_lib.pixels.to_labels"
        )
    labels = np.array(image)
    labels[labels == void] = VOID
    wrong = labels[(labels >= num_classes) & (labels != VOID)]
    if wrong.size:
        raise ValueError(
            f"{path} holds label {wrong[0]} ({wrong.size} pixels), but there "
            f"are {num_classes} classes: mark void with {void}"
        )
    return labels


def read_pair(
    image_path: str | Path,
    labels_path: str | Path,
    num_classes: int,
    void: int = VOID,
) -> tuple[NDArray, NDArray]:
    """Read a photograph and its labels, and see that they fit.

    Args:
        image_path: as for ``read_image``.
        labels_path: as for ``read_labels``.
        num_classes: K.
        void: as for ``read_labels``.

    Returns:
        (H, W, 3) uint8 and (H, W) uint8.

    Raises:
        ValueError: as the two readers, or if the sizes differ.
    """
    image = read_image(image_path)
    labels = read_labels(labels_path, num_classes, void)
    if image.shape[:2] != labels.shape:
        raise ValueError(
            f"{image_path} is {image.shape[:2]} (upright) but {labels_path} "
            f"is {labels.shape}: image and labels need the same size"
        )
    return image, labels


def to_rgb(image: Image.Image, name: str | Path = "the image") -> NDArray:
    """Turn a PIL image upright and make it uint8 (H, W, 3).

    Args:
        image: of any mode with 8 bits a channel or fewer.
        name: what an error calls it.

    Raises:
        ValueError: if it has more bits than that.

    Example:
        >>> to_rgb(Image.new("L", (2, 1), 7)).tolist()
        [[[7, 7, 7], [7, 7, 7]]]
    """
    if image.mode.startswith(("I", "F")):
        raise ValueError(
            f"{name} has more than 8 bits a channel (mode {image.mode}): "
            "save it with 8, or its bright parts would all become white"
        )
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    return np.array(image.convert("RGB"))


def to_images(image: NDArray | Image.Image) -> Tensor:
    """Make a net's input of one picture.

    Args:
        image: (H, W, 3) uint8, or a PIL image.

    Returns:
        (1, 3, H, W) float32 with values in 0…1.

    Raises:
        ValueError: if the array is of another shape or type, or empty.

    Example:
        >>> to_images(np.zeros((4, 6, 3), dtype=np.uint8)).shape
        torch.Size([1, 3, 4, 6])
    """
    pixels = to_rgb(image) if isinstance(image, Image.Image) else image
    shape, dtype = np.shape(pixels), getattr(pixels, "dtype", None)
    if len(shape) != 3 or shape[2] != 3 or 0 in shape or dtype != np.uint8:
        raise ValueError(
            f"an image is uint8 (H, W, 3) with H, W >= 1, not {dtype} "
            f"{shape}: read files with fcn_lib.datasets.read_image"
        )
    tensor = torch.from_numpy(np.ascontiguousarray(pixels).copy())
    return tensor.permute(2, 0, 1)[None].float() / 255


def _open(path: str | Path) -> Image.Image:
    """Decode a whole file, any failure told with its name."""
    if Path(path).is_dir():
        raise ValueError(f"{path} is a folder: give the path of one file")
    try:
        with warnings.catch_warnings():
            # a picture this large may be made to exhaust the memory
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                image.load()
                return image
    except FileNotFoundError:
        raise
    except TOO_LARGE as error:
        raise ValueError(
            f"{path} is too large ({error}): scale it down first"
        ) from error
    except Exception as error:
        raise ValueError(
            f"{path} cannot be read as PNG or JPEG ({error}): is the file "
            "complete?"
        ) from error


def _header(path: str | Path) -> tuple[int, int]:
    """Bits a channel and colour type of a PNG file, from its first chunk."""
    with open(path, "rb") as file:
        bits, kind = file.read(26)[24:]
    return bits, kind
