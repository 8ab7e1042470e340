"""Pedestrians: bars for limbs, discs for heads."""

from dataclasses import dataclass

from fcn_lib.scenes.draw import Canvas
from fcn_lib.scenes.things import PEDESTRIAN, post
from fcn_lib.scenes.view import Colour, Point

# corners of a coat, in eighths of the height: (across, up)
TORSO = ((-0.85, 3.7), (0.85, 3.7), (1.05, 6.3), (0.5, 6.85), (-0.5, 6.85),
         (-1.05, 6.3))  # fmt: skip
SHOES = (44, 40, 40)


@dataclass(frozen=True)
class Pedestrian:
    """Someone on the way: legs, coat, arms, head, hair, perhaps a bag."""

    x: float
    z: float
    height: float
    stride: float  # -1..1; feet are this share of a full step apart
    coat: Colour
    trousers: Colour
    skin: Colour
    hair: Colour
    bag: bool

    def shadow(self, canvas: Canvas) -> None:
        """A narrow one."""
        post(canvas, self.x, self.z, 0.2, self.height)

    def draw(self, canvas: Canvas) -> None:
        """From the far arm to the head; u is an eighth of the height."""
        x, z, u, s = self.x, self.z, self.height / 8, self.stride
        ahead = 1 if s > 0 else -1
        far_arm = [c * 0.78 for c in self.coat]
        self._arm(canvas, (x - 0.3 * u, 6.4 * u, z), 1.6 * s * u, far_arm)
        for side in (-1, 1):
            self._leg(canvas, side, ahead)
        wide = u * (1.0 - 0.25 * abs(s))
        torso = [(x + a * wide, b * u, z) for a, b in TORSO]
        canvas.face(torso, self.coat, PEDESTRIAN, (0.3, 0.5, -0.8))
        if self.bag:
            back = (x - ahead * u, 5.4 * u, z)
            canvas.disc(back, (0.7 * u, u), self.trousers, PEDESTRIAN)
        self._arm(canvas, (x + 0.5 * u, 6.4 * u, z), -1.6 * s * u, self.coat)
        neck, chin = (x, 6.7 * u, z), (x, 7.2 * u, z)
        canvas.bar(neck, chin, 0.5 * u, self.skin, PEDESTRIAN)
        head = (0.55 * u, 0.65 * u)
        canvas.disc((x, 7.4 * u, z), head, self.skin, PEDESTRIAN)
        crown = (x - ahead * 0.15 * u, 7.65 * u, z)
        canvas.disc(crown, (0.55 * u, 0.45 * u), self.hair, PEDESTRIAN)

    def _leg(self, canvas: Canvas, side: int, ahead: int) -> None:
        z, u, step = self.z, self.height / 8, abs(self.stride)
        hip = (self.x, 4.1 * u, z)
        knee = (self.x + side * u * (0.3 + 0.8 * step), 2.1 * u, z)
        foot = (self.x + side * u * (0.3 + 1.5 * step), 0.1 * u, z)
        toe = (foot[0] + ahead * 0.5 * u, 0.12 * u, z)
        tone = [c * (0.85 + 0.15 * side) for c in self.trousers]
        canvas.bar(hip, knee, 0.95 * u, tone, PEDESTRIAN, least=1)
        canvas.bar(knee, foot, 0.72 * u, tone, PEDESTRIAN, least=1)
        canvas.bar(foot, toe, 0.4 * u, SHOES, PEDESTRIAN)

    def _arm(
        self, canvas: Canvas, top: Point, swing: float, tone: Colour
    ) -> None:
        x, _, z = top
        u = self.height / 8
        out = 0.5 * u if swing > 0 else -0.5 * u
        hand, elbow = (
            (x + swing + out, 3.7 * u, z),
            (x + swing / 2, 4.9 * u, z),
        )
        canvas.bar(top, elbow, 0.55 * u, tone, PEDESTRIAN)
        canvas.bar(elbow, hand, 0.5 * u, tone, PEDESTRIAN)
        canvas.disc(hand, (0.25 * u, 0.25 * u), self.skin, PEDESTRIAN)
