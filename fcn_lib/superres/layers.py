"""Three last layers that double a map, and what they have in common."""

import torch
from torch import nn


def icnr(conv: nn.Conv2d, factor: int) -> nn.Conv2d:
    """Let a sub-pixel convolution start as repeated pixels.

    All factor² channels that become the pixels of one cell get the same
    weights, so all pixels of the cell start alike. After Aitken et al.
    (2017), https://arxiv.org/abs/1707.02937.

    Args:
        conv: makes C * factor² channels for a ``PixelShuffle(factor)``. Its
            weights, and its biases if it has any, are changed in place.
        factor: how many times larger the shuffled map is.

    Returns:
        ``conv`` itself.

    Raises:
        ValueError: if factor² does not divide the channels.

    Example:
        >>> conv = icnr(nn.Conv2d(5, 12, kernel_size=3), factor=2)
        >>> conv.weight[0].equal(conv.weight[3])
        True
    """
    copies = _copies(conv, factor)
    with torch.no_grad():
        for part in conv.parameters():  # weights, and biases if there are any
            part.copy_(part[::copies].repeat_interleave(copies, dim=0))
    return conv


def as_transposed(conv: nn.Conv2d, factor: int) -> nn.ConvTranspose2d:
    """Write a sub-pixel convolution as one transposed convolution.

    Pixel (a, b) of a cell is made by one kernel of ``conv``. Turned by 180°,
    its entries go to every ``factor``-th row and column of the large kernel,
    from row a and column b on. After Shi et al. (2016), section 2.2, and
    their note https://arxiv.org/abs/1609.07009.

    Args:
        conv: makes C * factor² channels for a ``PixelShuffle(factor)``; its
            kernel is a square of odd size k, its padding (k - 1) / 2 zeros,
            its stride, dilation and groups are 1. Of its biases the first of
            each cell is taken: make them equal before.
        factor: r, how many times larger the result is.

    Returns:
        A layer with kernel r k, stride r and padding r (k - 1) / 2. It does
        what ``conv`` and the shuffle do.

    Raises:
        ValueError: if factor² does not divide the channels, or ``conv`` has
            another kernel, padding, stride, dilation or groups.

    Example:
        >>> as_transposed(nn.Conv2d(5, 12, 3, padding=1), factor=2)
        ConvTranspose2d(5, 3, kernel_size=(6, 6), stride=(2, 2), padding=(2, 2))
    """  # noqa: E501
    copies = _copies(conv, factor)
    _check_plain(conv)
    inputs, k = conv.in_channels, conv.kernel_size[0]
    outputs = conv.out_channels // copies
    layer = nn.ConvTranspose2d(
        inputs, outputs, factor * k, factor, factor * (k - 1) // 2,
        bias=conv.bias is not None,
    ).to(conv.weight)  # fmt: skip
    turned = conv.weight.detach().flip(2, 3)
    kernels = turned.view(outputs, factor, factor, inputs, k, k)
    # (inputs, outputs, k, a, k, b): row u of kernel (a, b) goes to u r + a
    woven = kernels.permute(3, 0, 4, 1, 5, 2)
    with torch.no_grad():
        layer.weight.copy_(woven.reshape(layer.weight.shape))
        if conv.bias is not None:
            layer.bias.copy_(conv.bias[::copies])
    return layer


def transposed(channels: int, kernel_size: int = 4) -> nn.Module:
    """Double by a transposed convolution with random weights.

    Args:
        channels: C of the map that comes in.
        kernel_size: 4, or 3, which 2 does not divide.

    Returns:
        A layer that maps (N, C, H, W) to (N, 3, 2 H, 2 W).
    """
    odd = kernel_size % 2
    padding = (kernel_size - 1) // 2
    return nn.ConvTranspose2d(
        channels, 3, kernel_size, 2, padding, output_padding=odd
    )


def sub_pixel(channels: int) -> nn.Module:
    """Double by a sub-pixel convolution that starts as repeated pixels."""
    conv = nn.Conv2d(channels, 12, 3, padding=1)
    return nn.Sequential(icnr(conv, 2), nn.PixelShuffle(2))


def resize(channels: int) -> nn.Module:
    """Repeat the pixels, then convolve the large map (Odena et al. 2016)."""
    conv = nn.Conv2d(channels, 3, 3, padding=1)
    return nn.Sequential(nn.Upsample(scale_factor=2), conv)


HEADS = {
    "transposed": transposed,
    "sub-pixel": sub_pixel,
    "resize": resize,
}


def _copies(conv: nn.Conv2d, factor: int) -> int:
    if factor < 1 or conv.out_channels % factor**2:
        raise ValueError(
            f"{conv.out_channels} channels are no multiple of {factor}²: "
            "the shuffle needs factor² for each channel of its result"
        )
    return factor**2


def _check_plain(conv: nn.Conv2d) -> None:
    k = conv.kernel_size[0]
    plain = (
        conv.kernel_size == (k, k)
        and k % 2 == 1
        and conv.padding == (k // 2, k // 2)
        and conv.padding_mode == "zeros"
        and conv.stride == conv.dilation == (1, 1)
        and conv.groups == 1
    )
    if not plain:
        raise ValueError(
            f"{conv} is not of the kind that can be woven: give it a square "
            "kernel of odd size k, padding (k - 1) / 2, and stride, dilation "
            "and groups 1"
        )
