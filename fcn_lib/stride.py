"""Sizes, strides and receptive fields along one axis: plain integers.

Backs ``chapters/stride.ipynb``. After Long, Shelhamer and Darrell (2015),
section 3 (how layers compose). The middle of pixel i lies at position i.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple


class Transposed(NamedTuple):
    """A transposed convolution among the layers of a stack."""

    kernel: int
    stride: int = 1
    padding: int = 0


class Field(NamedTuple):
    """What one unit of a map sees, in pixels of the input."""

    size: int
    stride: int | float  # from one unit to the next
    offset: int | float  # of the middle of what unit 0 sees


def conv_size(
    n: int,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> int:
    """Count the places of a convolution's or a pooling's window.

    Args:
        n: height or width of the input.
        kernel: size of the window.
        stride: step from one place to the next.
        padding: pixels added on each side.
        dilation: step between the pixels that the window reads.
        ceil_mode: let the last window reach beyond the end.

    Returns:
        Height or width of the output.

    Raises:
        ValueError: if an argument is out of range, or if no window fits.

    Example:
        >>> conv_size(224, kernel=3, stride=2, padding=1)
        112
    """
    _check(n=n, kernel=kernel, stride=stride, dilation=dilation)
    _check(0, padding=padding)
    room = n + 2 * padding - dilation * (kernel - 1) - 1
    steps = (room + (stride - 1) * ceil_mode) // stride
    if ceil_mode and steps * stride >= n + padding:
        steps -= 1  # as in PyTorch: a window of padding alone is dropped
    if steps < 0:
        raise ValueError(
            f"kernel={kernel} at dilation={dilation} does not fit into n={n} "
            f"with padding={padding}: enlarge one of the two"
        )
    return steps + 1


def transposed_size(
    n: int,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
    dilation: int = 1,
) -> int:
    """Compute the size that a transposed convolution gives.

    Args:
        n: height or width of the input.
        kernel: size of what each input pixel paints.
        stride: step between two such paintings.
        padding: pixels cut off on each side.
        output_padding: how many pixels fewer are cropped at the end.
        dilation: step between the pixels that the kernel paints.

    Returns:
        Height or width of the output.

    Raises:
        ValueError: if an argument is out of range, or nothing is left.

    Example:
        >>> transposed_size(16, kernel=64, stride=32)
        544
    """
    _check(n=n, kernel=kernel, stride=stride, dilation=dilation)
    _check(0, padding=padding, output_padding=output_padding)
    if output_padding >= max(stride, dilation):
        most = f"must be below stride={stride} or dilation={dilation}"
        raise ValueError(f"output_padding={output_padding} {most}")
    painted = (n - 1) * stride + dilation * (kernel - 1) + 1
    size = painted - 2 * padding + output_padding
    if size < 1:
        raise ValueError(f"padding={padding}: use less for {painted} pixels")
    return size


def receptive_field(layers: Iterable[tuple[int, int, int]]) -> Field:
    """Say what a unit behind a stack of layers sees, and where.

    Args:
        layers: from the first to the last, (kernel, stride, padding) of a
            convolution or pooling, ``Transposed(...)`` of a transposed one.
            Padding is that before pixel 0, a dilated kernel's size its reach.

    Returns:
        Unit j sees ``size`` pixels (padding counts; at most so many, where
        transposed layers come last), and their middle lies at
        ``offset + stride * j``. Where others follow a transposed layer, trust
        the middle alone.

    Raises:
        ValueError: if a layer's numbers are out of range.

    Example:
        >>> receptive_field([(3, 1, 1), (2, 2, 0)])
        Field(size=4, stride=2, offset=0.5)
    """
    size, step, offset = Fraction(1), Fraction(1), Fraction(0)
    for layer in layers:
        kernel, stride, padding = layer
        _check(kernel=kernel, stride=stride)
        _check(0, padding=padding)
        middle = Fraction(kernel - 1, 2) - padding
        if isinstance(layer, Transposed):
            # input i lands on stride * i + middle: solve for i
            size += (-(-kernel // stride) - 1) * step
            step /= stride
            offset -= middle * step
        else:
            size += (kernel - 1) * step
            offset += middle * step
            step *= stride
    found = (size, step, offset)
    return Field(*(int(x) if x.denominator == 1 else float(x) for x in found))


def _check(least: int = 1, **values: int) -> None:
    for name, value in values.items():
        if value < least:
            raise ValueError(f"{name}={value} must be at least {least}")
