"""Two nets with a decoder: one concatenates features, one adds them.

Backs ``chapters/beyond.ipynb``. Both bring the coarsest map back in steps of
×2, as FCN-8s does, but what meets there are features and not scores, and a
convolution of 3×3 follows each meeting. ``UNet`` is the decoder of
Ronneberger et al. (2015), section 2, cut down to the strides 32, 16 and 8;
``SumNet`` goes the way of FPN (Lin et al. 2017, section 3).
"""

import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from fcn_lib.backbones import DEFAULT, Backbone
from fcn_lib.pixels import check_num_classes
from fcn_lib.prediction import label_picture
from fcn_lib.transposed import upsample


class UNet(nn.Module):
    """Map images (N, 3, H, W) to logits (N, K, H, W); skips are concatenated.

    Args:
        num_classes: K, from 2 to 255.
        backbone: the name of a CNN, see ``fcn_lib.backbones``.
        pretrained: start from ImageNet's weights.
        width: channels of the maps on the way up.

    Raises:
        ValueError: if ``num_classes`` is below 2 or above 255.

    Example:
        >>> net = UNet(num_classes=8, pretrained=False).eval()
        >>> net(torch.zeros(1, 3, 50, 70)).shape
        torch.Size([1, 8, 50, 70])
    """

    def __init__(
        self,
        num_classes: int,
        backbone: str = DEFAULT,
        pretrained: bool = True,
        width: int = 48,
    ) -> None:
        super().__init__()
        check_num_classes(num_classes)
        self.backbone = Backbone(backbone, pretrained)
        C8, C16, C32 = self.backbone.channels
        self.coarse = nn.Conv2d(C32, width, 1)
        self.meet16 = _conv3x3(width + C16, width)
        self.meet8 = _conv3x3(width + C8, width)
        self.score = _zeros(width, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits (N, K, H, W) of images (N, 3, H, W) in 0…1."""
        H, W = images.shape[-2:]
        pool3, pool4, pool5 = self.backbone(images)
        x = self.coarse(pool5)  # (N, width, H/32, W/32)
        x = self.meet16(torch.cat([upsample(x, 2), pool4], dim=1))
        x = self.meet8(torch.cat([upsample(x, 2), pool3], dim=1))
        return upsample(self.score(x), 8)[..., :H, :W]

    def predict(self, image: NDArray | Image.Image) -> NDArray:
        """Label one picture, see ``fcn_lib.prediction.label_picture``."""
        return label_picture(self, image)


class SumNet(nn.Module):
    """As ``UNet``, but each skip is brought to ``width`` channels and added.

    With widths of 70 here and 48 there, both have about as many weights.

    Args:
        num_classes: K, from 2 to 255.
        backbone: the name of a CNN, see ``fcn_lib.backbones``.
        pretrained: start from ImageNet's weights.
        width: channels of the maps on the way up.

    Raises:
        ValueError: if ``num_classes`` is below 2 or above 255.

    Example:
        >>> net = SumNet(num_classes=8, pretrained=False).eval()
        >>> net(torch.zeros(1, 3, 50, 70)).shape
        torch.Size([1, 8, 50, 70])
    """

    def __init__(
        self,
        num_classes: int,
        backbone: str = DEFAULT,
        pretrained: bool = True,
        width: int = 70,
    ) -> None:
        super().__init__()
        check_num_classes(num_classes)
        self.backbone = Backbone(backbone, pretrained)
        C8, C16, C32 = self.backbone.channels
        self.coarse = nn.Conv2d(C32, width, 1)
        self.skip16 = nn.Conv2d(C16, width, 1)
        self.meet16 = _conv3x3(width, width)
        self.skip8 = nn.Conv2d(C8, width, 1)
        self.meet8 = _conv3x3(width, width)
        self.score = _zeros(width, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits (N, K, H, W) of images (N, 3, H, W) in 0…1."""
        H, W = images.shape[-2:]
        pool3, pool4, pool5 = self.backbone(images)
        x = self.coarse(pool5)  # (N, width, H/32, W/32)
        x = self.meet16(upsample(x, 2) + self.skip16(pool4))
        x = self.meet8(upsample(x, 2) + self.skip8(pool3))
        return upsample(self.score(x), 8)[..., :H, :W]

    def predict(self, image: NDArray | Image.Image) -> NDArray:
        """Label one picture, see ``fcn_lib.prediction.label_picture``."""
        return label_picture(self, image)


def _conv3x3(in_channels: int, out_channels: int) -> nn.Sequential:
    """What the two nets do where two maps meet."""
    return nn.Sequential(
        # the normalisation behind it has a bias of its own
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


def _zeros(in_channels: int, num_classes: int) -> nn.Conv2d:
    """A score layer that starts at zero, as in the nets before."""
    layer = nn.Conv2d(in_channels, num_classes, 1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
