"""Transposed convolution and upsampling, against torch's own operators."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F

from fcn_lib.transposed import (
    bilinear_kernel,
    bilinear_upsampling,
    by_fraction,
    by_matrix,
    by_scatter,
    by_zeros,
    insert_zeros,
    upsample,
)

VIEWS = [by_zeros, by_fraction, by_scatter, by_matrix]
SMALL = [[0.0, 1.0], [2.0, 3.0]]


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


def close(ours, theirs):
    """Equal to the last digits of float64."""
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def settings(kernel, groups):
    """Every small combination that torch accepts, and its result."""
    x = noise(2, 2, 2, 3)
    weight = noise(2, 4 // groups, *kernel)
    for stride, dilation in product((1, 2, 3), (1, 2)):
        for padding in range(max(kernel)):
            for extra in range(max(stride, dilation)):
                sizes = stride, padding, extra, dilation, groups
                try:
                    theirs = F.conv_transpose2d(
                        x, weight, None, stride, padding, extra, groups,
                        dilation,
                    )  # fmt: skip
                except RuntimeError as error:
                    assert "too small" in str(error)
                    continue
                yield x, weight, sizes, theirs


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("kernel", [*product(range(1, 5), repeat=2)])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_equals_torch(view, kernel, groups):
    count = 0
    for x, weight, sizes, theirs in settings(kernel, groups):
        close(view(x, weight, *sizes), theirs)
        count += 1
    assert count >= 12


@pytest.mark.parametrize("view", VIEWS)
def test_crops_deeper_than_the_kernel(view):
    x, weight = noise(1, 2, 5, 1), noise(2, 1, 2, 3)
    theirs = F.conv_transpose2d(x, weight, None, 3, 1, 2)
    close(view(x, weight, 3, 1, 2), theirs)
    square = noise(1, 2, 4, 5)
    theirs = F.conv_transpose2d(square, weight, None, 3, 4, 1)
    close(view(square, weight, 3, 4, 1), theirs)
    # one pixel, a kernel of one entry: all of it is cropped, then zeros
    one = noise(1, 1, 1, 1)
    close(view(one, one, 3, 1, 2), torch.zeros_like(one))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "stride, padding, expected",
    [  # Zhang et al., Dive into Deep Learning, section 14.10
        (1, 0, [[0, 0, 1], [0, 4, 6], [4, 12, 9]]),
        (1, 1, [[4]]),
        (2, 0, [[0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 9]]),
    ],
)
def test_known_by_hand(view, stride, padding, expected):
    small = torch.tensor(SMALL)[None, None]
    assert view(small, small, stride, padding)[0, 0].tolist() == expected


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "kernel, sizes, expected",
    [
        (3, {"stride": 2}, (5, 7)),
        (3, {"stride": 2, "padding": 1}, (3, 5)),
        (3, {"stride": 2, "padding": 1, "output_padding": 1}, (4, 6)),
        (3, {"stride": 2, "padding": 1, "output_padding": 1, "dilation": 2},
         (6, 8)),
        (4, {"stride": 2, "padding": 1}, (4, 6)),
    ],
)  # fmt: skip
def test_sizes_known_by_hand(view, kernel, sizes, expected):
    y = view(torch.ones(1, 1, 2, 3), torch.ones(1, 1, kernel, kernel), **sizes)
    assert y.shape[-2:] == expected


def test_convolution_and_back_keeps_the_size():
    x, weight = noise(1, 10, 16, 16), noise(20, 10, 5, 5)
    there = F.conv2d(x, weight, stride=3, padding=2)
    assert there.shape == (1, 20, 6, 6)
    assert by_scatter(there, weight, stride=3, padding=2).shape == x.shape


def test_inserted_zeros_by_a_loop():
    x = noise(2, 3, 4, 5)
    wide = insert_zeros(x, 3)
    assert wide.shape == (2, 3, 10, 13)
    for row, column in product(range(10), range(13)):
        inside = row % 3 == 0 and column % 3 == 0
        old = x[..., row // 3, column // 3] if inside else torch.zeros(2, 3)
        assert wide[..., row, column].equal(old.double())


@pytest.mark.parametrize("view", VIEWS)
def test_equals_the_gradient_and_the_adjoint_of_a_convolution(view):
    z = noise(1, 4, 7, 9).requires_grad_()
    weight = noise(6, 2, 3, 3)
    y = F.conv2d(z, weight, stride=2, padding=1, groups=2)
    x = noise(*y.shape).flip(-1)
    back = view(x, weight, stride=2, padding=1, groups=2)
    close(back, torch.autograd.grad(y, z, x)[0])
    close((y * x).sum(), (z * back).sum())


@pytest.mark.parametrize("view", VIEWS)
def test_phases_shuffled_together_are_the_same(view):
    s, r = 3, 2
    x, weight = noise(1, 2, 4, 5), noise(2, 1, r * s, r * s)
    phases = [
        weight[:, :, a::s, b::s].transpose(0, 1).flip(-2, -1)
        for a, b in product(range(s), repeat=2)
    ]
    fine = F.conv2d(x, torch.cat(phases), padding=r - 1)
    close(view(x, weight, stride=s), F.pixel_shuffle(fine, s))


@pytest.mark.parametrize("view", VIEWS)
def test_gradient_flows_through_every_view(view):
    x, weight = noise(1, 2, 2, 3), noise(2, 1, 3, 2)
    both = x.requires_grad_(), weight.requires_grad_()
    assert torch.autograd.gradcheck(lambda x, w: view(x, w, 2, 1, 1), both)


@pytest.mark.parametrize(
    "kernel, stride, counts",
    [
        (3, 2, {1, 2}),
        (5, 2, {2, 3}),
        (5, 3, {1, 2}),
        (4, 2, {2}),
        (6, 3, {2}),
        (64, 32, {2}),
    ],
)
def test_paint_overlaps_evenly_when_the_stride_divides(kernel, stride, counts):
    ones = torch.ones(1, 1, 1, 8), torch.ones(1, 1, 1, kernel)
    layers = by_scatter(*ones, stride)[0, 0, 0]
    inner = layers[kernel:-kernel].int().tolist()
    assert set(inner) == counts


def naive_same(x, kernel, stride):
    """What TensorFlow calls "same": paint, then crop; the odd row last."""
    n, k = len(x), len(kernel)
    canvas = torch.zeros(n * stride + max(k - stride, 0)).double()
    for i, a in product(range(n), range(k)):
        canvas[i * stride + a] += x[i] * kernel[a]
    start = max(k - stride, 0) // 2
    return canvas[start : start + n * stride]


@pytest.mark.parametrize("k, s", [*product(range(1, 6), range(1, 5))])
def test_keras_sizes_in_the_words_of_torch(k, s):
    x, kernel = noise(4), noise(k)
    one = x[None, None, None], kernel[None, None, None]
    # "valid"
    y = by_scatter(*one, s, output_padding=max(s - k, 0))
    assert y.shape[-1] == 4 * s + max(k - s, 0)
    # "same"; an odd difference needs a cut that no option expresses
    crop = max(k - s, 0) // 2
    wide = F.conv_transpose1d(
        one[0][0], one[1][0], stride=s, padding=crop,
        output_padding=max(s - k, 0),
    )[0, 0]  # fmt: skip
    close(wide[: 4 * s], naive_same(x, kernel, s))
    assert len(wide) - 4 * s == max(k - s, 0) % 2


@pytest.fixture(scope="module")
def keras(tmp_path_factory):
    """Import Keras on torch's CPU, whatever a user's settings say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", "torch")
        patch.setenv("KERAS_TORCH_DEVICE", "cpu")
        # it would write a file of settings into the home folder
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        import keras as imported
    assert imported.backend.backend() == "torch"
    return imported


def by_keras(keras, x, weight, stride, padding):
    """Conv2DTranspose on a map and a kernel in torch's layout."""
    layer = keras.layers.Conv2DTranspose(
        weight.shape[1], tuple(weight.shape[2:]), stride, padding,
        data_format="channels_last", use_bias=False, dtype="float64",
    )  # fmt: skip
    maps = x.permute(0, 2, 3, 1).numpy()
    layer.build(maps.shape)
    # Keras: (kH, kW, C_out, C_in)
    layer.set_weights([weight.permute(2, 3, 1, 0).numpy()])
    return layer(maps).detach().permute(0, 3, 1, 2)


@pytest.mark.parametrize("k, s", [*product(range(1, 7), range(1, 6))])
def test_keras_valid_is_the_whole_canvas(keras, k, s):
    weight, extra = noise(2, 3, k, k), max(s - k, 0)
    for H, W in (1, 1), (1, 4), (5, 3):
        x = noise(2, 2, H, W)
        theirs = by_keras(keras, x, weight, s, "valid")
        more = max(k - s, 0)
        assert theirs.shape == (2, 3, H * s + more, W * s + more)
        close(by_zeros(x, weight, s, 0, extra), theirs)
        close(F.conv_transpose2d(x, weight, None, s, 0, extra), theirs)


@pytest.mark.parametrize("k, s", [*product(range(1, 7), range(1, 6))])
def test_keras_same_crops_the_odd_row_last(keras, k, s):
    weight, extra = noise(2, 3, k, k), max(s - k, 0)
    crop, odd = divmod(max(k - s, 0), 2)
    for H, W in (2, 2), (2, 5), (5, 3):
        x = noise(2, 2, H, W)
        theirs = by_keras(keras, x, weight, s, "same")
        assert theirs.shape == (2, 3, H * s, W * s)
        ours = by_zeros(x, weight, s, crop, extra)
        torchs = F.conv_transpose2d(x, weight, None, s, crop, extra)
        # no option of torch drops one row at the end
        assert ours.shape[-2:] == (H * s + odd, W * s + odd)
        close(ours[..., : H * s, : W * s], theirs)
        close(torchs[..., : H * s, : W * s], theirs)


def test_output_padding_lies_one_pixel_off_keras_same(keras):
    x, weight = noise(1, 2, 4, 5), noise(2, 3, 3, 3)
    theirs = by_keras(keras, x, weight, 2, "same")
    ours = by_zeros(x, weight, stride=2, padding=1, output_padding=1)
    assert ours.shape == theirs.shape == (1, 3, 8, 10)
    close(ours[..., :-1, :-1], theirs[..., 1:, 1:])
    assert (ours - theirs).abs().max() > 0.1


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_kernels_of_keras_hold_the_output_channels_first(keras, padding):
    layer = keras.layers.Conv2DTranspose(4, (2, 3), 2, padding)
    layer.build((1, 6, 7, 5))
    assert tuple(layer.kernel.shape) == (2, 3, 4, 5)
    # rows and columns differ in what is cropped
    x, weight = noise(1, 5, 6, 7), noise(5, 4, 2, 3)
    theirs = by_keras(keras, x, weight, 2, padding)
    columns = 15 if padding == "valid" else 14
    close(by_zeros(x, weight, 2)[..., :columns], theirs)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "change, words",
    [
        ({"stride": 0}, "stride must be at least 1, not 0"),
        ({"dilation": 0}, "dilation must be at least 1, not 0"),
        ({"padding": -1}, "padding must be at least 0, not -1.* F.pad"),
        ({"padding": 9}, r"nothing is left .*\(-13 x -12\).* padding 9"),
        ({"x": torch.ones(1, 4, 2, 4), "padding": 2}, r"\(0 x 2\)"),
        ({"output_padding": 1}, "output_padding must be from 0 to 0.* not 1"),
        ({"output_padding": -1}, "output_padding must be from 0 to 0"),
        ({"groups": 3}, "groups must divide the 4 .*, not be 3"),
        ({"groups": 0}, "groups must divide the 4 .*, not be 0"),
        ({"x": torch.ones(1, 3, 2, 2)}, "x has 3 channels .* reads 4"),
        ({"x": torch.ones(4, 2, 2)}, r"x must be \(N, C, H, W\), not \(4, 2"),
        ({"x": torch.ones(1, 4, 0, 2)}, "x must be .* not .*0, 2"),
        ({"weight": torch.ones(4, 1, 0, 3)}, "weight must .* not .*0, 3"),
        ({"weight": torch.ones(4, 3, 3)}, r"weight must .* not \(4, 3, 3\)"),
    ],
)
def test_bad_settings_are_named(view, change, words):
    given = {"x": torch.ones(1, 4, 3, 4), "weight": torch.ones(4, 1, 3, 3)}
    with pytest.raises(ValueError, match=words):
        view(**given | change)


@pytest.mark.parametrize(
    "x, stride, words",
    [
        (torch.ones(1, 1, 2, 2), 0, "stride must be at least 1, not 0"),
        (torch.ones(2, 2), 2, r"not \(2, 2\)"),
        (torch.ones(1, 1, 0, 2), 2, r"not \(1, 1, 0, 2\)"),
    ],
)
def test_zeros_between_nothing_are_refused(x, stride, words):
    with pytest.raises(ValueError, match=words):
        insert_zeros(x, stride)


def test_whole_numbers_would_lose_their_fractions():
    with pytest.raises(ValueError, match=r"not torch.int64: use x.float\(\)"):
        upsample(torch.ones(1, 1, 2, 2, dtype=torch.int64), 2)
