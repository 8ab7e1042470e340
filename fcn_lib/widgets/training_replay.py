"""Three nets that learn, watched on one street."""

import base64
import binascii
import zlib

import numpy as np
import traitlets as t
from numpy.typing import NDArray

from fcn_lib.pixels import confusion_matrix, scores
from fcn_lib.scenes import CLASSES, PALETTE, scene
from fcn_lib.widgets.figure import Figure, packed
from fcn_lib.widgets.labelled import Labelled, traits_of

NETS = {"fcn32s": "FCN-32s", "fcn16s": "FCN-16s", "fcn8s": "FCN-8s"}
AGAIN = "record it anew: python -m fcn_lib results replay"


class TrainingReplay(Labelled, Figure):
    """A recorded training of FCN-32s, 16s and 8s, to be played or stepped.

    The three label maps of one street that no net has learned from are shown
    after the same number of steps, with the loss of each net and the IoU of
    each class.

    Args:
        record: what ``fcn_lib.results.read("replay")`` returns.
        settings: ``step`` to begin with.

    Attributes:
        step: how many steps of training each net has behind it; one of those
            at which the record has label maps.

    Raises:
        ValueError: if the record is incomplete or damaged, or its street is
            drawn in another way today.
        TraitError: if nothing was recorded at this step.
    """

    step = t.Int().tag(sync=True)

    picture_alt = t.Unicode().tag(sync=True)
    # how many steps lie behind each label map, the same for all nets
    steps = t.List(t.Int()).tag(sync=True)
    nets = t.List(t.Unicode()).tag(sync=True)
    # a mean of ``every`` steps each, net by net
    loss = t.List().tag(sync=True)
    every = t.Int().tag(sync=True)
    # (H, nets, steps, W), see ``_woven``
    maps = t.Bytes().tag(sync=True)

    shown = ("step",)

    def __init__(self, record: dict, **settings: object) -> None:
        runs = _runs(record)
        image, labels = scene(runs[0]["scene"])
        steps = [shot["step"] for shot in runs[0]["snapshots"]]
        maps = np.stack([_maps(run, labels) for run in runs])
        super().__init__(
            picture_alt="A street that no net has learned from",
            steps=steps,
            nets=list(NETS.values()),
            loss=[run["loss"] for run in runs],
            every=runs[0]["every"],
            maps=packed(_woven(maps)),
            **traits_of(image, labels, CLASSES, PALETTE),
            **{"step": steps[-1]} | settings,
        )

    @t.default("alt")
    def _seen(self) -> str:
        last = self.steps[-1]
        when = f"after {self.step} of {last} steps of their training"
        if self.step == last:
            when = "at the end of their training, from soft blobs to outlines"
        return (
            "A street, its true labels, and the label maps of FCN-32s, "
            f"FCN-16s and FCN-8s {when}. Each stands above the curve of its "
            "loss, and from curve to curve the loss is lower."
        )

    @t.validate("step")
    def _recorded(self, proposal: t.Bunch) -> int:
        if proposal["value"] not in self.steps:
            raise t.TraitError(
                f"step is {proposal['value']}; recorded are {self.steps}"
            )
        return proposal["value"]


def _runs(record: dict) -> list[dict]:
    """The recorded trainings, one of each net, if they fit together."""
    try:
        runs = [record["runs"][name] for name in NETS]
        times = {
            (
                run["scene"],
                run["every"],
                len(run["loss"]),
                *(shot["step"] for shot in run["snapshots"]),
            )
            for run in runs
        }
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"this is no record of a training ({error!r}): {AGAIN}"
        ) from error
    if not runs[0]["snapshots"]:
        raise ValueError(f"nothing was watched: {AGAIN}")
    if len(times) > 1:
        raise ValueError(f"the nets were watched at different steps: {AGAIN}")
    return runs


def _maps(run: dict, target: NDArray) -> NDArray:
    """Unpack the label maps of a training: (steps, H, W) uint8."""
    maps = []
    for shot in run["snapshots"]:
        step = shot["step"]
        try:
            plain = zlib.decompress(base64.b64decode(shot["labels"]))
            pred = np.frombuffer(plain, np.uint8).reshape(target.shape)
            table = confusion_matrix(pred, target, len(CLASSES))
        except (binascii.Error, zlib.error, ValueError) as error:
            raise ValueError(
                f"the label map of step {step} is damaged ({error}): {AGAIN}"
            ) from error
        if abs(scores(table).mean_iou - shot["mean_iou"]) > 1e-3:
            raise ValueError(
                f"the label map of step {step} is of another street: {AGAIN}"
            )
        maps.append(pred)
    return np.stack(maps)


def _woven(maps: NDArray) -> NDArray:
    """Put rows that look alike beside each other: zlib looks back 32 kB.

    Args:
        maps: (nets, steps, H, W).

    Returns:
        (H, nets, steps, W).
    """
    return maps.transpose(2, 0, 1, 3)
