"""The loss, against torch's and against cropping the void away."""

import pytest
import torch
import torch.nn.functional as F

from fcn_lib.losses import masked_cross_entropy


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
