"""A fully connected layer and the convolution made of it agree."""

import pytest
import torch
from torch import nn

from fcn_lib.fullyconv import linear_to_conv, slide


def toy(seed=0):
    """A classifier without padding: 20x20 pixels in, 3 classes out."""
    torch.manual_seed(seed)
    features = nn.Sequential(
        nn.Conv2d(2, 4, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3)
    )  # 20 -> 16 -> 8 -> 6
    linear = nn.Linear(6 * 6 * 6, 3)
    return features.double(), linear.double()


def test_at_its_own_size_the_answers_are_equal():
    features, linear = toy()
    conv = linear_to_conv(linear, 6, 6, 6)
    x = torch.randn(2, 2, 20, 20, dtype=torch.float64)
    ours = conv(features(x))
    assert ours.shape == (2, 3, 1, 1)
    theirs = linear(features(x).flatten(1))
    torch.testing.assert_close(ours.flatten(1), theirs, rtol=0, atol=1e-12)


def test_on_a_larger_image_it_equals_sliding():
    features, linear = toy()
    conv = linear_to_conv(linear, 6, 6, 6)
    x = torch.randn(1, 2, 26, 32, dtype=torch.float64)
    dense = conv(features(x))
    classifier = nn.Sequential(features, nn.Flatten(), linear)
    slid = slide(classifier, x, window=20, step=2)
    assert dense.shape == slid.shape == (1, 3, 4, 7)
    torch.testing.assert_close(dense, slid, rtol=0, atol=1e-12)


def test_a_non_square_map_keeps_rows_and_columns_apart():
    linear = nn.Linear(2 * 3 * 4, 5, bias=False)
    conv = linear_to_conv(linear, 2, 3, 4)
    x = torch.randn(1, 2, 3, 4)
    assert conv.bias is None
    torch.testing.assert_close(conv(x).flatten(1), linear(x.flatten(1)))


def test_a_map_of_another_size_is_refused():
    with pytest.raises(ValueError, match="reads 100 values.* make 90"):
        linear_to_conv(nn.Linear(100, 3), 10, 3, 3)


@pytest.mark.parametrize("step", [0, -2])
def test_windows_are_at_least_one_pixel_apart(step):
    with pytest.raises(ValueError, match=f"step .* at least 1, not {step}"):
        slide(nn.Flatten(), torch.zeros(1, 1, 8, 12), window=4, step=step)


def test_a_window_larger_than_the_image_is_refused():
    with pytest.raises(ValueError, match="window of 9 .* 8x12"):
        slide(nn.Flatten(), torch.zeros(1, 1, 8, 12), window=9, step=1)
