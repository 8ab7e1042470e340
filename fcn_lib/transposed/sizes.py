"""The size of a transposed convolution's result, or why it has none."""

from torch import Tensor


def output_size(
    x: Tensor, weight: Tensor, stride: int, padding: int,
    output_padding: int, dilation: int, groups: int,
) -> tuple[int, int]:  # fmt: skip
    """Check that all fits together; give the size of the result.

    Args:
        x: (N, C_in, H, W).
        weight: (C_in, C_out / groups, kH, kW).
        stride: how far the pixels of ``x`` are moved apart.
        padding: how many rows and columns are cropped at every side.
        output_padding: how many fewer are cropped at the bottom and right.
        dilation: how far the entries of the kernel are apart.
        groups: how many groups of channels are computed apart.

    Returns:
        H_out and W_out.

    Raises:
        ValueError: if sizes, channels and groups do not fit together.

    Example:
        >>> import torch
        >>> x, weight = torch.ones(1, 1, 2, 3), torch.ones(1, 1, 3, 3)
        >>> output_size(x, weight, 2, 0, 0, 1, 1)
        (5, 7)
    """
    _check_shapes(x, weight, groups)
    for name, value in ("stride", stride), ("dilation", dilation):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}")
    if padding < 0:
        raise ValueError(
            f"padding must be at least 0, not {padding}: it crops; to add "
            "zeros around the result use F.pad"
        )
    if not 0 <= output_padding < max(stride, dilation):
        raise ValueError(
            f"output_padding must be from 0 to {max(stride, dilation) - 1}, "
            f"below the larger of stride and dilation, not {output_padding}"
        )
    extra = output_padding + 1 - 2 * padding
    H, W = (
        (n - 1) * stride + dilation * (k - 1) + extra
        for n, k in zip(x.shape[-2:], weight.shape[-2:], strict=True)
    )
    if min(H, W) < 1:
        raise ValueError(
            f"nothing is left of the result ({H} x {W}): padding {padding} "
            "crops too much"
        )
    return H, W


def _check_shapes(x: Tensor, weight: Tensor, groups: int) -> None:
    """Refuse an empty tensor, and channels that do not meet."""
    if x.ndim != 4 or 0 in x.shape[1:]:
        raise ValueError(f"x must be (N, C, H, W), not {tuple(x.shape)}")
    if weight.ndim != 4 or 0 in weight.shape:
        raise ValueError(
            "weight must be (C_in, C_out / groups, kH, kW), each at least 1, "
            f"not {tuple(weight.shape)}"
        )
    if groups < 1 or weight.shape[0] % groups:
        raise ValueError(
            f"groups must divide the {weight.shape[0]} input channels, "
            f"not be {groups}"
        )
    if x.shape[1] != weight.shape[0]:
        raise ValueError(
            f"x has {x.shape[1]} channels and weight reads "
            f"{weight.shape[0]}: they must be equal"
        )
