"""Super-resolution: pairs, PSNR, three layers and what they have in common."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage import data
from skimage.metrics import peak_signal_noise_ratio
from torch import nn

from fcn_lib import superres
from fcn_lib.superres import (
    HEADS,
    Doubler,
    as_transposed,
    bicubic,
    enlarge,
    icnr,
    learn,
    patches,
    psnr,
    shrink,
)
from fcn_lib.superres.layers import transposed
from fcn_lib.superres.pictures import to_picture, to_tensor


def picture(height, width, seed=0):
    """Random colours, the same each time."""
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, 3), dtype=np.uint8)


def noise(*shape):
    """Random float64 numbers, the same each time."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def drawn(layer):
    """Give a layer random float64 weights, the same each time."""
    generator = torch.Generator().manual_seed(1)
    layer = layer.double()
    with torch.no_grad():
        for weight in layer.parameters():
            weight.normal_(generator=generator)
    return layer


def close(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


def test_shrinking_takes_the_mean_of_each_block():
    large = picture(8, 12)
    small = shrink(large)
    assert small.dtype == np.uint8 and small.shape == (4, 6, 3)
    for row, column, color in np.ndindex(small.shape):
        block = large[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        mean = block[..., color].astype(float).mean()
        assert abs(small[row, column, color] - mean) <= 0.5


def test_nothing_outside_a_square_leaks_into_its_small_one():
    large = picture(32, 32)
    other = picture(32, 32, seed=1)
    other[8:24, 4:20] = large[8:24, 4:20]
    assert (shrink(other)[4:12, 2:10] == shrink(large[8:24, 4:20])).all()


def test_a_chessboard_leaves_no_trace():
    large = picture(16, 16) // 2 + 60
    signs = np.indices((16, 16)).sum(0)[..., None] % 2 * 2 - 1
    marked = (large + 20 * signs).astype(np.uint8)
    assert (marked != large).all() and (shrink(marked) == shrink(large)).all()


@pytest.mark.parametrize("rim", [0, 1, 4])
def test_psnr_equals_that_of_scikit_image(rim):
    one, other = picture(20, 30), picture(20, 30, seed=1)
    inner = slice(rim, 20 - rim), slice(rim, 30 - rim)
    theirs = peak_signal_noise_ratio(other[inner], one[inner], data_range=255)
    assert psnr(one, other, rim) == pytest.approx(theirs, abs=1e-9)


def test_psnr_by_hand():
    truth = np.full((10, 10, 3), 100, np.uint8)
    # off by 25.5, a tenth of the range, would be 20; by 51 it is 13.98
    assert psnr(truth + 51, truth) == pytest.approx(20 * np.log10(5))
    assert psnr(truth, truth) == float("inf")
    spoilt = truth.copy()
    spoilt[:4] = 0  # in the rim alone
    assert psnr(spoilt, truth) == float("inf") > psnr(spoilt, truth, rim=3)


def test_pairs_are_squares_of_the_photographs_and_their_small_ones():
    photos = [picture(70, 90), picture(32, 32, seed=1)]
    for small, large in patches(photos, steps=3, batch_size=5):
        assert small.shape == (5, 3, 16, 16) and large.shape == (5, 3, 32, 32)
        means = F.avg_pool2d(large, 2)
        assert (small - means).abs().max() <= 0.5 / 255 + 1e-6
        assert large.min() >= 0 and large.max() <= 1


def test_squares_lie_anywhere_and_are_turned_and_mirrored():
    photo = picture(34, 32)
    whole = []
    for turns in range(4):
        for flip in (False, True):
            for top in range(3):
                square = photo[top : top + 32]
                square = square[:, ::-1] if flip else square
                whole.append(np.rot90(square, turns).tobytes())
    batches = patches([photo], steps=12, batch_size=16)
    seen = {to_picture(x).tobytes() for _, large in batches for x in large}
    assert seen == set(whole)


def test_the_same_seed_cuts_the_same_squares():
    photos = [picture(100, 100)]
    first, again, other = (
        next(patches(photos, 1, seed=seed))[1] for seed in (3, 3, 4)
    )
    assert first.equal(again) and not first.equal(other)


def test_a_picture_survives_the_way_to_a_tensor_and_back():
    there = to_tensor([picture(5, 7)])
    assert there.shape == (1, 3, 5, 7)
    assert (to_picture(there[0]) == picture(5, 7)).all()
    beyond = torch.tensor([-0.5, 0.4999 / 255, 1.5]).view(3, 1, 1)
    assert to_picture(beyond).tolist() == [[[0, 0, 255]]]


@pytest.mark.parametrize("factor", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_a_sub_pixel_convolution_is_a_transposed_one(kernel, factor):
    conv = drawn(nn.Conv2d(4, 3 * factor**2, kernel, padding=kernel // 2))
    with torch.no_grad():  # one bias for all pixels of a cell
        bias = conv.bias[:: factor**2].repeat_interleave(factor**2)
        conv.bias.copy_(bias)
    x = noise(2, 4, 5, 6)
    painted = as_transposed(conv, factor)
    assert painted.kernel_size == (factor * kernel,) * 2
    with torch.no_grad():
        theirs = F.pixel_shuffle(conv(x), factor)
        torch.testing.assert_close(painted(x), theirs)


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": 2},
        {"kernel_size": (3, 1)},
        {"padding": 0},
        {"padding": "same"},
        {"padding_mode": "reflect"},
        {"stride": 2},
        {"dilation": 2},
        {"groups": 2},
    ],
)
def test_another_convolution_is_not_woven(options):
    conv = nn.Conv2d(4, 12, **{"kernel_size": 3, "padding": 1} | options)
    with pytest.raises(ValueError, match="odd size k"):
        as_transposed(conv, 2)


def test_a_sub_pixel_convolution_may_lack_biases():
    torch.manual_seed(0)
    conv = icnr(nn.Conv2d(4, 12, 3, padding=1, bias=False), 2)
    x = torch.rand(1, 4, 5, 6)
    theirs = F.pixel_shuffle(conv(x), 2)
    torch.testing.assert_close(as_transposed(conv, 2)(x), theirs)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_icnr_starts_as_nearest_neighbour(factor):
    conv = icnr(drawn(nn.Conv2d(4, 3 * factor**2, 3, padding=1)), factor)
    x = noise(2, 4, 5, 6)
    one = F.conv2d(
        x, conv.weight[:: factor**2], conv.bias[:: factor**2], padding=1
    )
    theirs = F.interpolate(one, scale_factor=factor, mode="nearest")
    close(F.pixel_shuffle(conv(x), factor), theirs)
    assert conv.weight.std() > 0.5  # not by setting all to zero


def test_the_sub_pixel_head_starts_so_and_the_transposed_one_does_not():
    x = noise(1, 8, 4, 4).float()
    repeats = {}
    for name, head in HEADS.items():
        torch.manual_seed(0)
        with torch.no_grad():
            y = head(8)(x)
        repeats[name] = y[..., ::2, ::2].allclose(y[..., 1::2, 1::2])
    assert repeats == {
        "transposed": False, "sub-pixel": True, "resize": False
    }  # fmt: skip


@pytest.mark.parametrize("kernel", [3, 4])
def test_a_transposed_head_doubles_exactly(kernel):
    assert transposed(8, kernel)(torch.zeros(1, 8, 5, 7)).shape == (
        1, 3, 10, 14
    )  # fmt: skip


def test_resize_is_even_on_a_flat_map():
    torch.manual_seed(0)
    with torch.no_grad():
        y = HEADS["resize"](8)(torch.rand(1, 8, 1, 1).expand(1, 8, 6, 6))
    inner = y[..., 2:-2, 2:-2]
    assert (inner - inner[..., :1, :1]).abs().max() < 1e-6


@pytest.mark.parametrize("head", HEADS)
def test_a_net_without_a_say_is_bicubic(head):
    net = Doubler(head, channels=4)
    for weight in net.head.parameters():
        nn.init.zeros_(weight)
    x = torch.rand(2, 3, 5, 6)
    with torch.no_grad():
        assert net(x).equal(bicubic(x)) and net(x).shape == (2, 3, 10, 12)


def test_bicubic_by_its_weights():
    """Keys' kernel, a = -3/4, at the quarters where new pixels lie."""
    a = -0.75

    def weight(t):
        t = abs(t)
        if t < 1:
            return (a + 2) * t**3 - (a + 3) * t**2 + 1
        return a * (t**3 - 5 * t**2 + 8 * t - 4)

    line = noise(1, 1, 1, 9)
    wide = bicubic(line)[0, 0, 0]
    for j in range(4, 14):
        place = (j + 0.5) / 2 - 0.5
        sum_of = sum(line[0, 0, 0, i] * weight(place - i) for i in range(9)
                     if abs(place - i) < 2)  # fmt: skip
        close(wide[j], sum_of)


def test_enlarge_rounds_what_the_net_gives():
    small = picture(6, 8)
    ours = enlarge(small, lambda x: F.interpolate(x, scale_factor=2))
    assert (ours == small.repeat(2, axis=0).repeat(2, axis=1)).all()
    net = Doubler("resize", channels=4)
    assert enlarge(small, net).shape == (12, 16, 3)


@pytest.mark.parametrize("head", HEADS)
def test_every_head_learns_on_photographs(head):
    torch.manual_seed(0)
    net = Doubler(head, channels=8)
    photos = [data.coffee()]
    cat = data.chelsea()[:200, :200]
    before = psnr(enlarge(shrink(cat), net), cat)
    losses = learn(net, photos, steps=30)
    assert len(losses) == 30 and not net.training
    assert psnr(enlarge(shrink(cat), net), cat) > before + 3


def test_learning_repeats_itself():
    states = []
    for _ in range(2):
        torch.manual_seed(5)
        net = Doubler("sub-pixel", channels=4)
        learn(net, [picture(32, 32)], steps=2, seed=1)
        states.append(net.state_dict())
    assert all(states[0][key].equal(states[1][key]) for key in states[0])


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: shrink(picture(5, 4)), "5×4.*even"),
        (lambda: shrink(picture(4, 4).astype(float)), "not float64"),
        (lambda: shrink(picture(4, 4)[..., 0]), r"not uint8 \(4, 4\)"),
        (lambda: psnr(picture(9, 9), picture(9, 8)), "differ in size"),
        (lambda: psnr(picture(8, 9), picture(8, 9)), "rim of 4"),
        (lambda: psnr(picture(9, 9), picture(9, 9), rim=-1), "rim of -1"),
        (lambda: psnr([[0]], picture(9, 9)), "not list"),
        (lambda: next(patches([picture(31, 80)], 1)), "31×80.*of 32"),
        (lambda: icnr(nn.Conv2d(3, 10, 3), 2), "10 channels.*2²"),
        (lambda: as_transposed(nn.Conv2d(3, 12, 3), 0), "multiple of 0²"),
        (lambda: Doubler("deconvolution"), "'deconvolution'.*resize"),
    ],
)
def test_what_cannot_work_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_all_that_is_exported_exists():
    assert all(hasattr(superres, name) for name in superres.__all__)
