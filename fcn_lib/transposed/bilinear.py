"""Bilinear upsampling as a transposed convolution.

Backs ``chapters/transposed.ipynb``, and does the last step of the networks.
After Long, Shelhamer and Darrell (2015), section 3.3.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def bilinear_kernel(size: int) -> Tensor:
    """Make the tent that spreads one value over its neighbourhood.

    Args:
        size: height and width of the kernel, at least 1.

    Returns:
        (size, size) weights, largest in the middle.

    Raises:
        ValueError: if ``size`` is below 1.

    Example:
        >>> bilinear_kernel(4)[1]
        tensor([0.1875, 0.5625, 0.5625, 0.1875])
    """
    tent = _tent(size)
    return (tent[:, None] * tent[None, :]).float()


def bilinear_upsampling(channels: int, factor: int) -> nn.ConvTranspose2d:
    """Make a transposed convolution that starts as bilinear upsampling.

    Each channel is upsampled alone (``groups=channels``): there are no weights
    between channels.

    Args:
        channels: C, of the input and of the output.
        factor: the stride; H and W grow by it.

    Returns:
        A layer that maps (N, C, H, W) to (N, C, factor * H, factor * W).

    Raises:
        ValueError: if ``factor`` is below 1.

    Example:
        >>> layer = bilinear_upsampling(3, 32)
        >>> layer(torch.zeros(1, 3, 2, 4)).shape
        torch.Size([1, 3, 64, 128])
    """
    size, padding = _geometry(factor)
    layer = nn.ConvTranspose2d(
        channels,
        channels,
        kernel_size=size,
        stride=factor,
        padding=padding,
        groups=channels,
        bias=False,
    )
    with torch.no_grad():
        layer.weight.copy_(bilinear_kernel(size).expand_as(layer.weight))
    return layer


def upsample(x: Tensor, factor: int) -> Tensor:
    """Upsample by fixed bilinear weights, rows and columns in turn.

    The same numbers as ``bilinear_upsampling``, for less work: the kernel is
    a tent times a tent, so two small matrix products do. Beyond the rim of
    ``x`` there are zeros, hence the outermost ``factor // 2`` rows and
    columns fade; ``F.interpolate`` repeats the rim instead.

    Args:
        x: (N, C, H, W).
        factor: how many times larger the output is.

    Returns:
        (N, C, factor * H, factor * W).

    Raises:
        ValueError: if ``factor`` is below 1, or ``x`` holds integers.

    Example:
        >>> upsample(torch.ones(1, 1, 3, 3), 2)[0, 0, 0]
        tensor([0.5625, 0.7500, 0.7500, 0.7500, 0.7500, 0.5625])
    """
    if not x.is_floating_point():
        raise ValueError(
            f"x must hold fractions, not {x.dtype}: use x.float(), or for "
            "class ids upsample the logits instead"
        )
    rows = _spread(x.shape[-2], factor).to(x)  # (H, factor * H)
    columns = _spread(x.shape[-1], factor).to(x)  # (W, factor * W)
    return rows.T @ x @ columns


def _spread(n: int, factor: int) -> Tensor:
    """(n, factor * n): row i is what a single 1 at i becomes."""
    size, padding = _geometry(factor)
    # (n, 1, n): n signals with a single 1 each
    ones = torch.eye(n, dtype=torch.float64)[:, None]
    tent = _tent(size)[None, None]
    return F.conv_transpose1d(ones, tent, stride=factor, padding=padding)[:, 0]


def _geometry(factor: int) -> tuple[int, int]:
    """Kernel size and padding that make n pixels exactly factor * n."""
    if factor < 1:
        raise ValueError(f"factor must be at least 1, not {factor}")
    return 2 * factor - factor % 2, factor // 2


def _tent(size: int) -> Tensor:
    """(size,) float64 weights that fall off evenly from the centre."""
    if size < 1:
        raise ValueError(f"a kernel has at least 1 row, not {size}")
    half = (size + 1) // 2
    centre = (size - 1) / 2
    return 1 - (torch.arange(size, dtype=torch.float64) - centre).abs() / half
