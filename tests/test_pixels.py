"""The scores, against hand counts, naive loops and torchmetrics."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.classification import MulticlassJaccardIndex

from fcn_lib.pixels import (
    VOID,
    VOID_COLOR,
    boundary_iou,
    colorize,
    confusion_matrix,
    decide,
    scores,
    to_labels,
)

# the counts below were made by hand, pixel by pixel
TRUE = np.array(
    [[0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 255, 255]], np.uint8
)
PRED = np.array(
    [[0, 0, 0, 0], [0, 1, 1, 1], [0, 0, 1, 0], [2, 0, 2, 1]], np.uint8
)
COUNTS = torch.tensor([[7, 1, 0], [1, 3, 0], [1, 0, 1]])
PALETTE = ((0, 0, 0), (200, 0, 0), (0, 0, 200))


def naive_matrix(pred, target, num_classes):
    """One pixel at a time."""
    matrix = [[0] * num_classes for _ in range(num_classes)]
    for p, t in zip(pred.ravel(), target.ravel(), strict=True):
        if t != VOID:
            matrix[t][p] += 1
    return torch.tensor(matrix)


def labels(seed, shape, num_classes, void=0.1):
    """Random labels, some of them void."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, num_classes, shape).astype(np.uint8)
    pred = rng.integers(0, num_classes, shape).astype(np.uint8)
    target[rng.random(shape) < void] = VOID
    return pred, target


def test_counts_of_the_example_in_torchmetrics_documentation():
    matrix = confusion_matrix(
        torch.tensor([2, 1, 0, 1]), torch.tensor([2, 1, 0, 0]), 3
    )
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert scores(matrix).mean_iou == pytest.approx(2 / 3)


def test_counts_and_scores_of_a_hand_counted_map():
    assert confusion_matrix(PRED, TRUE, 3).equal(COUNTS)
    result = scores(COUNTS)
    assert result.pixel_accuracy == pytest.approx(11 / 14)
    assert result.mean_accuracy == pytest.approx((7 / 8 + 3 / 4 + 1 / 2) / 3)
    assert result.iou.tolist() == pytest.approx([7 / 10, 3 / 5, 1 / 2])
    assert result.mean_iou == pytest.approx(0.6)
    weighted = (8 * 7 / 10 + 4 * 3 / 5 + 2 * 1 / 2) / 14
    assert result.frequency_weighted_iou == pytest.approx(weighted)


def test_an_absent_class_changes_no_mean():
    result = scores(confusion_matrix(PRED, TRUE, 4))
    assert result.mean_iou == pytest.approx(0.6)
    assert result.iou[3].isnan()
    assert result.mean_accuracy == pytest.approx(scores(COUNTS).mean_accuracy)


def test_a_class_that_is_only_predicted_scores_zero_and_counts():
    result = scores(torch.tensor([[2, 2], [0, 0]]))
    assert result.iou.tolist() == [0.5, 0.0]
    assert result.mean_iou == 0.25


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 9))
def test_counts_equal_a_naive_loop(seed, num_classes):
    pred, target = labels(seed, (2, 7, 5), num_classes)
    matrix = confusion_matrix(pred, target, num_classes)
    assert matrix.dtype == torch.int64
    assert matrix.equal(naive_matrix(pred, target, num_classes))
    assert matrix.sum() == (target != VOID).sum()


@pytest.mark.parametrize("seed", range(5))
def test_mean_iou_equals_torchmetrics(seed):
    pred, target = labels(seed, (4, 16, 16), 6)
    target[target == 3] = 2  # class 3 is never true,
    pred[pred == 5] = 4  # class 5 is never predicted
    metric = MulticlassJaccardIndex(6, average="macro", ignore_index=VOID)
    expected = metric(torch.tensor(pred).long(), torch.tensor(target).long())
    ours = scores(confusion_matrix(pred, target, 6)).mean_iou
    assert ours == pytest.approx(expected.item(), abs=1e-6)


def test_dataset_score_is_not_the_mean_of_image_scores():
    first = confusion_matrix(
        np.repeat([0, 0, 1], [90, 5, 5]), np.repeat([0, 1], [90, 10]), 2
    )
    second = confusion_matrix(
        np.repeat([0, 1], [10, 90]), np.repeat([0, 1], [10, 90]), 2
    )
    whole = scores(first + second).mean_iou
    single = (scores(first).mean_iou + scores(second).mean_iou) / 2
    assert whole == pytest.approx((100 / 105 + 95 / 100) / 2)
    assert single == pytest.approx(((90 / 95 + 5 / 10) / 2 + 1) / 2)
    assert f"{whole:.6f} {single:.6f}" == "0.951190 0.861842"


def test_the_constant_prediction_flatters():
    target = np.repeat(np.arange(21), [1200] + 20 * [20])
    result = scores(confusion_matrix(np.zeros_like(target), target, 21))
    assert result.pixel_accuracy == pytest.approx(0.75)
    assert result.mean_accuracy == pytest.approx(1 / 21)
    assert result.mean_iou == pytest.approx(0.75 / 21)
    assert result.frequency_weighted_iou == pytest.approx(0.5625)


@pytest.mark.parametrize("seed", range(5))
def test_sums_and_inequalities(seed):
    pred, target = labels(seed, (3, 20, 20), 5)
    parts = sum(confusion_matrix(pred[i], target[i], 5) for i in range(3))
    assert parts.equal(confusion_matrix(pred, target, 5))
    result = scores(parts)
    assert result.frequency_weighted_iou <= result.pixel_accuracy
    assert result.mean_iou <= result.mean_accuracy


def test_logits_decide_by_their_largest():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 4, 6, 5, generator=generator)
    target = torch.randint(0, 4, (2, 6, 5), generator=generator)
    assert confusion_matrix(logits, target, 4).equal(
        confusion_matrix(logits.argmax(1), target, 4)
    )


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
def test_logits_may_have_any_batch_axes(batch):
    generator = torch.Generator().manual_seed(0)
    # three rows as well as three classes: the axes are easily confused
    logits = torch.randn(*batch, 3, 3, 5, generator=generator)
    target = torch.randint(0, 3, (*batch, 3, 5), generator=generator)
    expected = torch.zeros(3, 3, dtype=torch.int64)
    for place in np.ndindex(*target.shape):
        *before, row, column = place
        guess = max(
            range(3), key=lambda k: logits[(*before, k, row, column)].item()
        )
        expected[target[place], guess] += 1
    assert confusion_matrix(logits, target, 3).equal(expected)
    assert decide(logits).shape == target.shape


def test_another_label_may_mean_void():
    target = np.where(TRUE == VOID, 77, TRUE)
    assert confusion_matrix(PRED, target, 3, ignore_index=77).equal(COUNTS)
    with pytest.raises(ValueError, match="class 255 .* void pixels with 77"):
        confusion_matrix(PRED, TRUE, 3, ignore_index=77)


@pytest.mark.parametrize("value", [-100, -1, 0, 2, 256])
@pytest.mark.parametrize("score", [confusion_matrix, boundary_iou])
def test_void_is_none_of_the_classes(value, score):
    width = {"width": 1} if score is boundary_iou else {}
    words = f"from 3 to 255, not {value}: .* void"
    with pytest.raises(ValueError, match=words):
        score(PRED, TRUE, 3, ignore_index=value, **width)


@pytest.mark.parametrize("shape", [(3,), (2, 3), (3, 2), (2, 2, 2)])
def test_a_matrix_that_is_not_square_has_no_scores(shape):
    with pytest.raises(ValueError, match=r"\(K, K\), not \(\d"):
        scores(torch.ones(shape))


def test_an_empty_matrix_has_no_scores():
    result = scores(confusion_matrix(TRUE * 0, TRUE * 0 + VOID, 3))
    assert np.isnan(result[:4]).all()


def square(row, column):
    """A map of 100x100 with a 20x20 square."""
    result = torch.zeros(100, 100, dtype=torch.uint8)
    result[row : row + 20, column : column + 20] = 1
    return result


@pytest.mark.parametrize("shift, by_hand", [(1, 170), (2, 136), (3, 102)])
def test_boundary_iou_of_a_shifted_square(shift, by_hand):
    # rims of width 3 have 20² - 14² = 204 pixels, of which by_hand coincide
    iou = boundary_iou(square(40, 40 + shift), square(40, 40), 2, width=3)
    assert iou[1].item() == pytest.approx(by_hand / (2 * 204 - by_hand))


def test_boundary_iou_equals_a_naive_search():
    pred, target = labels(3, (9, 8), 3)
    width = 2

    def rim(mask):
        H, W = mask.shape
        result = set()
        for y, x in zip(*np.nonzero(mask), strict=True):
            near = [
                0 <= i < H and 0 <= j < W and mask[i, j]
                for i in range(y - width, y + width + 1)
                for j in range(x - width, x + width + 1)
            ]
            if not all(near):
                result.add((y, x))
        return result

    for k, iou in enumerate(boundary_iou(pred, target, 3, width)):
        a = rim((pred == k) & (target != VOID))
        b = rim((target == k) & (target != VOID))
        assert iou.item() == pytest.approx(len(a & b) / len(a | b))


def test_boundary_iou_is_as_exact_as_its_type():
    target = torch.zeros(1, 3, dtype=torch.uint8)
    pred = torch.tensor([[0, 0, 1]], dtype=torch.uint8)
    iou = boundary_iou(pred, target, 2, width=1)
    assert iou.dtype == torch.float64 and iou[0].item() == 2 / 3


def test_the_edge_of_a_void_area_counts_as_edge_in_both_maps():
    target = np.zeros((9, 9), np.uint8)
    target[3:6, 3:6] = VOID
    pred = np.zeros_like(target)
    pred[4, 4] = 1  # inside of void: not seen
    pred[0, 0] = 1
    # edge are the frame of 32 pixels and the ring of 16 around the void; in
    # pred the corner is missing from it, and its neighbour (1, 1) is new
    iou = boundary_iou(pred, target, 2, width=1)[0].item()
    assert iou == pytest.approx(47 / 49)


def test_boundary_iou_needs_class_ids():
    logits = torch.zeros(1, 3, 4, 4)
    words = r"\(1, 3, 4, 4\).*\(1, 4, 4\): .* class ids"
    with pytest.raises(ValueError, match=words):
        boundary_iou(logits, TRUE[None], 3, width=1)


def test_colors_and_back():
    rgb = colorize(TRUE, PALETTE)
    assert rgb.shape == (4, 4, 3) and rgb.dtype == np.uint8
    assert rgb[1, 2].tolist() == [200, 0, 0]
    assert rgb[3, 3].tolist() == [255, 255, 255]
    assert (to_labels(rgb, PALETTE) == TRUE).all()


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: confusion_matrix(TRUE, TRUE, 1), "not 1"),
        (lambda: confusion_matrix(TRUE, TRUE, 0), "not 0"),
        (lambda: confusion_matrix(PRED[:3], TRUE, 3), r"\(3, 4\).*\(4, 4\)"),
        (lambda: confusion_matrix(PRED, TRUE, 2), "target holds class 2"),
        (lambda: confusion_matrix(PRED + 1, TRUE, 3), "pred holds class 3"),
        (lambda: confusion_matrix(PRED, TRUE * 1.0, 3), "float64"),
        (lambda: confusion_matrix(PRED, TRUE.astype(int) - 1, 3), "holds -1"),
        (lambda: colorize(TRUE, PALETTE[:2]), "class 2.* colours"),
        (lambda: colorize(TRUE, (*PALETTE, [255] * 3)), "3 white.* void"),
        (lambda: to_labels(TRUE, (VOID_COLOR,)), "class 0 white.* void"),
        (lambda: confusion_matrix(TRUE, PRED, 3), "pred .* 255 .* no void"),
        (lambda: boundary_iou(PRED[:3], TRUE, 3, 1), r"\(3, 4\).*\(4, 4\)"),
        (lambda: boundary_iou(TRUE, TRUE, 3, width=0), "not 0"),
        (lambda: decide(torch.full((1, 2, 3, 3), torch.nan)), "9|18"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_nan_logits_are_not_class_zero():
    logits = torch.zeros(1, 3, 4, 4)
    logits[0, 1, 2, 2] = torch.nan
    with pytest.raises(ValueError, match="1 logits are NaN"):
        confusion_matrix(logits, torch.zeros(1, 4, 4, dtype=torch.long), 3)


def test_logits_of_other_classes_are_refused():
    target = torch.zeros(1, 4, 4, dtype=torch.long)
    with pytest.raises(ValueError, match="5 channels but num_classes is 3"):
        confusion_matrix(torch.zeros(1, 5, 4, 4), target, 3)
    with pytest.raises(ValueError, match="5 channels but num_classes is 3"):
        confusion_matrix(torch.zeros(5, 3, 4), target[0, :3], 3)


def test_an_unknown_color_is_named_and_counted():
    rgb = colorize(TRUE, PALETTE)
    rgb[0, :2] = (1, 2, 3)
    with pytest.raises(ValueError, match=r"2 pixels .*\(1, 2, 3\)"):
        to_labels(rgb, PALETTE)
