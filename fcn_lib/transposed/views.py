"""Transposed convolution as four equal computations.

After Dumoulin and Visin (2016), chapter 4. The four functions take what
``F.conv_transpose2d`` takes, one integer for both directions, and return what
it returns. They are for reading; ``F.conv_transpose2d`` is for speed. In their
comments s is the stride, p the padding and d the dilation.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from fcn_lib.transposed.sizes import output_size


def insert_zeros(x: Tensor, stride: int) -> Tensor:
    """Move pixels apart: ``stride - 1`` zeros between any two neighbours.

    Args:
        x: (N, C, H, W).
        stride: how far apart neighbours are afterwards.

    Returns:
        (N, C, (H - 1) * stride + 1, (W - 1) * stride + 1).

    Raises:
        ValueError: if ``x`` holds no pixel or ``stride`` is below 1.

    Example:
        >>> insert_zeros(torch.tensor([[[[1, 2, 3]]]]), 2)
        tensor([[[[1, 0, 2, 0, 3]]]])
    """
    if x.ndim != 4 or 0 in x.shape[1:]:
        raise ValueError(f"x must be (N, C, H, W), not {tuple(x.shape)}")
    if stride < 1:
        raise ValueError(f"stride must be at least 1, not {stride}")
    N, C, H, W = x.shape
    wide = x.new_zeros(N, C, (H - 1) * stride + 1, (W - 1) * stride + 1)
    wide[..., ::stride, ::stride] = x
    return wide


def by_zeros(
    x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0,
    output_padding: int = 0, dilation: int = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Insert zeros, then convolve in steps of 1 with the turned kernel.

    Args:
        x: (N, C_in, H, W).
        weight: (C_in, C_out / groups, kH, kW).
        stride: how far the pixels of ``x`` are moved apart.
        padding: how many rows and columns are cropped at every side.
        output_padding: how many fewer are cropped at the bottom and right.
        dilation: how far the entries of the kernel are apart.
        groups: how many groups of channels are computed apart.

    Returns:
        (N, C_out, H_out, W_out) with
        ``H_out = (H - 1) * stride - 2 * padding + dilation * (kH - 1)
        + output_padding + 1``, and W_out likewise.

    Raises:
        ValueError: if sizes, channels and groups do not fit together.

    Example:
        >>> x, weight = torch.ones(1, 1, 1, 2), torch.ones(1, 1, 1, 3)
        >>> by_zeros(x, weight, stride=2)
        tensor([[[[1., 1., 2., 1., 1.]]]])
    """
    output_size(x, weight, stride, padding, output_padding, dilation, groups)
    # the turned kernel must reach the first pixel with its last entry
    rim_h, rim_w = (dilation * (k - 1) - padding for k in weight.shape[-2:])
    wide = F.pad(insert_zeros(x, stride), (0, output_padding) * 2)
    wide = F.pad(wide, (rim_w, rim_w, rim_h, rim_h))  # crops where negative
    parts = weight.unflatten(0, (groups, -1)).transpose(1, 2).flatten(0, 1)
    turned = parts.flip(-2, -1)  # (C_out, C_in / groups, kH, kW)
    return F.conv2d(wide, turned, dilation=dilation, groups=groups)


def by_fraction(
    x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0,
    output_padding: int = 0, dilation: int = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Let every output pixel gather from ``x``, in steps of 1 / stride.

    Output row r meets entry a of the kernel at input row (r + p - d a) / s,
    and only where that is a whole number is there a pixel to gather.

    Args, returns and errors are those of ``by_zeros``.

    Example:
        >>> x, weight = torch.ones(1, 1, 1, 2), torch.ones(1, 1, 1, 3)
        >>> by_fraction(x, weight, stride=2)
        tensor([[[[1., 1., 2., 1., 1.]]]])
    """
    sizes = output_size(
        x, weight, stride, padding, output_padding, dilation, groups
    )
    seen = x
    for axis in (2, 3):
        n = x.shape[axis]
        entry = dilation * torch.arange(weight.shape[axis], device=x.device)
        place = torch.arange(sizes[axis - 2], device=x.device) + padding
        place = place[:, None] - entry  # (size, k), in s-ths of a pixel
        hit = (place % stride == 0) & (place >= 0) & (place < stride * n)
        source = (place // stride).clamp(0, n - 1)
        # x grows from (N, C, H, W) to (N, C, H_out, W_out, kH, kW)
        seen = (seen.movedim(axis, -1)[..., source] * hit).movedim(-2, axis)
    parts = weight.unflatten(0, (groups, -1))
    seen = seen.unflatten(1, (groups, -1))
    return torch.einsum("ngihwab,gioab->ngohw", seen, parts).flatten(1, 2)


def by_scatter(
    x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0,
    output_padding: int = 0, dilation: int = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Let every pixel of ``x`` paint its kernel, and add what overlaps.

    Args, returns and errors are those of ``by_zeros``.

    Example:
        >>> x, weight = torch.ones(1, 1, 1, 2), torch.ones(1, 1, 1, 3)
        >>> by_scatter(x, weight, stride=2)
        tensor([[[[1., 1., 2., 1., 1.]]]])
    """
    H, W = output_size(
        x, weight, stride, padding, output_padding, dilation, groups
    )
    parts = x.unflatten(1, (groups, -1)), weight.unflatten(0, (groups, -1))
    paint = torch.einsum("ngihw,gioab->ngohwab", *parts).flatten(1, 2)
    canvas = x.new_zeros(*paint.shape[:2], H + 2 * padding, W + 2 * padding)
    kH, kW = (dilation * (k - 1) + 1 for k in weight.shape[-2:])
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            rows = slice(i * stride, i * stride + kH, dilation)
            columns = slice(j * stride, j * stride + kW, dilation)
            canvas[..., rows, columns] += paint[:, :, i, j]
    return canvas[..., padding : padding + H, padding : padding + W]


def by_matrix(
    x: Tensor, weight: Tensor, stride: int = 1, padding: int = 0,
    output_padding: int = 0, dilation: int = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """Multiply by the transposed matrix of a convolution.

    The matrix takes a lot of memory: pixels of ``x`` times pixels of the
    result. Args, returns and errors are those of ``by_zeros``.

    Example:
        >>> x, weight = torch.ones(1, 1, 1, 2), torch.ones(1, 1, 1, 3)
        >>> by_matrix(x, weight, stride=2)
        tensor([[[[1., 1., 2., 1., 1.]]]])
    """
    sizes = output_size(
        x, weight, stride, padding, output_padding, dilation, groups
    )
    shape = (groups * weight.shape[1], *sizes)  # (C_out, H_out, W_out)
    pixels = torch.eye(shape[0] * shape[1] * shape[2]).to(x)
    columns = F.conv2d(
        pixels.view(-1, *shape), weight, None, stride, padding, dilation,
        groups,
    )  # fmt: skip
    # output_padding >= s makes the convolution return more rows than x has
    columns = columns[..., : x.shape[2], : x.shape[3]]
    matrix = columns.flatten(1).T  # of the convolution from result to x
    return (x.flatten(1) @ matrix).view(-1, *shape)
