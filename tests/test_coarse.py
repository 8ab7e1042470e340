"""The two yardsticks of a stride, against loops, searches and hand counts."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from fcn_lib.coarse import best_grid, block_labels, mosaic
from fcn_lib.pixels import confusion_matrix, scores
from fcn_lib.scenes import Scenes
from fcn_lib.transposed import upsample

VOID = 255
STRIDES = (4, 8, 16, 32, 64, 128)


def random_labels(shape, num_classes=4, void=0.3):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, num_classes, shape).astype(np.uint8)
    labels[rng.random(shape) < void] = VOID
    return labels


def naive_majority(labels, stride, num_classes):
    """One block, one pixel at a time."""
    H, W = labels.shape
    rows = []
    for top in range(0, H, stride):
        row = []
        for left in range(0, W, stride):
            votes = [0] * num_classes
            for y in range(top, min(top + stride, H)):
                for x in range(left, min(left + stride, W)):
                    if labels[y, x] != VOID:
                        votes[labels[y, x]] += 1
            most = max(votes)
            row.append(votes.index(most) if most else VOID)
        rows.append(row)
    return rows


def stretched(grid, stride, size):
    return upsample(grid, stride)[..., : size[0], : size[1]]


@pytest.mark.parametrize("size", [(8, 12), (7, 11), (1, 1), (5, 3)])
@pytest.mark.parametrize("stride", [1, 2, 3, 4, 16])
def test_block_labels_equal_a_naive_loop(size, stride):
    labels = random_labels(size)
    cells = block_labels(labels, stride, 4)
    assert cells.dtype == np.uint8
    assert cells.tolist() == naive_majority(labels, stride, 4)


def test_a_stack_is_labelled_image_by_image():
    labels = random_labels((3, 7, 11))
    expected = [naive_majority(image, 4, 4) for image in labels]
    assert block_labels(labels, 4, 4).tolist() == expected
    tensor = torch.from_numpy(labels).long()
    assert block_labels(tensor, 4, 4).tolist() == expected


@pytest.mark.parametrize(
    "block, winner",
    [
        ([[3, 1], [1, 3]], 1),  # a tie: the lowest id
        ([[2, 0], [3, 1]], 0),
        ([[2, 255], [255, 255]], 2),  # void has no vote
        ([[255, 255], [255, 255]], 255),  # nobody votes
        ([[0, 3], [3, 255]], 3),
    ],
)
def test_votes_by_hand(block, winner):
    assert block_labels(np.array(block), 2, 4).tolist() == [[winner]]


def test_void_may_have_another_number():
    labels = np.array([[9, 9, 9], [9, 1, 9]])
    cells = block_labels(labels, 2, 2, ignore_index=9)
    assert cells.tolist() == [[1, 9]]


def test_no_mosaic_has_more_pixels_right_than_the_majority():
    labels = random_labels((4, 5), num_classes=3)
    known = labels != VOID

    def right(cells):
        return (mosaic(cells, 2, labels.shape) == labels)[known].sum()

    every = product(range(3), repeat=2 * 3)
    best = max(right(np.array(cells).reshape(2, 3)) for cells in every)
    assert right(block_labels(labels, 2, 3)) == best


def test_blocks_vote_and_leave_void_out():
    labels = np.array([[0, 1, 255, 255], [1, 255, 255, 255]], np.uint8)
    expected = [[1, 1, 255, 255], [1, 1, 255, 255]]
    cells = block_labels(labels, 2, num_classes=2)
    assert mosaic(cells, 2, labels.shape).tolist() == expected


def test_mosaic_equals_a_naive_loop():
    cells = np.arange(2 * 2 * 3).reshape(2, 2, 3)
    pixels = mosaic(cells, 3, (5, 8))
    assert pixels.shape == (2, 5, 8)
    for n, y, x in np.ndindex(pixels.shape):
        assert pixels[n, y, x] == cells[n, y // 3, x // 3]


def test_stride_one_loses_nothing():
    labels = random_labels((2, 4, 6))
    assert (block_labels(labels, 1, 4) == labels).all()
    pred = best_grid(labels, 1, 4).argmax(dim=1).numpy()
    assert (pred == labels)[labels != VOID].all()


@pytest.mark.parametrize("border", range(17, 48))
def test_a_grid_puts_a_border_between_two_cells_anywhere(border):
    labels = np.zeros((32, 64), dtype=np.uint8)
    labels[:, border:] = 1
    grid = best_grid(labels, 32, 2)
    assert grid.shape == (1, 2, 1, 2)
    pred = stretched(grid, 32, labels.shape).argmax(dim=1)[0]
    # the last pixel may tip over: the fit has finitely many steps
    assert (pred.numpy() != labels).any(axis=0).sum() <= 1


def test_best_grid_finds_the_bottom_of_the_loss():
    # a noisy map, so that the smallest loss is reached by finite scores
    labels = random_labels((1, 12, 16), num_classes=3)
    target = torch.from_numpy(labels).long()
    grid = best_grid(labels, 8, 3).requires_grad_()
    logits = stretched(grid, 8, (12, 16))
    loss = F.cross_entropy(logits, target, ignore_index=VOID)
    (slope,) = torch.autograd.grad(loss, grid)
    assert slope.abs().max() < 1e-3
    start = F.cross_entropy(0 * logits, target, ignore_index=VOID)
    assert loss < start - 0.01


def test_best_grid_is_repeatable_and_image_by_image():
    labels = random_labels((3, 20, 24))
    together = best_grid(labels, 8, 4, steps=20)
    assert together.shape == (3, 4, 3, 3)
    assert together.equal(best_grid(labels, 8, 4, steps=20))
    alone = torch.cat([best_grid(i, 8, 4, steps=20) for i in labels])
    torch.testing.assert_close(together, alone, rtol=1e-3, atol=1e-2)


def test_void_pixels_do_not_pull_at_the_grid():
    labels = random_labels((8, 8), num_classes=3)
    other = np.where(labels == VOID, 7, labels)
    a = best_grid(labels, 4, 3, steps=5)
    assert a.equal(best_grid(other, 4, 3, ignore_index=7, steps=5))
    nothing = best_grid(np.full((8, 8), VOID), 4, 3, steps=5)
    assert nothing.eq(0).all()


def test_both_yardsticks_fall_as_the_stride_grows():
    labels = np.stack([truth for _, truth in Scenes(4, seed=1)])
    size = labels.shape[1:]

    def mean_iou(pred):
        return scores(confusion_matrix(pred, labels, 8)).mean_iou

    block, grid = [], []
    for stride in STRIDES:
        cells = block_labels(labels, stride, 8)
        cells = np.where(cells == VOID, 0, cells)
        block.append(mean_iou(mosaic(cells, stride, size)))
        scored = best_grid(labels, stride, 8, steps=40)
        grid.append(mean_iou(stretched(scored, stride, size)))
    assert sorted(block, reverse=True) == block
    assert sorted(grid, reverse=True) == grid
    # scores that are blended say more than labels that are repeated
    assert all(g > b + 0.05 for g, b in zip(grid, block, strict=True))


LABELS = np.array([[0, 1], [2, 255]])


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: block_labels(LABELS, 0, 3), "stride is 0"),
        (lambda: block_labels(LABELS, -2, 3), "stride is -2"),
        (lambda: block_labels(LABELS, 1.5, 3), "stride is 1.5"),
        (lambda: block_labels(LABELS, 2, 2), "class 2"),
        (lambda: block_labels(LABELS - 1, 2, 3), "-1"),
        (lambda: block_labels(LABELS * 1.0, 2, 3), "float64"),
        (lambda: block_labels(LABELS, 2, 1), "not 1"),
        (lambda: block_labels(LABELS[0], 2, 3), r"\(2,\)"),
        (lambda: mosaic(LABELS, 0, (2, 2)), "stride is 0"),
        (lambda: mosaic(LABELS, 2, (2, 2)), r"\(1, 1\) cells, not \(2, 2\)"),
        (lambda: best_grid(LABELS, 0, 3), "stride is 0"),
        (lambda: best_grid(LABELS, 2, 2), "class 2"),
        (lambda: best_grid(LABELS * 1.0, 2, 3), "float64"),
        (lambda: best_grid(LABELS, 2, 3, steps=0), "steps is 0"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
