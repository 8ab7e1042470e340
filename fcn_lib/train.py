"""Train a net, judge it, and fetch it again in the next chapter.

The recipe is short on purpose: AdamW, a learning rate that rises and falls
once (Smith and Topin, 2019), random windows of images that are mirrored half
of the time. On scenes the first layers of the backbone stay as they are.
"""

import os
from functools import partial
from importlib import import_module

import numpy as np
import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from fcn_lib.backbones import evaluating, fixing
from fcn_lib.batches import Pairs, batches, stack, tensors
from fcn_lib.cache import kept
from fcn_lib.checkpoints import Keep
from fcn_lib.losses import class_weights, masked_cross_entropy
from fcn_lib.pixels import confusion_matrix
from fcn_lib.scenes import CLASSES, Scenes

NETS = {"fcn32s": "FCN32s", "fcn16s": "FCN16s", "fcn8s": "FCN8s"}
SPLITS = {"train": (256, 0), "test": (64, 1)}  # length, seed
STAGES = {"fcn32s": None, "fcn16s": "fcn32s", "fcn8s": "fcn16s"}
# of each stage on scenes; the last map is the finest, and has most to learn
STEPS = {"fcn32s": 160, "fcn16s": 160, "fcn8s": 480}
# for nets that learn at once: about a minute on scenes, three on CamVid
RECIPES = {
    "scenes": {
        "steps": 320,
        "batch_size": 8,
        "learning_rate": 6e-3,
        "crop": (128, 192),
        "fixed": 4,
    },
    "camvid": {
        "steps": 300,
        "batch_size": 8,
        "learning_rate": 6e-3,
        "crop": (160, 224),
        "fixed": 0,
    },
}


def device() -> torch.device:
    """Choose the GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def scene_pairs(split: str) -> Pairs:
    """Fetch the scenes that all nets of the book learn from, or are judged on.

    They are drawn once, and kept, see ``fcn_lib.cache``.

    Args:
        split: "train" (256 scenes) or "test" (64 others).

    Raises:
        ValueError: if there is no such split.
    """
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}: splits are {list(SPLITS)}")
    length, seed = SPLITS[split]

    drawn = kept(
        f"scenes-{length}-{seed}",
        ["import fcn_lib.scenes"],
        partial(_drawn, length, seed),
    )
    images, labels = drawn["images"].numpy(), drawn["labels"].numpy()
    return list(zip(images, labels, strict=True))


def fit(
    net: nn.Module,
    data: Pairs,
    steps: int = 320,
    batch_size: int = 8,
    learning_rate: float = 6e-3,
    seed: int = 0,
    crop: tuple[int, int] | None = None,
    fixed: int = 0,
    weight: Tensor | None = None,
    keep: Keep | None = None,
) -> list[float]:
    """Train a net on pairs of image and labels, of one size, or cut to one.

    Torch's generator of random numbers is seeded anew, here and thus for
    all that follows.

    Args:
        net: maps images (N, 3, H, W) in 0…1 to logits (N, K, H, W).
        data: pairs of uint8 (H, W, 3) and uint8 (H, W), 255 for void.
        steps: how many batches.
        batch_size: images in a batch.
        learning_rate: its highest value, reached after 0.3 of the steps.
        seed: of the order of images, and of which are mirrored.
        crop: (H, W) of random windows to train on, see ``fcn_lib.batches``.
        fixed: the layers of ``net.backbone`` up to the map of this stride
            keep what they know; 0 lets all layers learn.
        weight: (K,), see ``fcn_lib.losses.class_weights``.
        keep: where to write checkpoints; a run that goes on from one gives,
            on a CPU, the same bits as one that was never cut off.

    Returns:
        The loss of each step.

    Raises:
        ValueError: if the loss is no longer a number, if there are too few
            pairs to fill a batch, if a batch mixes sizes, or if the backbone
            has no map of the stride ``fixed``.
        CheckpointError: if the checkpoint is damaged, or of another run.
    """
    settings = {
        "steps": steps,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "seed": seed,
        "pairs": len(data),
        "crop": crop,
        "fixed": fixed,
        "weight": None if weight is None else weight.tolist(),
    }
    torch.manual_seed(seed)
    where = next(net.parameters()).device
    weight = None if weight is None else weight.to(where)
    # twice as fast on a CPU: the channels of a pixel lie side by side
    net.train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        learning_rate,
        total_steps=steps,
        anneal_strategy="linear",  # as in the paper
    )
    parts = {"net": net, "optimizer": optimizer, "schedule": schedule}
    losses = []
    if keep and keep.resume:
        losses = keep.restore(parts, settings)
    start = len(losses)
    bar = tqdm(
        batches(data, batch_size, seed, start, steps, crop),
        desc="training",
        total=steps,
        initial=start,
        disable=bool(os.environ.get("FCN_QUIET")),
    )
    early = net.backbone.up_to(fixed) if fixed else []
    with fixing(early):
        for images, target in bar:
            logits = net(images.to(where).float() / 255)
            target = target.to(where).long()
            loss = masked_cross_entropy(logits, target, weight=weight)
            if not loss.isfinite():
                raise ValueError(
                    f"the loss is {loss.item()} at step {len(losses)}: try a "
                    f"learning rate below {learning_rate}"
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            if keep and (
                len(losses) % keep.every == 0 or len(losses) == steps
            ):
                keep.store(parts, settings, losses)
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
            images, target = stack([tensors(*pair)])
            logits = net(images.to(where).float() / 255)
            total += confusion_matrix(logits, target, num_classes)
    return total


# a caller's random numbers are the same, whether it trains or loads
@torch.random.fork_rng()
def trained(name: str, data: str = "scenes", seed: int = 0) -> nn.Module:
    """Fetch a trained net: from the cache, or by training it now.

    FCN-16s goes on where FCN-32s ended, and FCN-8s where FCN-16s ended, as
    in the paper; ``STEPS`` says how many steps each takes.

    New code trains anew, see ``fcn_lib.cache``.

    Args:
        name: "fcn32s", "fcn16s" or "fcn8s".
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
    stages = [name]
    while before := STAGES[stages[-1]]:
        stages.append(before)
    state = kept(
        f"{name}-{data}-{seed}",
        [f"import fcn_lib.{module}" for module in ("train", *stages)],
        partial(_learned, name, data, seed),
    )
    net = make(name, len(CLASSES), pretrained=False)
    net.load_state_dict(state)
    # as ``fit`` leaves it: loaded or trained, it gives the same bits
    return net.to(device()).eval().to(memory_format=torch.channels_last)


def make(name: str, num_classes: int, **options: object) -> nn.Module:
    """Make a fresh net by its name.

    Args:
        name: "fcn32s", "fcn16s" or "fcn8s".
        num_classes: K.
        options: ``backbone`` and ``pretrained``.

    Raises:
        ValueError: if there is no net of that name.
    """
    return _kind(name)(num_classes, **options)


def grow(name: str, before: nn.Module) -> nn.Module:
    """Begin a net where the stage before it ended.

    Args:
        name: "fcn16s" or "fcn8s".
        before: a trained FCN-32s for "fcn16s", an FCN-16s for "fcn8s".

    Raises:
        ValueError: if there is no such net, or it grows from no other.
    """
    if STAGES.get(name) is None:
        raise ValueError(f"{name!r} grows from no other net: use make")
    return getattr(_kind(name), f"from_{STAGES[name]}")(before)


def begin(name: str, data: str = "scenes", seed: int = 0) -> nn.Module:
    """Make a net as ``trained`` finds it: fresh, or grown from another.

    Args:
        name: "fcn32s", "fcn16s" or "fcn8s".
        data: "scenes".
        seed: of the new layers.
    """
    torch.manual_seed(seed)
    if STAGES[name] is None:
        return make(name, len(CLASSES))
    return grow(name, trained(STAGES[name], data, seed))


def _kind(name: str) -> type[nn.Module]:
    """The class of a net; imported here, so that a key knows only its own."""
    if name not in NETS:
        raise ValueError(f"no net {name!r}: nets are {list(NETS)}")
    return getattr(import_module(f"fcn_lib.{name}"), NETS[name])


def _drawn(length: int, seed: int) -> dict:
    """Scenes, as tensors of all images and of all labels."""
    images, labels = zip(*Scenes(length, seed=seed), strict=True)
    return {
        "images": torch.from_numpy(np.stack(images)),
        "labels": torch.from_numpy(np.stack(labels)),
    }


def _learned(name: str, data: str, seed: int) -> dict:
    """The weights of a net, trained now."""
    net = begin(name, data, seed).to(device())
    pairs = scene_pairs("train")
    weight = class_weights((labels for _, labels in pairs), len(CLASSES))
    recipe = RECIPES[data] | {"steps": STEPS[name]}
    fit(net, pairs, seed=seed, weight=weight, **recipe)
    return net.state_dict()
