"""Labels for pictures of any size, in one go or piece by piece."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from fcn_lib.fcn8s import FCN8s
from fcn_lib.fcn16s import FCN16s
from fcn_lib.fcn32s import FCN32s
from fcn_lib.prediction import MARGIN, TILE, label_picture
from fcn_lib.transposed import upsample

K = 5


class Pixels(nn.Module):
    """A net that sees one pixel around each; its sums are whole numbers."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, K, 3, padding=1)
        generator = torch.Generator().manual_seed(0)
        for weight in self.conv.parameters():
            weight.data.random_(-4, 5, generator=generator)
        self.seen = []

    def forward(self, images):
        """Logits that no order of adding changes; remember the pieces."""
        values = (images * 255).round()
        self.seen.append(values[0])
        return self.conv(values)


class Cells(Pixels):
    """The same on cells of stride 32, upsampled: exact in float64."""

    def forward(self, images):
        """Average, score, upsample; zeros beyond the rim."""
        H, W = images.shape[-2:]
        values = (images * 255).round().double()
        self.seen.append(values[0])
        values = F.pad(values, (0, -W % 32, 0, -H % 32), mode="replicate")
        weight, bias = self.conv.weight[..., 1:2, 1:2], self.conv.bias
        x = F.conv2d(F.avg_pool2d(values, 32), weight.double(), bias.double())
        return upsample(x, 32)[..., :H, :W]


def picture(height, width):
    """Red is the row, green the column, blue is noise, uint8."""
    rows, columns = np.mgrid[:height, :width]
    blue = np.random.default_rng(0).integers(0, 256, (height, width))
    return np.stack([rows, columns, blue], axis=-1).astype(np.uint8)


def by_hand(net, rgb):
    """Labels of the whole picture at once."""
    images = torch.tensor(rgb / 255, dtype=torch.float32)
    with torch.no_grad():
        logits = net(images.permute(2, 0, 1)[None])
    net.seen.pop()
    return logits[0].numpy().argmax(0)


def places(net):
    """Where the pieces that a net has seen lie: rows and columns."""
    return [
        tuple((int(v.min()), int(v.max()) + 1) for v in piece[:2])
        for piece in net.seen
    ]


@pytest.mark.parametrize("cls", [Pixels, Cells])
@pytest.mark.parametrize("size", [(1, 1), (20, 33), (128, 128), (128, 7)])
def test_a_small_picture_is_labelled_in_one_go(cls, size):
    net, rgb = cls(), picture(*size)
    labels = label_picture(net, rgb, tile=64, margin=32)
    assert places(net) == [((0, size[0]), (0, size[1]))]
    assert labels.shape == size and labels.dtype == np.uint8
    assert np.array_equal(labels, by_hand(net, rgb))


@pytest.mark.parametrize(
    "n, seen",
    [
        (128, [(0, 128)]),
        (129, [(0, 96), (32, 129), (96, 129)]),
        (192, [(0, 96), (32, 160), (96, 192)]),
        (200, [(0, 96), (32, 160), (96, 200), (160, 200)]),
    ],
)
def test_where_the_pieces_of_64_lie(n, seen):
    tall, wide = Pixels(), Pixels()
    label_picture(tall, picture(n, 3), tile=64, margin=32)
    assert places(tall) == [(rows, (0, 3)) for rows in seen]
    label_picture(wide, picture(130, n), tile=64, margin=32)
    # row by row; 130 rows are three pieces
    rows = [(0, 96), (32, 130), (96, 130)]
    assert places(wide) == [(r, c) for r in rows for c in seen]


@settings(deadline=None, max_examples=30)
@given(
    st.integers(1, 256),
    st.integers(1, 256),
    st.sampled_from([32, 64, 96]),
    st.sampled_from([32, 64]),
)
@example(97, 97, 32, 32)
@example(129, 255, 64, 32)
def test_pieces_give_the_labels_of_the_whole(H, W, tile, margin):
    rgb = picture(H, W)
    for net in Pixels(), Cells():
        labels = label_picture(net, rgb, tile, margin)
        seen = places(net)
        assert np.array_equal(labels, by_hand(net, rgb))
        for place in seen:
            for (start, end), n in zip(place, (H, W), strict=True):
                assert end - start <= tile + 2 * margin
                # the cells lie where they lie in the whole picture
                assert start % 32 == 0
                assert end % 32 == 0 or end == n


def test_without_a_margin_the_cuts_show():
    net, rgb = Pixels(), picture(96, 80)
    wrong = label_picture(net, rgb, tile=32, margin=0) != by_hand(net, rgb)
    cut = np.zeros((96, 80), dtype=bool)
    cut[[31, 32, 63, 64]] = True
    cut[:, [31, 32, 63, 64]] = True
    assert wrong[cut].mean() > 0.2 and not wrong[~cut].any()


def test_sides_of_1536_pixels_are_done_in_one_go():
    assert (TILE, MARGIN) == (1024, 256)
    net = Pixels()
    label_picture(net, np.zeros((1536, 1, 3), np.uint8))
    label_picture(net, np.zeros((2, 1537, 3), np.uint8))
    sizes = [tuple(piece.shape[1:]) for piece in net.seen]
    assert sizes == [(1536, 1), (2, 1280), (2, 769)]


@pytest.mark.parametrize("cls", [FCN32s, FCN16s, FCN8s])
def test_predict_cuts_a_large_picture(cls):
    net, seen = cls(2, "test_efficientnet", pretrained=False), []
    net.backbone.register_forward_pre_hook(
        lambda module, args: seen.append(tuple(args[0].shape))
    )
    labels = net.predict(np.zeros((4, 1537, 3), dtype=np.uint8))
    assert labels.shape == (4, 1537)
    assert seen == [(1, 3, 4, 1280), (1, 3, 4, 769)]


def test_pil_images_and_flipped_arrays_are_cut_too():
    net, rgb = Pixels(), picture(100, 140)
    image = Image.fromarray(rgb)
    labels = label_picture(net, image, tile=32, margin=32)
    assert np.array_equal(labels, by_hand(net, rgb))
    flipped = rgb[:, ::-1]
    labels = label_picture(net, flipped, tile=32, margin=32)
    assert np.array_equal(labels, by_hand(net, flipped.copy()))


@pytest.mark.parametrize(
    "tile, margin",
    [
        (0, 32),
        (16, 32),
        (33, 32),
        (48, 32),
        (-32, 32),
        (32, 16),
        (32, 31),
        (64, -32),
    ],
)
def test_cells_must_not_move(tile, margin):
    net = Pixels()
    words = f"tile={tile} and margin={margin} must be multiples of 32"
    with pytest.raises(ValueError, match=words):
        label_picture(net, picture(4, 4), tile, margin)
    assert net.seen == []


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_the_net_is_left_in_its_mode(training, fails):
    net, during = nn.Sequential(Pixels(), nn.Dropout()), []
    net.train(training)[1].train(not training)  # as if frozen

    def note(module, args, logits):
        during.append((module.training, logits.requires_grad))
        return logits * torch.nan if fails and len(during) == 2 else logits

    net[0].register_forward_hook(note)
    try:
        label_picture(net, picture(40, 100), tile=32, margin=32)
    except ValueError as error:
        assert "NaN" in str(error)
    # without dropout, and without a gradient
    assert during == [(False, False)] * (2 if fails else 4)
    assert [net.training, net[0].training, net[1].training] == [
        training,
        training,
        not training,
    ]
    assert torch.is_grad_enabled()


def test_nan_in_one_piece_is_refused():
    net = Pixels()
    far = picture(97, 97)
    far[..., 2] = 0
    far[96, 96, 2] = 1

    def spoil(module, args, logits):
        # one pixel's five logits are NaN, where blue is not 0
        return logits / (net.seen[-1][2] == 0)

    net.conv.weight.data.zero_()
    net.conv.bias.data.zero_()
    net.register_forward_hook(spoil)
    with pytest.raises(ValueError, match="^5 logits are NaN"):
        label_picture(net, far, tile=32, margin=32)
    assert label_picture(net, far[:96, :96], 32, 32).max() == 0


@pytest.mark.parametrize(
    "image, words",
    [
        (picture(5, 5) / 255, "not float64"),
        (picture(5, 5)[..., 0], r"\(5, 5\)"),
        (picture(5, 5)[:0], r"\(0, 5, 3\)"),
    ],
)
def test_bad_pictures_are_named(image, words):
    with pytest.raises(ValueError, match=words):
        label_picture(Pixels(), image)
