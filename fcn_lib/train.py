"""Train a net, judge it, and keep it for the next chapter.

The recipe is short on purpose: AdamW, a learning rate that rises and falls
once (Smith and Topin, 2019), and images that are mirrored half of the time.
"""

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision.transforms.v2 import RandomHorizontalFlip
from torchvision.tv_tensors import Image, Mask
from tqdm.auto import tqdm

from fcn_lib.backbones import evaluating
from fcn_lib.fingerprint import fingerprint
from fcn_lib.losses import masked_cross_entropy
from fcn_lib.pixels import confusion_matrix
from fcn_lib.scenes import CLASSES, Scenes

Pairs = Sequence[tuple[NDArray, NDArray]]

NETS = {"fcn32s": "FCN32s"}
SPLITS = {"train": (256, 0), "test": (64, 1)}  # length, seed


def device() -> torch.device:
    """Choose the GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def scene_pairs(split: str) -> Pairs:
    """Draw the scenes that all nets of the book learn from, or are judged on.

    Args:
        split: "train" (256 scenes) or "test" (64 others).

    Raises:
        ValueError: if there is no such split.
    """
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}: splits are {list(SPLITS)}")
    length, seed = SPLITS[split]
    return list(Scenes(length, seed=seed))


def fit(
    net: nn.Module,
    data: Pairs,
    steps: int = 150,
    batch_size: int = 8,
    learning_rate: float = 3e-3,
    seed: int = 0,
) -> list[float]:
    """Train a net on pairs of image and labels, all of one size.

    Torch's generator of random numbers is seeded anew, here and thus for
    all that follows.

    Args:
        net: maps images (N, 3, H, W) in 0…1 to logits (N, K, H, W).
        data: pairs of uint8 (H, W, 3) and uint8 (H, W), 255 for void.
        steps: how many batches.
        batch_size: images in a batch.
        learning_rate: its highest value, reached after 0.3 of the steps.
        seed: of the order of images, and of which are mirrored.

    Returns:
        The loss of each step.

    Raises:
        ValueError: if the loss is no longer a number, if there are too few
            pairs to fill a batch, or if a batch mixes sizes.
    """
    if len(data) < batch_size:
        raise ValueError(
            f"{len(data)} pairs do not fill a batch of {batch_size}: give "
            "more, or a smaller batch_size"
        )
    torch.manual_seed(seed)
    where = next(net.parameters()).device
    optimizer = torch.optim.AdamW(net.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, total_steps=steps
    )
    batches = _forever(data, batch_size)
    losses = []
    # twice as fast on a CPU: the channels of a pixel lie side by side
    net.train().to(memory_format=torch.channels_last)
    quiet = bool(os.environ.get("FCN_QUIET"))
    for step in tqdm(range(steps), desc="training", disable=quiet):
        images, target = next(batches)
        logits = net(images.to(where).float() / 255)
        loss = masked_cross_entropy(logits, target.to(where).long())
        if not loss.isfinite():
            raise ValueError(
                f"the loss is {loss.item()} at step {step}: try a learning "
                f"rate below {learning_rate}"
            )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    net.eval()
    return losses


@torch.no_grad()
def evaluate(net: nn.Module, data: Pairs, num_classes: int) -> Tensor:
    """Count every pixel of a data set in one confusion matrix.

    Args:
        net: as for ``fit``.
        data: as for ``fit``, but images may differ in size.
        num_classes: K.

    Returns:
        (K, K) int64, see ``fcn_lib.pixels.confusion_matrix``.
    """
    where = next(net.parameters()).device
    total = torch.zeros(num_classes, num_classes, dtype=torch.int64)
    with evaluating(net):
        for pair in data:
            images, target = _stack([_tensors(*pair)])
            logits = net(images.to(where).float() / 255)
            total += confusion_matrix(logits, target, num_classes)
    return total


# a caller's random numbers are the same, whether it trains or loads
@torch.random.fork_rng()
def trained(name: str, data: str = "scenes", seed: int = 0) -> nn.Module:
    """Fetch a trained net: from the cache, or by training it now.

    The cache is ``~/.cache/fcn_lib``, or the folder that the environment
    variable ``FCN_CACHE`` names. A net is kept under a fingerprint of all
    the code that made it, so that new code trains anew.

    Args:
        name: "fcn32s".
        data: "scenes".
        seed: of the new layers and of the order of images.

    Returns:
        The net, on the GPU if there is one, in eval mode.

    Raises:
        ValueError: if there is no such net or no such data.
    """
    if name not in NETS or data != "scenes":
        raise ValueError(
            f"no net {name!r} for data {data!r}: nets are {list(NETS)}, data "
            "is 'scenes'"
        )
    module = import_module(f"fcn_lib.{name}")
    torch.manual_seed(seed)
    net = getattr(module, NETS[name])(len(CLASSES)).to(device())
    path = _cache_path(name, data, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        try:
            net.load_state_dict(load_file(path))
        except (OSError, SafetensorError):  # not there yet, or damaged
            fit(net, scene_pairs("train"), seed=seed)
            partial = path.with_suffix(".partial")
            weights = net.state_dict().items()
            save_file({k: v.contiguous() for k, v in weights}, partial)
            partial.replace(path)
    # as ``fit`` leaves it: loaded or trained, it gives the same bits
    return net.eval().to(memory_format=torch.channels_last)


def _cache_path(name: str, data: str, seed: int) -> Path:
    folder = os.environ.get("FCN_CACHE") or Path.home() / ".cache/fcn_lib"
    cells = [f"import fcn_lib.train, fcn_lib.{name}", f"# {torch.__version__}"]
    key = fingerprint(Path(__file__).parents[1], cells)[:16]
    return Path(folder) / f"{name}-{data}-{seed}-{key}.safetensors"


def _forever(data: Pairs, batch_size: int) -> Iterator[list[Tensor]]:
    """Batches in random order, half of the images mirrored."""
    mirror = RandomHorizontalFlip()
    loader = DataLoader(
        data,
        batch_size,
        shuffle=True,
        drop_last=True,
        collate_fn=lambda pairs: _stack(
            [mirror(*_tensors(*pair)) for pair in pairs]
        ),
    )
    while True:
        yield from loader


def _tensors(image: NDArray, labels: NDArray) -> tuple[Image, Mask]:
    """Make uint8 (3, H, W) and (H, W), known as picture and as labels."""
    # torch knows no negative strides, which flipped arrays have
    pixels, ids = map(np.ascontiguousarray, (image.transpose(2, 0, 1), labels))
    return Image(torch.from_numpy(pixels)), Mask(torch.from_numpy(ids))


def _stack(pairs: Sequence[tuple[Tensor, Tensor]]) -> list[Tensor]:
    """Make batches (N, 3, H, W) and (N, H, W)."""
    sizes = sorted({tuple(part.shape[-2:]) for pair in pairs for part in pair})
    if len(sizes) > 1:
        raise ValueError(
            "images or labels of "
            + " and ".join(f"{H}x{W}" for H, W in sizes[:2])
            + " do not fit into one batch: crop them, or use batch_size=1"
        )
    return [torch.stack(parts) for parts in zip(*pairs, strict=True)]
