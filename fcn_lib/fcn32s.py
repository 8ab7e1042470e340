"""FCN-32s: score every cell of stride 32, then one step back of ×32.

Backs ``chapters/fcn32s.ipynb``. After Long, Shelhamer and Darrell (2015),
section 4.1. The paper pads the image by 100 and crops the result; here the
backbone sees to it that sizes line up.
"""

from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from fcn_lib.backbones import DEFAULT, Backbone
from fcn_lib.pixels import check_num_classes
from fcn_lib.prediction import label_picture
from fcn_lib.transposed import upsample


class FCN32s(nn.Module):
    """Map images (N, 3, H, W) to logits (N, K, H, W), of any size.

    Args:
        num_classes: K, from 2 to 255.
        backbone: the name of a CNN, see ``fcn_lib.backbones``.
        pretrained: start from ImageNet's weights.

    Raises:
        ValueError: if ``num_classes`` is below 2 or above 255.

    Example:
        >>> import torch
        >>> net = FCN32s(num_classes=8, pretrained=False).eval()
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
        # a classifier at every cell; it starts at zero, as in the paper
        self.score = nn.Conv2d(self.backbone.channels[-1], num_classes, 1)
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits (N, K, H, W) of images (N, 3, H, W) in 0…1."""
        H, W = images.shape[-2:]
        features = self.backbone(images)[-1]  # (N, C, H/32, W/32)
        x = self.score(features)  # (N, K, H/32, W/32)
        x = upsample(x, 32)  # (N, K, H, W), each rounded up to 32
        return x[..., :H, :W]

    def predict(self, image: NDArray | Image.Image) -> NDArray:
        """Label one picture.

        Args:
            image: (H, W, 3) uint8, or a PIL image.

        Returns:
            (H, W) uint8 class ids.

        Raises:
            ValueError: if the picture is none, or the logits are NaN.
        """
        return label_picture(self, image)
