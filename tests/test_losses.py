"""The loss, against torch's and against cropping the void away."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from fcn_lib.losses import class_weights, masked_cross_entropy


def batch(void=0.3):
    """Logits and a target with void pixels."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 5, 8, 6, generator=generator, requires_grad=True)
    target = torch.randint(0, 5, (2, 8, 6), generator=generator)
    target[torch.rand(2, 8, 6, generator=generator) < void] = 255
    return logits, target


def test_value_and_gradient_equal_torch():
    logits, target = batch()
    ours = masked_cross_entropy(logits, target)
    theirs = F.cross_entropy(logits, target, ignore_index=255)
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=0)
    a, b = (torch.autograd.grad(x, logits)[0] for x in (ours, theirs))
    torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-8)


def test_void_pixels_count_as_if_cropped():
    logits, target = batch(void=0)
    target[..., 4:] = 255
    a = masked_cross_entropy(logits, target)
    b = masked_cross_entropy(logits[..., :4], target[..., :4])
    torch.testing.assert_close(a, b)
    grad = torch.autograd.grad(a, logits)[0]
    assert grad[..., 4:].eq(0).all() and grad[..., :4].ne(0).all()


def test_all_void_gives_zero_and_no_gradient():
    logits, target = batch(void=2)
    loss = masked_cross_entropy(logits, target)
    assert loss.item() == 0
    assert torch.autograd.grad(loss, logits)[0].eq(0).all()
    assert F.cross_entropy(logits, target, ignore_index=255).isnan()


def test_nothing_is_raised_in_deterministic_mode():
    logits, target = batch()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.use_deterministic_algorithms(True)
    try:
        loss = masked_cross_entropy(logits.to(device), target.to(device))
        loss.backward()
    finally:
        torch.use_deterministic_algorithms(False)
    assert logits.grad.isfinite().all()


def test_a_sum_with_a_tiny_rate_is_a_mean_with_an_ordinary_one():
    logits, target = batch()
    mean = masked_cross_entropy(logits, target)
    total = F.cross_entropy(logits, target, ignore_index=255, reduction="sum")
    a, b = (torch.autograd.grad(x, logits)[0] for x in (mean, total))
    count = (target != 255).sum()
    torch.testing.assert_close(1e-4 * a, (1e-4 / count) * b)


def test_sizes_that_differ_are_named():
    logits, target = batch()
    with pytest.raises(ValueError, match=r"\(2, 8, 6\), not \(2, 7, 6\)"):
        masked_cross_entropy(logits, target[:, 1:])


def test_weights_count_as_torch_counts_them():
    logits, target = batch()
    weight = torch.tensor([0.5, 1, 2, 4, 0.1])
    ours = masked_cross_entropy(logits, target, weight=weight)
    theirs = F.cross_entropy(logits, target, weight, ignore_index=255)
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=0)
    assert not ours.isclose(masked_cross_entropy(logits, target))


def test_weighted_void_alone_gives_zero():
    logits, target = batch(void=2)
    loss = masked_cross_entropy(logits, target, weight=torch.ones(5))
    assert loss == 0
    assert torch.autograd.grad(loss, logits)[0].eq(0).all()


def test_equal_weights_change_nothing():
    logits, target = batch()
    weight = torch.full((5,), 3.0)
    torch.testing.assert_close(
        masked_cross_entropy(logits, target, weight=weight),
        masked_cross_entropy(logits, target),
    )


def test_class_weights_are_one_over_the_fourth_root_of_the_share():
    labels = [np.repeat(np.uint8([0, 1, 255]), [256, 16, 7]), np.uint8([[2]])]
    weight = class_weights(labels, 4)
    share = torch.tensor([256, 16, 1]) / 273
    # 1/4 : 1/2 : 1, and a mean of 1 over the pixels
    torch.testing.assert_close(
        weight[:3] / weight[2], torch.tensor([0.25, 0.5, 1])
    )
    torch.testing.assert_close((weight[:3] * share).sum(), torch.tensor(1.0))
    assert weight[3] == 1  # it does not occur


@pytest.mark.parametrize("power, ratio", [(0, 1), (1, 9), (0.5, 3)])
def test_the_power_sets_how_much_rarity_counts(power, ratio):
    weight = class_weights([np.uint8([0] * 9 + [1])], 2, power)
    assert (weight[1] / weight[0]).item() == pytest.approx(ratio)


def test_labels_of_void_alone_have_no_weights():
    with pytest.raises(ValueError, match="all pixels are void"):
        class_weights([np.full((2, 2), 255, np.uint8)], 3)
