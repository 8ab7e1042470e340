"""The order of images: fair, mirrored by half, the same for a seed."""

from itertools import islice

import numpy as np
import pytest
import torch

from fcn_lib.batches import batches, stack, tensors


def pairs(count=7, height=2, width=3):
    """Pictures that tell their number, and in each column its own."""
    result = []
    for i in range(count):
        image = np.full((height, width, 3), i, np.uint8)
        image[..., 1] = np.arange(width)
        labels = np.full((height, width), i, np.uint8)
        labels[0] = np.arange(width)
        result.append((image, labels))
    return result


def drawn(data, batch_size, seed=0, start=0, steps=12):
    """Which pictures make up each batch, and which of them are mirrored."""
    found = []
    for images, target in batches(data, batch_size, seed, start, steps):
        numbers = images[:, 0, 0, 0].tolist()
        mirrored = (images[:, 1, 0, 0] > 0).tolist()
        assert target[:, 1, 0].tolist() == numbers
        found.append(list(zip(numbers, mirrored, strict=True)))
    return found


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7])
def test_each_image_comes_once_a_round(batch_size):
    a_round = 7 // batch_size
    found = drawn(pairs(), batch_size, steps=5 * a_round)
    assert len(found) == 5 * a_round
    orders = set()
    for first in range(0, len(found), a_round):
        order = sum(found[first : first + a_round], [])
        numbers = [i for i, _ in order]
        # what does not fill a batch is left out
        assert len(numbers) == len(set(numbers)) == a_round * batch_size
        orders.add(tuple(numbers))
    assert len(orders) == 5  # each round has its own order


def test_what_was_left_out_comes_in_another_round():
    found = drawn(pairs(), 3, steps=20)
    assert {i for batch in found for i, _ in batch} == set(range(7))


def test_half_of_the_images_are_mirrored():
    found = sum(drawn(pairs(), 7, steps=200), [])
    assert len(found) == 1400
    # 9 standard deviations to each side: sqrt(1400) / 2 is 19
    assert 530 < sum(mirrored for _, mirrored in found) < 870
    # and each of the seven now so, now so
    assert set(found) == {(i, m) for i in range(7) for m in (False, True)}


def test_a_batch_holds_the_pixels_of_its_pairs():
    rng = np.random.default_rng(0)
    data = [
        (
            rng.integers(0, 256, (4, 5, 3), np.uint8),
            rng.integers(0, 256, (4, 5), np.uint8),
        )
        for _ in range(5)
    ]
    straight = mirrored = 0
    for images, target in batches(data, 2, 0, 0, 20):
        assert images.shape == (2, 3, 4, 5) and target.shape == (2, 4, 5)
        assert images.dtype == target.dtype == torch.uint8
        for pixels, ids in zip(images.numpy(), target.numpy(), strict=True):
            both = pixels.transpose(1, 2, 0), ids
            straight += any(same(both, pair) for pair in data)
            flipped = both[0][:, ::-1], both[1][:, ::-1]
            mirrored += any(same(flipped, pair) for pair in data)
    # an image turned without its labels would be neither
    assert straight + mirrored == 40 and straight and mirrored


def same(a, b):
    """Image and labels are both equal."""
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_the_order_depends_on_the_seed_alone():
    first = drawn(pairs(), 3, seed=4)
    torch.manual_seed(99)
    np.random.seed(99)
    assert drawn(pairs(), 3, seed=4) == first
    assert drawn(pairs(), 3, seed=5) != first


def test_the_numbers_of_torch_are_left_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    list(batches(pairs(), 2, 0, 0, 9))
    assert torch.get_rng_state().equal(before)


@pytest.mark.parametrize("start", [0, 1, 3, 4, 11, 12])
def test_a_later_start_gives_the_same_batches(start):
    whole = batches(pairs(), 2, 1, 0, 12)
    rest = list(batches(pairs(), 2, 1, start, 12))
    assert len(rest) == 12 - start
    for ours, theirs in zip(rest, islice(whole, start, None), strict=True):
        assert all(a.equal(b) for a, b in zip(ours, theirs, strict=True))


def test_more_steps_begin_like_fewer():
    assert drawn(pairs(), 2, steps=20)[:5] == drawn(pairs(), 2, steps=5)


@pytest.mark.parametrize("start, steps", [(0, 0), (5, 5), (9, 5)])
def test_no_step_left_is_no_batch(start, steps):
    assert drawn(pairs(), 2, start=start, steps=steps) == []


@pytest.mark.parametrize("count, batch_size", [(0, 1), (1, 2), (7, 8)])
def test_too_few_pairs_are_refused(count, batch_size):
    words = f"^{count} pairs do not fill a batch of {batch_size}: .*smaller"
    with pytest.raises(ValueError, match=words):
        batches(pairs(count), batch_size, 0, 0, 1)
    assert drawn(pairs(batch_size), batch_size, steps=1)


def test_pairs_are_read_only_when_their_turn_comes():
    class Lazy:
        read = []

        def __len__(self):
            return 9

        def __getitem__(self, i):
            self.read.append(i)
            return pairs(9)[i]

    two = islice(batches(Lazy(), 3, 0, 0, 100), 2)
    numbers = [images[:, 0, 0, 0].tolist() for images, _ in two]
    assert Lazy.read == sum(numbers, []) and len(Lazy.read) == 6


def test_sizes_that_differ_are_named():
    mixed = pairs(1) + pairs(1, height=5)
    with pytest.raises(ValueError, match="of 2x3 and 5x3 .* batch_size=1"):
        list(batches(mixed, 2, 0, 0, 1))
    assert len(list(batches(mixed, 1, 0, 0, 4))) == 4


def test_labels_of_another_size_than_their_image_are_named():
    image, labels = tensors(*pairs(1)[0])
    with pytest.raises(ValueError, match="images or labels of 2x2 and 2x3"):
        stack([(image, labels[:, :2])])


def test_stack_puts_pairs_side_by_side():
    data = pairs(3)
    images, target = stack([tensors(*pair) for pair in data])
    assert images.tolist() == [x.transpose(2, 0, 1).tolist() for x, _ in data]
    assert target.tolist() == [labels.tolist() for _, labels in data]


def test_views_with_negative_strides_become_tensors():
    image, labels = pairs(1)[0]
    pixels, ids = tensors(image[::-1, ::-1], labels[::-1, ::-1])
    assert pixels.tolist() == image[::-1, ::-1].transpose(2, 0, 1).tolist()
    assert ids.tolist() == labels[::-1, ::-1].tolist()


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_has_at_least_one_image(size):
    with pytest.raises(ValueError, match=f"at least 1, not {size}"):
        batches(pairs(), size, seed=0, start=0, steps=3)


def places(count=64):
    """Where windows of 2x3 pixels are cut out of 4x8, batch by batch."""
    rows, columns = np.mgrid[:4, :8]
    labels = np.uint8(10 * rows + columns)
    data = [(labels[..., None].repeat(3, -1), labels)] * count
    drawn = batches(data, count, seed=0, start=0, steps=3, crop=(2, 3))
    for images, target in drawn:
        assert images.shape[-2:] == target.shape[-2:] == (2, 3)
        assert (images[:, 0] == target).all()  # cut alike
        for window in target.tolist():
            (a, b, c), (d, *_) = window
            assert d == a + 10 and abs(b - a) == 1 and c - b == b - a
            yield min(a, c) // 10, min(a, c) % 10


def test_windows_are_cut_at_every_place():
    found = set(places())
    assert found == {(top, left) for top in range(3) for left in range(6)}


def test_a_window_as_large_as_the_image_is_the_image():
    data = pairs(4)
    for crop in [(2, 3), (50, 60)]:
        a = batches(data, 2, seed=0, start=0, steps=2, crop=crop)
        b = batches(data, 2, seed=0, start=0, steps=2)
        for (x, y), (u, v) in zip(a, b, strict=True):
            assert x.equal(u) and y.equal(v)


def test_windows_make_images_of_two_sizes_fit_into_a_batch():
    data = pairs(2, 4, 6) + pairs(2, 8, 5)
    drawn = batches(data, 4, seed=0, start=0, steps=1, crop=(3, 4))
    assert [x.shape for x, _ in drawn] == [(4, 3, 3, 4)]
