"""FCN-16s: scores of stride 32 and of stride 16 meet, then a step of ×16.

Backs ``chapters/fcn16s.ipynb``. After Long, Shelhamer and Darrell (2015),
section 4.2. Two maps of scores are fused: hence "2-skip fusion".
"""

from typing import Self

from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from fcn_lib.backbones import DEFAULT, Backbone
from fcn_lib.pixels import check_num_classes
from fcn_lib.prediction import label_picture
from fcn_lib.transposed import bilinear_upsampling, upsample


class FCN16s(nn.Module):
    """Map images (N, 3, H, W) to logits (N, K, H, W), of any size.

    The step of ×2 is learned and starts out bilinear, the step of ×16 is
    fixed.

    Args:
        num_classes: K, from 2 to 255.
        backbone: the name of a CNN, see ``fcn_lib.backbones``.
        pretrained: start from ImageNet's weights.

    Raises:
        ValueError: if ``num_classes`` is below 2 or above 255.

    Example:
        >>> import torch
        >>> net = FCN16s(num_classes=8, pretrained=False).eval()
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
        _, C16, C32 = self.backbone.channels
        self.score = nn.Conv2d(C32, num_classes, 1)
        self.upscore2 = bilinear_upsampling(num_classes, 2)
        self.score_pool4 = nn.Conv2d(C16, num_classes, 1)
        for layer in self.score, self.score_pool4:
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    @classmethod
    def from_fcn32s(cls, net: nn.Module) -> Self:
        """Begin where a trained FCN-32s stands; the new skip adds zero.

        Args:
            net: an ``FCN32s``. Its weights are copied, it stays as it is.

        Raises:
            ValueError: if the net has a skip already.

        Example:
            >>> from fcn_lib.fcn32s import FCN32s
            >>> old = FCN32s(num_classes=8, pretrained=False)
            >>> FCN16s.from_fcn32s(old).score.weight.equal(old.score.weight)
            True
        """
        if hasattr(net, "score_pool4"):
            raise ValueError(
                f"net is an {type(net).__name__}, not an FCN32s: its skips "
                "would be lost"
            )
        new = cls(net.score.out_channels, net.backbone.name, pretrained=False)
        for part in "backbone", "score":
            weights = getattr(net, part).state_dict()
            getattr(new, part).load_state_dict(weights)
        return new.to(net.score.weight)

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits (N, K, H, W) of images (N, 3, H, W) in 0…1."""
        H, W = images.shape[-2:]
        _, pool4, pool5 = self.backbone(images)
        x = self.score(pool5)  # (N, K, H/32, W/32)
        x = self.upscore2(x)  # (N, K, H/16, W/16)
        x = x + self.score_pool4(pool4)
        x = upsample(x, 16)  # (N, K, H, W), each rounded up to 32
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
