"""Street scenes drawn from a seed: any number, any size, exact labels.

The default data of the book. ``scene`` draws one street, ``Scenes`` is a
dataset of them. Short modules do the work: ``view`` holds the camera and the
light, ``draw`` turns metres into pixels and classes, ``sky``, ``ground``,
``houses``, ``cars``, ``people`` and ``things`` know what each looks like,
``layout`` decides what stands where, and ``street`` draws it all.
"""

import numpy as np
from torch.utils.data import Dataset

from fcn_lib.scenes.draw import VOID
from fcn_lib.scenes.street import draw

__all__ = ["CLASSES", "PALETTE", "VOID", "Scenes", "scene"]

CLASSES = (
    "sky", "building", "road", "sidewalk", "tree", "car", "pedestrian",
    "pole",
)  # fmt: skip
PALETTE = (
    (160, 176, 255),
    (120, 60, 72),
    (66, 34, 104),
    (178, 162, 168),
    (58, 172, 92),
    (12, 46, 190),
    (210, 34, 6),
    (232, 240, 72),
)


def scene(
    seed: int, size: tuple[int, int] = (160, 224)
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the street of a seed.

    Args:
        seed: 0, 1, 2, ...; one seed is one street, at whatever size.
        size: (H, W) in pixels.

    Returns:
        The image, (H, W, 3) uint8, and its labels, (H, W) uint8: an index
        into ``CLASSES``, or 255 where no class holds most of a pixel.

    Raises:
        ValueError: if the seed or the size cannot be drawn.

    Example:
        >>> image, labels = scene(7, size=(32, 48))
        >>> image.shape, labels.shape
        ((32, 48, 3), (32, 48))
    """
    return _street(np.random.SeedSequence(_seed(seed)), _size(size))


class Scenes(Dataset):
    """A dataset of streets; another seed shares no street with this one.

    Args:
        length: how many streets.
        size: (H, W) of each in pixels.
        seed: 0, 1, 2, ...; which streets.

    Example:
        >>> train, test = Scenes(200, seed=0), Scenes(50, seed=1)
        >>> image, labels = test[3]
        >>> image.shape, len(test)
        ((160, 224, 3), 50)
    """

    def __init__(
        self,
        length: int,
        size: tuple[int, int] = (160, 224),
        seed: int = 0,
    ) -> None:
        """Choose ``length`` streets; each is drawn when it is asked for."""
        if not _whole(length) or length < 0:
            raise ValueError(f"length is {length!r}; give a number from 0 up")
        self.length = int(length)
        self.size = _size(size)
        self.seed = _seed(seed)

    def __len__(self) -> int:
        """Count the streets."""
        return self.length

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw street ``index``; the same bytes every time."""
        if not 0 <= index < self.length:
            raise IndexError(f"no street {index} among {self.length}")
        # a branch of its own per item: no item of another seed can equal it
        sequence = np.random.SeedSequence(self.seed, spawn_key=(int(index),))
        return _street(sequence, self.size)


def _street(
    sequence: np.random.SeedSequence, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    # the sensor draws apart, so that a street is the same at every size
    layout, sensor = (
        np.random.Generator(np.random.PCG64(branch))
        for branch in sequence.spawn(2)
    )
    return draw(size, layout, sensor)


def _whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _seed(seed: int) -> int:
    if not _whole(seed) or seed < 0:
        raise ValueError(f"seed is {seed!r}; give a whole number from 0 up")
    return int(seed)


def _size(size: tuple[int, int]) -> tuple[int, int]:
    try:
        H, W = size
    except (TypeError, ValueError):
        H = W = None  # not a pair: the message below names it
    if not (_whole(H) and _whole(W) and H > 0 and W > 0):
        raise ValueError(
            f"size is {size!r}; give (H, W), two whole numbers from 1 up"
        )
    return int(H), int(W)
