"""Small nets for the tests of FCN-32s, 16s and 8s, and ways around them."""

import timm
import torch
import torch.nn.functional as F
from torch import nn

from fcn_lib.losses import masked_cross_entropy

K = 5


def fresh(cls):
    """A small net as it is made, its score layers at zero."""
    torch.manual_seed(0)
    return cls(K, "test_efficientnet", pretrained=False)


@torch.no_grad()
def random_weights(net):
    """Move every layer away from where it starts; leave in eval mode."""
    net.train()
    for _ in range(20):  # batch normalisation finds its statistics
        net.backbone(torch.rand(2, 3, 64, 64))
    for layer in net.children():
        if isinstance(layer, nn.Conv2d):
            layer.reset_parameters()
        elif isinstance(layer, nn.ConvTranspose2d):
            layer.weight += 0.2 * torch.randn_like(layer.weight)
    return net.eval()


def noise(*shape):
    """Random float32 images, the same each time."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def spread(x, factor):
    """Bilinear upsampling by torch's operator and a tent typed in here."""
    places = torch.arange(2 * factor, dtype=x.dtype)
    tent = 1 - (places - factor + 0.5).abs() / factor
    weight = torch.outer(tent, tent).expand(x.shape[1], 1, -1, -1)
    return F.conv_transpose2d(
        x, weight, stride=factor, padding=factor // 2, groups=x.shape[1]
    )


def features(state, images):
    """Maps of strides 8, 16 and 32, by timm alone."""
    body = timm.create_model("test_efficientnet", features_only=True).eval()
    name = "backbone.body."
    body.load_state_dict(
        {k.removeprefix(name): v for k, v in state.items() if name in k}
    )
    H, W = images.shape[-2:]
    rows = torch.arange(-(-H // 32) * 32).clamp(max=H - 1)
    columns = torch.arange(-(-W // 32) * 32).clamp(max=W - 1)
    images = images[:, :, rows][:, :, :, columns]
    mean, std = (
        torch.tensor(body.pretrained_cfg[key])[:, None, None]
        for key in ("mean", "std")
    )
    return body((images - mean) / std)[-3:]


class Given(nn.Module):
    """In place of a backbone: always the same maps."""

    def __init__(self, *maps):
        super().__init__()
        self.maps = maps

    def forward(self, images):
        """Ignore the images."""
        return self.maps


def on_scores(net, *maps):
    """Let a net begin with these scores, of strides 8, 16 and 32."""
    net.backbone = Given(*maps)
    for name, layer in list(net.named_children()):
        if isinstance(layer, nn.Conv2d):
            setattr(net, name, nn.Identity())
    return net.double().eval()


def ramp(stride, size=(160, 224)):
    """Scores that rise with the row and fall with the column."""
    rows, columns = (
        stride * (torch.arange(n // stride).double() + 0.5) for n in size
    )
    return (2 * rows[:, None] - columns).expand(1, K, -1, -1)


def learners(net, steps=2):
    """The weights that have a gradient, step by step of SGD."""
    net.train()
    images = noise(2, 3, 64, 64)
    target = (images[:, 0] * K).long()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    found = []
    for _ in range(steps):
        optimizer.zero_grad()
        masked_cross_entropy(net(images), target).backward()
        optimizer.step()
        weights = dict(net.named_parameters())
        found.append({k for k, v in weights.items() if v.grad.abs().any()})
    return found
