"""How nets that learned from drawn streets do on photographs of streets.

CamVid's test photographs at half size are scored in the eight classes that
both data sets have; sign, fence and cyclist become void. Beside them stands
the one answer that is most often right.
"""

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fcn_lib import train
from fcn_lib.batches import Pairs
from fcn_lib.datasets import CAMVID, camvid, load
from fcn_lib.pixels import VOID
from fcn_lib.results.learning import score_labels, score_net
from fcn_lib.results.store import Jobs, measure
from fcn_lib.scenes import CLASSES

CODE = "\n".join(
    ["import fcn_lib.results.gap"]
    + [f"import fcn_lib.{name}" for name in train.NETS]
)
# the same thing under another name
RENAMED = {"pavement": "sidewalk"}


def camvid_gap(path: Path, root: str | None = None) -> dict:
    """Score the three nets of ``train.trained``, and constant answers."""
    command = f"python -m fcn_lib results {path.stem} --root DATA"
    return measure(path, _jobs(root), CODE, command)


def to_scenes(labels: NDArray) -> NDArray:
    """Turn CamVid's classes into those of the drawn streets.

    Args:
        labels: (H, W) uint8, ids into ``CAMVID``, 255 for void.

    Returns:
        (H, W) uint8, ids into ``CLASSES``; 255 where there is no such class.

    Example:
        >>> road, fence = (list(CAMVID).index(k) for k in ("road", "fence"))
        >>> to_scenes(np.array([[road, fence, 255]], dtype=np.uint8))
        array([[  2, 255, 255]], dtype=uint8)
    """
    table = np.full(256, VOID, dtype=np.uint8)
    for i, name in enumerate(CAMVID):
        name = RENAMED.get(name, name)
        if name in CLASSES:
            table[i] = CLASSES.index(name)
    return table[labels]


MEASUREMENTS = {"gap-camvid": camvid_gap}


def _jobs(root: str | None) -> Jobs:
    pairs = load(camvid(root, "test", shrink=2))
    shared = [(image, to_scenes(labels)) for image, labels in pairs]
    yield "constant", partial(_constant, pairs, tuple(CAMVID))
    yield "constant of eight", partial(_constant, shared, CLASSES)
    for name in train.NETS:
        yield (
            name,
            lambda name=name: score_net(train.trained(name), shared, CLASSES),
        )


def _constant(pairs: Pairs, classes: tuple[str, ...]) -> dict:
    """Score the class that is most frequent, as the answer everywhere."""
    target = np.stack([labels for _, labels in pairs])
    counts = np.bincount(target.ravel(), minlength=256)[: len(classes)]
    answer = int(counts.argmax())
    preds = np.full_like(target, answer)
    return {"answer": classes[answer]} | score_labels(preds, pairs, classes)
