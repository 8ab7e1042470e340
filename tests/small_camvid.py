"""Pictures of noise, and a small CamVid of them."""

import numpy as np
from PIL import Image

from fcn_lib.datasets import CAMVID


def pairs(count=2, num_classes=3, size=(64, 96)):
    """Images and labels, both noise."""
    rng = np.random.default_rng(0)
    return [
        (
            rng.integers(0, 256, (*size, 3)).astype(np.uint8),
            rng.integers(0, num_classes, size).astype(np.uint8),
        )
        for _ in range(count)
    ]


def camvid_folder(root):
    """A folder that holds such pairs as CamVid/; returns it."""
    for split in "train", "test":
        for name in split, f"{split}annot":
            (root / "CamVid" / name).mkdir(parents=True)
        for i, (image, labels) in enumerate(pairs(2, len(CAMVID))):
            labels[0] = 11  # void, in the files
            for name, part in ((split, image), (f"{split}annot", labels)):
                path = root / "CamVid" / name / f"{i}.png"
                Image.fromarray(part).save(path)
    return root
