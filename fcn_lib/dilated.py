"""FCN with dilation: stride 8 to the end, and no skips.

Used in ``chapters/beyond.ipynb``. Where the backbone would halve its map a
fourth and a fifth time it goes on at stride 8, and the kernels behind are
spread instead: Yu and Koltun (2016), section 2; Chen et al. (2018), section
3.1. Long et al. (2015), section 3.2, call it filter rarefaction.
"""

import timm
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from fcn_lib.backbones import DEFAULT, Backbone
from fcn_lib.pixels import check_num_classes
from fcn_lib.prediction import label_picture
from fcn_lib.transposed import upsample


class DilatedFCN(nn.Module):
    """Map images (N, 3, H, W) to logits (N, K, H, W), of any size.

    It has the weights of ``FCN32s``, under the same names, and takes over
    those of a trained one with ``load_state_dict``.

    Args:
        num_classes: K, from 2 to 255.
        backbone: the name of a CNN, see ``fcn_lib.backbones``.
        pretrained: start from ImageNet's weights.

    Raises:
        ValueError: if ``num_classes`` is below 2 or above 255, or if timm
            cannot dilate the backbone.

    Example:
        >>> import torch
        >>> net = DilatedFCN(num_classes=8, pretrained=False).eval()
        >>> net(torch.zeros(1, 3, 50, 70)).shape
        torch.Size([1, 8, 50, 70])
    """

    def __init__(
        self,
        num_classes: int,
        backbone: str = DEFAULT,
        pretrained: bool = True,
    ) -> None:
        super().__init__()
        check_num_classes(num_classes)
        self.backbone = Backbone(backbone, pretrained)
        self.backbone.body = _dilated(self.backbone)
        self.score = nn.Conv2d(self.backbone.channels[-1], num_classes, 1)
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits (N, K, H, W) of images (N, 3, H, W) in 0…1."""
        H, W = images.shape[-2:]
        features = self.backbone(images)[-1]  # (N, C, H/8, W/8)
        return upsample(self.score(features), 8)[..., :H, :W]

    def predict(self, image: NDArray | Image.Image) -> NDArray:
        """Label one picture, see ``fcn_lib.prediction.label_picture``."""
        return label_picture(self, image)


def _dilated(backbone: Backbone) -> nn.Module:
    """The same CNN with the same weights; its last strides are dilations."""
    try:
        body = timm.create_model(
            backbone.name, features_only=True, output_stride=8
        )
    except (AssertionError, NotImplementedError, TypeError) as error:
        raise ValueError(
            f"timm cannot dilate {backbone.name}: choose another backbone, "
            "such as an EfficientNet or a ResNet"
        ) from error
    body.load_state_dict(backbone.body.state_dict())
    return body
