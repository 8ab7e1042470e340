"""Integer formulas against the layers of PyTorch and hand counts."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fcn_lib.backbones import imagenet_classifier
from fcn_lib.stride import (
    Field,
    Transposed,
    conv_size,
    receptive_field,
    transposed_size,
)


def vgg16(padding=100):
    """The paper's layers up to pool1 … pool5, and up to fc6."""
    layers, groups = [(3, 1, padding), (3, 1, 1), (2, 2, 0)], []
    groups.append(list(layers))
    for convolutions in (2, 3, 3, 3):
        layers += [(3, 1, 1)] * convolutions + [(2, 2, 0)]
        groups.append(list(layers))
    return groups, layers + [(7, 1, 0)]


ALEXNET = [
    (11, 4, 100), (3, 2, 0), (5, 1, 2), (3, 2, 0),
    (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 0), (6, 1, 0),
]  # fmt: skip


def size_or_none(function, *arguments, **options):
    """The size, or None where PyTorch or the library refuses."""
    try:
        size = function(*arguments, **options)
    except (RuntimeError, ValueError):
        return None
    return size.shape[-1] if isinstance(size, torch.Tensor) else size


SMALL = list(product(range(1, 9), (1, 2, 3, 5), (1, 2, 3), (0, 1, 2), (1, 2)))


def test_conv_size_is_that_of_a_convolution():
    for n, k, s, p, d in SMALL:
        x, weight = torch.zeros(1, 1, n), torch.zeros(1, 1, k)
        theirs = size_or_none(F.conv1d, x, weight, None, s, p, d)
        ours = size_or_none(conv_size, n, k, s, p, d)
        assert ours == theirs, (n, k, s, p, d)


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_conv_size_is_that_of_a_pooling(ceil_mode):
    for n, k, s, p, d in SMALL:
        if p > k // 2:  # pooling refuses it: some window would be all padding
            continue
        layer = nn.MaxPool1d(k, s, p, d, ceil_mode=ceil_mode)
        theirs = size_or_none(layer, torch.zeros(1, 1, n))
        ours = size_or_none(conv_size, n, k, s, p, d, ceil_mode)
        assert ours == theirs, (n, k, s, p, d)


def test_transposed_size_is_that_of_a_transposed_convolution():
    for (n, k, s, p, d), extra in product(SMALL, (0, 1, 2)):
        x, weight = torch.zeros(1, 1, n), torch.zeros(1, 1, k)
        layer = F.conv_transpose1d
        theirs = size_or_none(layer, x, weight, None, s, p, extra, 1, d)
        ours = size_or_none(transposed_size, n, k, s, p, extra, d)
        assert ours == theirs, (n, k, s, p, d, extra)


def test_transposed_size_undoes_conv_size_up_to_what_the_floor_dropped():
    for n, k, s, p in product(range(6, 40), (2, 3, 4), (1, 2, 3), (0, 1)):
        lost = (n + 2 * p - k) % s
        assert transposed_size(conv_size(n, k, s, p), k, s, p, lost) == n


def footprint(layers, n, unit):
    """First and last input pixel with a gradient, by autograd."""
    x = torch.zeros(1, 1, n, requires_grad=True)
    y = x
    for layer in layers:
        kernel, stride, padding = layer
        weight = torch.ones(1, 1, kernel)
        if isinstance(layer, Transposed):
            y = F.conv_transpose1d(y, weight, None, stride, padding)
        else:
            y = F.conv1d(y, weight, None, stride, padding)
    y[0, 0, unit].backward()
    seen = x.grad[0, 0].nonzero()
    return seen.min().item(), seen.max().item()


@pytest.mark.parametrize(
    "layers",
    [
        [],
        [(3, 2, 1)],
        [(2, 2, 0), (2, 2, 0), (3, 1, 1)],
        [(3, 2, 0), (5, 2, 1), (1, 1, 0), (4, 3, 2)],
        [(7, 3, 2), (2, 2, 0), (3, 1, 0), (2, 1, 1)],
    ],
)
def test_receptive_field_is_the_footprint_of_the_gradient(layers):
    field = receptive_field(layers)
    for unit in (4, 5):
        first, last = footprint(layers, 200, unit)
        assert last - first + 1 == field.size
        assert (first + last) / 2 == field.offset + field.stride * unit


@pytest.mark.parametrize("kernel, stride, padding", [(4, 2, 1), (6, 3, 0)])
def test_transposed_layer_is_the_footprint_of_the_gradient(
    kernel, stride, padding
):
    layers = [(3, 2, 1), (2, 2, 0), Transposed(kernel, stride, padding)]
    field = receptive_field(layers)
    middles = []
    for unit in range(9, 9 + stride):
        first, last = footprint(layers, 120, unit)
        assert last - first + 1 == field.size
        middles.append((first + last) / 2 - field.stride * unit)
    # what a unit sees moves in steps; on average it is where the field says
    assert sum(middles) / stride == pytest.approx(field.offset)


def test_uneven_overlap_gives_the_widest_field():
    layers = [(4, 4, 0), Transposed(3, 2)]
    widths = set()
    for unit in (10, 11):
        first, last = footprint(layers, 80, unit)
        widths.add(last - first + 1)
    assert widths == {4, 8}
    assert receptive_field(layers) == Field(8, 2, -0.5)


def test_receptive_fields_of_the_papers_networks():
    pools, fc6 = vgg16()
    assert [receptive_field(g).size for g in pools] == [6, 16, 44, 100, 212]
    # table 1 of the paper for sizes and strides
    assert receptive_field(fc6) == Field(404, 32, 12.5)
    assert receptive_field(ALEXNET) == Field(355, 32, 13)


def test_crops_of_the_reference_networks_follow():
    pools, fc6 = vgg16()
    assert receptive_field([*fc6, Transposed(64, 32)]).offset == -19
    assert receptive_field([*ALEXNET, Transposed(63, 32)]).offset == -18

    twice = receptive_field([*fc6, Transposed(4, 2)])
    pool4 = receptive_field(pools[3])
    assert twice.stride == pool4.stride == 16
    assert (twice.offset - pool4.offset) / 16 == 5
    path = [*fc6, Transposed(4, 2), Transposed(32, 16)]
    assert receptive_field(path).offset == -27

    path = [*fc6, Transposed(4, 2), Transposed(4, 2)]
    four_times, pool3 = receptive_field(path), receptive_field(pools[2])
    assert (four_times.offset - pool3.offset) / 8 == 9
    last = receptive_field([*path, Transposed(16, 8)])
    assert (last.stride, last.offset) == (1, -31)


def test_crop_is_the_padding_less_81():
    for padding in (81, 97, 100):
        path = [*vgg16(padding)[1], Transposed(64, 32)]
        assert receptive_field(path).offset == 81 - padding


def vgg_sizes(n):
    """pool1 … pool5 and the scores, at padding 100 and ceil pooling."""
    n, sizes = n + 198, []
    for _ in range(5):
        n = conv_size(n, 2, 2, ceil_mode=True)
        sizes.append(n)
    return [*sizes, conv_size(n, 7)]


def test_sizes_of_the_reference_networks_on_500_pixels():
    assert vgg_sizes(500) == [349, 175, 88, 44, 22, 16]
    assert transposed_size(16, 64, 32) == 544
    assert transposed_size(16, 4, 2) == 34
    assert transposed_size(34, 32, 16) == 560
    assert transposed_size(34, 4, 2) == 70
    assert transposed_size(70, 16, 8) == 568


def test_padding_100_is_enough_for_every_size():
    for n in range(1, 400):
        *_, pool3, pool4, _, score = vgg_sizes(n)
        assert transposed_size(score, 64, 32) - 19 >= n
        twice = transposed_size(score, 4, 2)
        assert pool4 - 5 >= twice
        assert transposed_size(twice, 32, 16) - 27 >= n
        four_times = transposed_size(twice, 4, 2)
        assert pool3 - 9 >= four_times
        assert transposed_size(four_times, 16, 8) - 31 >= n


def test_kernel_of_twice_the_stride_enlarges_exactly():
    for stride in (2, 8, 16, 32):
        size = transposed_size(7, 2 * stride, stride, stride // 2)
        assert size == 7 * stride


def test_receptive_field_of_the_books_network():
    net, _ = imagenet_classifier()
    shapes = [
        (m.kernel_size[0], m.stride[0])
        for m in net.features.modules()
        if isinstance(m, nn.Conv2d)
    ]
    field = receptive_field([(k, s, (k - s) // 2) for k, s in shapes])
    x = torch.rand(1, 3, 1024, 32, requires_grad=True)
    net.features(net.normalize(x))[..., 16, 0].sum().backward()
    rows = x.grad.abs().amax(dim=(0, 1, 3)).nonzero()
    assert rows.max() - rows.min() + 1 == field.size == 851
    assert (rows.max() + rows.min()) / 2 == 16 * field.stride + field.offset


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: conv_size(0, 3), "n=0"),
        (lambda: conv_size(8, 0), "kernel=0"),
        (lambda: conv_size(8, 3, 0), "stride=0"),
        (lambda: conv_size(8, 3, -2), "stride=-2"),
        (lambda: conv_size(8, 3, 1, -1), "padding=-1"),
        (lambda: conv_size(8, 3, dilation=0), "dilation=0"),
        (lambda: conv_size(3, 3, dilation=2), "kernel=3 .* n=3 .*enlarge"),
        (lambda: transposed_size(0, 3), "n=0"),
        (lambda: transposed_size(4, 4, 0), "stride=0"),
        (lambda: transposed_size(4, 4, 2, -1), "padding=-1"),
        (lambda: transposed_size(4, 4, 2, 0, -1), "output_padding=-1"),
        (lambda: transposed_size(4, 4, 2, 0, 2), "output_padding=2 .*stride"),
        (lambda: transposed_size(1, 1, 1, 1), "padding=1: use less"),
        (lambda: receptive_field([(3, 1, 1), (2, 0, 0)]), "stride=0"),
        (lambda: receptive_field([(0, 1, 0)]), "kernel=0"),
        (lambda: receptive_field([Transposed(4, 2, -1)]), "padding=-1"),
    ],
)
def test_bad_numbers_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
