"""A small net that doubles photographs, and its training."""

import os
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm.auto import tqdm

from fcn_lib.superres.layers import HEADS
from fcn_lib.superres.pictures import patches, to_picture, to_tensor


class Doubler(nn.Module):
    """Map images (N, 3, H, W) in 0…1 to images (N, 3, 2 H, 2 W).

    Three convolutions work on the small map, a head doubles it, and what
    comes out is added to the bicubic enlargement: the net learns what that
    one lacks.

    Args:
        head: a name in ``HEADS``, or a layer of yours that maps
            (N, channels, H, W) to (N, 3, 2 H, 2 W).
        channels: of the maps between the convolutions.

    Raises:
        ValueError: if there is no head of that name.

    Example:
        >>> net = Doubler("sub-pixel")
        >>> net(torch.zeros(1, 3, 5, 7)).shape
        torch.Size([1, 3, 10, 14])
    """

    def __init__(self, head: str | nn.Module, channels: int = 32) -> None:
        super().__init__()
        if not isinstance(head, nn.Module):
            if head not in HEADS:
                raise ValueError(f"no head {head!r}: heads are {list(HEADS)}")
            head = HEADS[head](channels)
        self.body = nn.Sequential(
            nn.Conv2d(3, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(),
        )
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        """Double images; values may leave 0…1 a little."""
        return bicubic(images) + self.head(self.body(images))


def bicubic(images: Tensor) -> Tensor:
    """Double images by cubic interpolation (Keys 1981), without learning."""
    return F.interpolate(
        images, scale_factor=2, mode="bicubic", align_corners=False
    )


@torch.no_grad()
def enlarge(picture: NDArray, by: Callable[[Tensor], Tensor]) -> NDArray:
    """Double one picture.

    Args:
        picture: (H, W, 3) uint8.
        by: ``bicubic``, or a net.

    Returns:
        (2 H, 2 W, 3) uint8.

    Example:
        >>> import numpy as np
        >>> flat = np.full((4, 5, 3), 7, dtype=np.uint8)
        >>> enlarge(flat, bicubic)[0, 0]
        array([7, 7, 7], dtype=uint8)
    """
    weights = by.parameters() if isinstance(by, nn.Module) else iter(())
    where = next((weight.device for weight in weights), "cpu")
    return to_picture(by(to_tensor([picture]).to(where))[0])


def learn(
    net: nn.Module,
    photos: Sequence[NDArray],
    steps: int = 300,
    learning_rate: float = 6e-3,
    seed: int = 0,
) -> list[float]:
    """Train a net to undo ``shrink``, by the mean squared error.

    Args:
        net: maps (N, 3, H, W) to (N, 3, 2 H, 2 W).
        photos: (H, W, 3) uint8 each, H and W at least 32.
        steps: how many batches.
        learning_rate: its highest value, reached after 0.3 of the steps.
        seed: of the squares that are cut.

    Returns:
        The loss of each step.

    Raises:
        ValueError: if a photograph is smaller than the squares.
    """
    where = next(net.parameters()).device
    net.train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, learning_rate, total_steps=steps
    )
    losses = []
    quiet = bool(os.environ.get("FCN_QUIET"))
    batches = patches(photos, steps, seed=seed)
    for small, large in tqdm(batches, "training", steps, disable=quiet):
        loss = F.mse_loss(net(small.to(where)), large.to(where))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    net.eval()
    return losses
