"""FCN-8s: scores of strides 32, 16 and 8 meet, then a step of ×8.

Backs ``chapters/fcn8s.ipynb``. After Long, Shelhamer and Darrell (2015),
section 4.2. Three maps of scores are fused: hence "3-skip fusion".
"""

from typing import Self

from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from fcn_lib.backbones import DEFAULT, Backbone
from fcn_lib.pixels import check_num_classes
from fcn_lib.prediction import label_picture
from fcn_lib.transposed import bilinear_upsampling, upsample


class FCN8s(nn.Module):
    """Map images (N, 3, H, W) to logits (N, K, H, W), of any size.

    Both steps of ×2 are learned and start out bilinear, the step of ×8 is
    fixed.

    Args:
        num_classes: K, from 2 to 255.
        backbone: the name of a CNN, see ``fcn_lib.backbones``.
        pretrained: start from ImageNet's weights.

    Raises:
        ValueError: if ``num_classes`` is below 2 or above 255.

    Example:
        >>> import torch
        >>> net = FCN8s(num_classes=8, pretrained=False).eval()
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
        C8, C16, C32 = self.backbone.channels
        self.score = nn.Conv2d(C32, num_classes, 1)
        self.upscore2 = bilinear_upsampling(num_classes, 2)
        self.score_pool4 = nn.Conv2d(C16, num_classes, 1)
        self.upscore_pool4 = bilinear_upsampling(num_classes, 2)
        self.score_pool3 = nn.Conv2d(C8, num_classes, 1)
        for layer in self.score, self.score_pool4, self.score_pool3:
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    @classmethod
    def from_fcn16s(cls, net: nn.Module) -> Self:
        """Begin where a trained FCN-16s stands; the new skip adds zero.

        Args:
            net: an ``FCN16s``. Its weights are copied, it stays as it is.

        Raises:
            ValueError: if the net has no skip, or two already.

        Example:
            >>> from fcn_lib.fcn16s import FCN16s
            >>> old = FCN16s(num_classes=8, pretrained=False)
            >>> FCN8s.from_fcn16s(old).score.weight.equal(old.score.weight)
            True
        """
        if not hasattr(net, "upscore2") or hasattr(net, "score_pool3"):
            raise ValueError(
                f"net is an {type(net).__name__}, not an FCN16s: begin with "
                "FCN16s.from_fcn32s"
            )
        new = cls(net.score.out_channels, net.backbone.name, pretrained=False)
        for part in "backbone", "score", "upscore2", "score_pool4":
            weights = getattr(net, part).state_dict()
            getattr(new, part).load_state_dict(weights)
        return new.to(net.score.weight)

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits (N, K, H, W) of images (N, 3, H, W) in 0…1."""
        H, W = images.shape[-2:]
        pool3, pool4, pool5 = self.backbone(images)
        x = self.score(pool5)  # (N, K, H/32, W/32)
        x = self.upscore2(x)  # (N, K, H/16, W/16)
        x = x + self.score_pool4(pool4)
        x = self.upscore_pool4(x)  # (N, K, H/8, W/8)
        x = x + self.score_pool3(pool3)
        x = upsample(x, 8)  # (N, K, H, W), each rounded up to 32
        return x[..., :H, :W]

    def contributions(self, images: Tensor) -> dict[int, Tensor]:
        """Split the logits by the stride that they come from.

        Behind the three layers of scores all is linear and has no bias, so
        each map can go its way alone. Added up, they are the logits.

        Args:
            images: (N, 3, H, W) in 0…1.

        Returns:
            (N, K, H, W) for each of the strides 32, 16 and 8.
        """
        H, W = images.shape[-2:]
        pool3, pool4, pool5 = self.backbone(images)
        from32 = self.upscore_pool4(self.upscore2(self.score(pool5)))
        from16 = self.upscore_pool4(self.score_pool4(pool4))
        from8 = self.score_pool3(pool3)
        maps = {32: from32, 16: from16, 8: from8}
        return {s: upsample(x, 8)[..., :H, :W] for s, x in maps.items()}

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
