"""Which stride sees what: the maps of FCN-16s and FCN-8s, one by one."""

import numpy as np
import torch
import traitlets as t
from numpy.typing import NDArray
from torch import Tensor, nn

from fcn_lib.datasets import to_images
from fcn_lib.pixels import VOID
from fcn_lib.scenes import CLASSES, PALETTE
from fcn_lib.widgets.figure import Figure, packed
from fcn_lib.widgets.labelled import Pointed, traits_of

MOST_BYTES = 300_000
MOST_CLASSES = 200  # the script has other colours, too, and 256 in all
# what the large map shows
VIEWS = {
    "labels": "the label map of {}",
    "errors": "the errors of {}",
    "truth": "the true labels",
    "decided": "who decided each pixel of {}",
}


class FusionExplorer(Pointed, Figure):
    """A net's scores, split by the stride that they come from.

    Behind its layers of scores a net like FCN-8s only stretches and adds. So
    each of its maps can be switched off, and the rest summed anew. Shown are
    what each map would say alone, and the labels, the errors, or the stride
    that decided each pixel: the one with the largest part in the lead of the
    best class over the second.

    The scores are recorded in 16 bits, before the last step up, with one
    common step for all strides. A score of a cell is off by at most half of
    ``step``, and so is what is stretched from it.

    Args:
        net: an ``FCN16s`` or ``FCN8s``, or a net with the same parts, in eval
            mode.
        image: (H, W, 3) uint8.
        labels: the true class ids (H, W), 255 for void.
        classes: the names of the classes.
        palette: a colour (r, g, b) for each.
        settings: ``strides``, ``view``, ``zoom``, ``row``, ``column`` to
            begin with; else all strides, and the pixel in the middle.

    Attributes:
        strides: those that are switched on, of 32, 16 and 8.
        view: ``"labels"``, ``"errors"``, ``"truth"`` or ``"decided"``.
        zoom: how many times all is enlarged, 1 to 8.
        row: that of the pixel looked at, in the middle of what is enlarged.
        column: that of the pixel looked at.
        step: by how much two neighbouring recorded scores differ.

    Raises:
        ValueError: if the net has no skip, is in training mode or gives NaN,
            if labels or classes do not fit, or if all takes more than 300 kB.
        TraitError: if a setting is out of range.
    """

    strides = t.List(t.Int()).tag(sync=True)
    view = t.Enum(tuple(VIEWS), "labels").tag(sync=True)
    zoom = t.Int(1, min=1, max=8).tag(sync=True)

    recorded = t.List(t.Int()).tag(sync=True)  # all strides of the net
    cells = t.Tuple(t.Int(), t.Int()).tag(sync=True)  # rows, columns of a map
    # int16 (strides, rows, columns, K), times ``step``
    maps = t.Bytes().tag(sync=True)
    step = t.Float().tag(sync=True)

    shown = "strides", "view", "zoom", "row", "column"

    def __init__(
        self,
        net: nn.Module,
        image: NDArray,
        labels: NDArray,
        classes: tuple[str, ...] = CLASSES,
        palette: tuple = PALETTE,
        **settings: object,
    ) -> None:
        H, W = labels.shape
        _check(net, labels, len(classes), len(palette))
        street = traits_of(image, labels, classes, palette)
        parts = score_maps(net, image)
        maps = torch.stack(list(parts.values()))  # (strides, K, rows, columns)
        numbers, step = quantised(maps.permute(0, 2, 3, 1).cpu().numpy())
        bits = packed(numbers.astype("<i2", order="C").view(np.uint8))
        size = sum(map(len, (bits, street["picture"], street["labels"])))
        if size > MOST_BYTES:
            raise ValueError(
                f"picture and scores take {size / 1000:.0f} kB, more than "
                f"{MOST_BYTES // 1000}: cut out a smaller picture"
            )
        begin = {"strides": list(parts), "row": H // 2, "column": W // 2}
        super().__init__(
            recorded=list(parts),
            maps=bits,
            cells=maps.shape[-2:],
            step=step,
            **street,
            **begin | settings,
        )

    @t.default("alt")
    def _seen(self) -> str:
        many = {2: "Two", 3: "Three"}[len(self.recorded)]
        total = "the sum of those that are switched on"
        if self.strides == self.recorded:
            total = "their sum, which follows the outlines best"
        finest = "fine speckles" if 8 in self.recorded else "smaller patches"
        return (
            f"{many} small label maps, what the scores of each stride say "
            f"alone: from soft blobs to {finest}. Below, the picture, "
            f"and {VIEWS[self.view].format(total)}."
        )

    @t.validate("strides")
    def _known(self, proposal: t.Bunch) -> list[int]:
        value = proposal["value"]
        if len({*value}) < len(value) or not {*value} <= {*self.recorded}:
            raise t.TraitError(
                f"strides is {value}; it must hold some of {self.recorded}, "
                "each once"
            )
        return sorted(value, reverse=True)


@torch.no_grad()
def score_maps(net: nn.Module, image: NDArray) -> dict[int, Tensor]:
    """Split a net's scores by stride, as they are before the last step up.

    Args:
        net: as for ``FusionExplorer``.
        image: (H, W, 3) uint8.

    Returns:
        For each stride (K, rows, columns): cells of 8 pixels for FCN-8s, of
        16 for FCN-16s. ``upsample`` by that, cropped to H and W, gives the
        parts of the logits.
    """
    where = next(net.parameters()).device
    pool3, pool4, pool5 = net.backbone(to_images(image).to(where))
    parts = {32: net.upscore2(net.score(pool5)), 16: net.score_pool4(pool4)}
    if hasattr(net, "score_pool3"):
        parts = {s: net.upscore_pool4(part) for s, part in parts.items()}
        parts[8] = net.score_pool3(pool3)
    return {s: part[0] for s, part in parts.items()}


def quantised(scores: NDArray) -> tuple[NDArray, float]:
    """Round scores to int16.

    Returns:
        int16 numbers of the same shape, and the step: scores are numbers
        times step, up to half a step.

    Raises:
        ValueError: if a score is NaN or infinite.

    Example:
        >>> quantised(np.array([0.0, -1.0]))[0].tolist()
        [0, -32767]
    """
    if not np.isfinite(scores).all():
        raise ValueError("the scores hold NaN or inf: train the net anew")
    step = float(np.abs(scores).max()) / 32767 or 1.0
    return np.round(scores.astype(np.float64) / step).astype(np.int16), step


def _check(net: nn.Module, labels: NDArray, K: int, colors: int) -> None:
    """Refuse what the figure could not show."""
    if not hasattr(net, "score_pool4"):
        raise ValueError(
            f"{type(net).__name__} has a single map of scores: give an "
            "FCN16s or FCN8s, which add two or three"
        )
    if net.training:
        raise ValueError("net is in training mode: call net.eval() first")
    scored = net.score.out_channels
    if not K == colors == scored:
        raise ValueError(
            f"the net scores {scored} classes, but there are {K} names and "
            f"{colors} colours: give one of each for every class"
        )
    if K > MOST_CLASSES:
        raise ValueError(f"{K} classes are too many: give {MOST_CLASSES}")
    if (labels == VOID).all():
        raise ValueError("labels are void everywhere: no score could be told")
    odd = labels[(labels != VOID) & ((labels < 0) | (labels >= K))]
    if odd.size:
        raise ValueError(
            f"labels hold {odd[0]}; they must be below {K}, or {VOID} for void"
        )
