"""A fully connected layer is a convolution that covers its whole input.

Backs ``chapters/fullyconv.ipynb``. After Long, Shelhamer and Darrell (2015),
section 3.1, and Sermanet et al. (2014), section 3.5.
"""

import torch
from torch import Tensor, nn


def linear_to_conv(
    linear: nn.Linear, channels: int, height: int, width: int
) -> nn.Conv2d:
    """Turn a fully connected layer into a convolution, weights kept.

    Args:
        linear: a layer that reads a flattened (channels, height, width) map.
        channels: C of that map.
        height: its H, which becomes the kernel's height.
        width: its W.

    Returns:
        A convolution. On a (N, C, height, width) map it gives the layer's
        own answer, (N, out, 1, 1); on a larger map, one answer at each
        place.

    Raises:
        ValueError: if the map does not have as many values as ``linear``
            reads.

    Example:
        >>> conv = linear_to_conv(nn.Linear(2 * 3 * 3, 5), 2, 3, 3)
        >>> conv(torch.zeros(1, 2, 4, 6)).shape
        torch.Size([1, 5, 2, 4])
    """
    if channels * height * width != linear.in_features:
        raise ValueError(
            f"the layer reads {linear.in_features} values, but {channels} "
            f"channels of {height}x{width} make {channels * height * width}: "
            "give the size of the map that was flattened"
        )
    conv = nn.Conv2d(
        channels,
        linear.out_features,
        kernel_size=(height, width),
        bias=linear.bias is not None,
    ).to(linear.weight)
    with torch.no_grad():
        # nn.Flatten lists channels, then rows, then columns: so does a kernel
        conv.weight.copy_(linear.weight.view_as(conv.weight))
        if linear.bias is not None:
            conv.bias.copy_(linear.bias)
    return conv


def slide(
    classifier: nn.Module, images: Tensor, window: int, step: int
) -> Tensor:
    """Run a classifier on every window of an image: slow, but plain.

    Args:
        classifier: maps (N, C, window, window) to logits (N, K).
        images: (N, C, H, W), H and W at least ``window``.
        window: height and width of what the classifier looks at.
        step: how far apart the windows are, at least 1.

    Returns:
        (N, K, rows, columns), one answer for each window.

    Raises:
        ValueError: if the window does not fit into the image, or ``step``
            is below 1.

    Example:
        >>> mean = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        >>> slide(mean, torch.ones(1, 2, 8, 12), window=4, step=4).shape
        torch.Size([1, 2, 2, 3])
    """
    H, W = images.shape[-2:]
    if window > min(H, W):
        raise ValueError(
            f"a window of {window} does not fit into an image of {H}x{W}: "
            "make one smaller or the other larger"
        )
    if step < 1:
        raise ValueError(f"step must be at least 1, not {step}")
    rows = [
        torch.stack(
            [
                classifier(images[..., y : y + window, x : x + window])
                for x in range(0, W - window + 1, step)
            ],
            dim=-1,
        )
        for y in range(0, H - window + 1, step)
    ]
    return torch.stack(rows, dim=-2)
