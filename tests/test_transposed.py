"""Upsampling, against torch's own operators."""

import pytest
import torch
import torch.nn.functional as F

from fcn_lib.transposed import bilinear_kernel, bilinear_upsampling, upsample


def noise(*shape):
    """Random float64 numbers, the same each time."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 5, 8, 16, 32])
def test_upsample_equals_the_transposed_convolution(factor):
    x = noise(2, 3, 4, 5)
    layer = bilinear_upsampling(3, factor).double()
    assert layer.groups == 3 and layer.bias is None
    torch.testing.assert_close(
        upsample(x, factor), layer(x), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("factor", [2, 3, 4, 5, 8, 32])
def test_upsample_equals_interpolate_but_for_the_rim(factor):
    x = noise(1, 2, 4, 5)
    ours = upsample(x, factor)
    theirs = F.interpolate(x, scale_factor=factor, mode="bilinear")
    assert ours.shape == theirs.shape
    rim = factor // 2
    inner = (..., slice(rim, -rim), slice(rim, -rim))
    torch.testing.assert_close(ours[inner], theirs[inner], rtol=0, atol=1e-12)
    # the rim is where they differ: no row of it is equal
    differs = ((ours - theirs).abs() > 1e-9).any(dim=-1)[0, 0]
    assert differs[:rim].all() and differs[-rim:].all()


@pytest.mark.parametrize("factor", [2, 3, 4, 8, 32])
def test_repeating_the_rim_makes_them_equal_everywhere(factor):
    x = noise(1, 2, 4, 5)
    wide = upsample(F.pad(x, (1, 1, 1, 1), mode="replicate"), factor)
    ours = wide[..., factor:-factor, factor:-factor]
    theirs = F.interpolate(x, scale_factor=factor, mode="bilinear")
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [3, 7, 63])
def test_odd_kernels_are_the_grid_of_align_corners(size):
    stride = (size + 1) // 2
    x = noise(1, 1, 4, 5)
    kernel = bilinear_kernel(size).double()[None, None]
    ours = F.conv_transpose2d(x, kernel, stride=stride, padding=stride - 1)
    theirs = F.interpolate(
        x, size=ours.shape[-2:], mode="bilinear", align_corners=True
    )
    assert ours.shape[-2:] == (3 * stride + 1, 4 * stride + 1)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("factor", [2, 4, 8, 16, 32])
def test_ones_fade_at_the_rim(factor):
    y = upsample(torch.ones(1, 1, 3, 3, dtype=torch.float64), factor)[0, 0]
    edge = 0.5 + 1 / (2 * factor)
    middle = y.shape[0] // 2
    assert y[0, middle].item() == pytest.approx(edge, abs=1e-12)
    assert y[0, 0].item() == pytest.approx(edge**2, abs=1e-12)
    assert y[factor:-factor, factor:-factor].eq(1).all()


def test_kernels_by_hand():
    one_row = torch.tensor([0.25, 0.75, 0.75, 0.25])
    assert bilinear_kernel(4).equal(torch.outer(one_row, one_row))
    assert bilinear_kernel(3)[1].tolist() == [0.5, 1.0, 0.5]
    assert bilinear_kernel(64).max().item() == 0.984375**2
    assert bilinear_kernel(64).sum().item() == 32 * 32


def test_gradient_flows_through_upsample():
    x = noise(1, 1, 2, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: upsample(x, 3), x)


def test_whole_numbers_would_lose_their_fractions():
    with pytest.raises(ValueError, match=r"not torch.int64: use x.float\(\)"):
        upsample(torch.ones(1, 1, 2, 2, dtype=torch.int64), 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: bilinear_kernel(0),
        lambda: bilinear_upsampling(3, 0),
        lambda: upsample(torch.ones(1, 1, 2, 2), -1),
    ],
)
def test_bad_sizes_are_named(call):
    with pytest.raises(ValueError, match="not (0|-1)"):
        call()
