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
    after the same share of each training, with the loss of each net and the
    IoU of each class.

    Args:
        record: what ``fcn_lib.results.read("replay")`` returns.
        settings: ``share`` to begin with.

    Attributes:
        share: how much of its training each net has behind it, in percent;
            one of those at which the record has label maps.

    Raises:
        ValueError: if the record is incomplete or damaged, or its street is
            drawn in another way today.
        TraitError: if nothing was recorded at this share.
    """

    share = t.Float().tag(sync=True)

    picture_alt = t.Unicode().tag(sync=True)
    # what lies behind each label map, the same for all nets
    shares = t.List(t.Float()).tag(sync=True)
    nets = t.List(t.Unicode()).tag(sync=True)
    # how many steps each net takes
    totals = t.List(t.Int()).tag(sync=True)
    # net by net, a mean of each ``every`` percent of the training
    loss = t.List().tag(sync=True)
    every = t.Float().tag(sync=True)
    # (H, nets, shares, W), see ``_woven``
    maps = t.Bytes().tag(sync=True)

    shown = ("share",)

    def __init__(self, record: dict, **settings: object) -> None:
        runs = _runs(record)
        image, labels = scene(runs[0]["scene"])
        shares, every = _times(runs[0])
        maps = np.stack([_maps(run, labels) for run in runs])
        super().__init__(
            picture_alt="A street that no net has learned from",
            shares=shares,
            nets=list(NETS.values()),
            totals=[run["steps"] for run in runs],
            loss=[run["loss"] for run in runs],
            every=every,
            maps=packed(_woven(maps)),
            **traits_of(image, labels, CLASSES, PALETTE),
            **{"share": shares[-1]} | settings,
        )

    @t.default("alt")
    def _seen(self) -> str:
        when = f"after {self.share:g} percent of their training"
        if self.share == self.shares[-1]:
            when = "at the end of their training, from soft blobs to outlines"
        return (
            "A street, its true labels, and the label maps of FCN-32s, "
            f"FCN-16s and FCN-8s {when}. Each stands above the curve of its "
            "loss, and from curve to curve the loss is lower."
        )

    @t.validate("share")
    def _recorded(self, proposal: t.Bunch) -> float:
        if proposal["value"] not in self.shares:
            raise t.TraitError(
                f"share is {proposal['value']}; recorded are {self.shares}"
            )
        return proposal["value"]


def _runs(record: dict) -> list[dict]:
    """The recorded trainings, one of each net, if they fit together."""
    try:
        runs = [record["runs"][name] for name in NETS]
        times = {
            str((run["scene"], len(run["loss"]), _times(run))) for run in runs
        }
    except (KeyError, TypeError, ZeroDivisionError) as error:
        raise ValueError(
            f"this is no record of a training ({error!r}): {AGAIN}"
        ) from error
    if not runs[0]["snapshots"]:
        raise ValueError(f"nothing was watched: {AGAIN}")
    if len(times) > 1:
        raise ValueError(f"the nets were watched at different times: {AGAIN}")
    return runs


def _times(run: dict) -> tuple[list[float], float]:
    """When a net was watched, and how long a mean of losses is: percent."""
    part = 100 / run["steps"]
    shares = [round(shot["step"] * part, 6) for shot in run["snapshots"]]
    return shares, round(run["every"] * part, 6)


def _maps(run: dict, target: NDArray) -> NDArray:
    """Unpack the label maps of a training: (shares, H, W) uint8."""
    maps = []
    for shot in run["snapshots"]:
        step = shot["step"]
        try:
            plain = zlib.decompress(base64.b64decode(shot["labels"]))
            pred = np.frombuffer(plain, np.uint8).reshape(target.shape)
            table = confusion_matrix(pred, target, len(CLASSES))
            known = shot["mean_iou"]
        except (binascii.Error, zlib.error, KeyError, ValueError) as error:
            raise ValueError(
                f"the label map of step {step} is damaged ({error}): {AGAIN}"
            ) from error
        if abs(scores(table).mean_iou - known) > 1e-3:
            raise ValueError(
                f"the label map of step {step} is of another street: {AGAIN}"
            )
        maps.append(pred)
    return np.stack(maps)


def _woven(maps: NDArray) -> NDArray:
    """Put rows that look alike beside each other: zlib looks back 32 kB.

    Args:
        maps: (nets, shares, H, W).

    Returns:
        (H, nets, shares, W).
    """
    return maps.transpose(2, 0, 1, 3)
