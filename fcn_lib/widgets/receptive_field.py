"""What one unit of a stack of layers sees, down to the pixels."""

import traitlets as t

from fcn_lib.stride import conv_size, receptive_field
from fcn_lib.widgets.figure import Figure, listed

KERNELS = range(1, 8)
STRIDES = range(1, 4)
PADDINGS = range(4)
PIXELS = range(8, 33)
LAYERS = range(1, 5)
# the most units of a map: each layer pads by 3 at both ends
MOST = PIXELS[-1] + 2 * PADDINGS[-1] * LAYERS[-1]

TOY = (3, 2, 1), (3, 2, 1), (3, 2, 1)


class ReceptiveField(Figure):
    """A row of pixels under up to four maps, and one unit of them.

    A unit is pointed at; the units that it reads are marked, and those that
    these read, down to the pixels. Bars mark the pixels that it sees and the
    block of pixels on which it is drawn. A table composes size, step and
    offset of the field layer by layer, as ``fcn_lib.stride.receptive_field``
    does. After Araujo, Norris and Sim (2019),
    https://doi.org/10.23915/distill.00021

    Args:
        layers: (kernel, stride, padding), the first one first.
        settings: ``pixels``, ``level``, ``unit`` to begin with. The level is
            that of the last map if it is not given.

    Attributes:
        layers: 1 to 4 lists [kernel, stride, padding], from 1 to 7, from 1 to
            3 and from 0 to 3.
        pixels: how many the row has, 8 to 32.
        level: where the unit is: 0 is the row of pixels, 1 the first map;
            the last map where there are fewer than that.
        unit: which one, counted from 0; the last one where there are fewer.

    Raises:
        TraitError: if a setting is out of range.
        ValueError: if no window of a layer fits. Later on the figure says so
            itself, for a reader may come past such settings.

    Example:
        >>> ReceptiveField([(3, 2, 1)], pixels=8, unit=2)
        ReceptiveField(layers=[[3, 2, 1]], pixels=8, level=1, unit=2)
    """

    layers = t.List(t.List(t.Int())).tag(sync=True)
    pixels = t.Int(24, min=PIXELS[0], max=PIXELS[-1]).tag(sync=True)
    level = t.Int(min=0, max=LAYERS[-1]).tag(sync=True)
    unit = t.Int(1, min=0, max=MOST - 1).tag(sync=True)

    shown = "layers", "pixels", "level", "unit"

    def __init__(self, layers: object = TOY, **settings: object) -> None:
        super().__init__(layers=layers, **settings)
        try:
            self._sizes()
        except ValueError:
            self.close()
            raise

    def _sizes(self) -> list[int]:
        """Count the pixels, and the units of each map.

        Raises:
            ValueError: if no window of a layer fits.
        """
        sizes = [self.pixels]
        for number, layer in enumerate(self.layers, 1):
            try:
                sizes.append(conv_size(sizes[-1], *layer))
            except ValueError as error:
                raise ValueError(f"layer {number}: {error}") from None
        return sizes

    @t.default("level")
    def _last(self) -> int:
        return len(self.layers)

    @t.default("alt")
    def _seen(self) -> str:
        sizes = self._sizes()
        level = min(self.level, len(self.layers))
        unit = min(self.unit, sizes[level] - 1)
        row = (
            f"A row of {self.pixels} pixels under {len(self.layers)} map"
            f"{'s' * (len(self.layers) > 1)} of size {listed(sizes[1:])}."
        )
        if not level:
            return f"{row} Pixel {unit} sees only itself."
        ways = [
            receptive_field(self.layers[below:level]).size
            for below in range(level - 1, 0, -1)
        ]
        size, step, offset = receptive_field(self.layers[:level])
        first = int(offset + step * unit - (size - 1) / 2)
        return (
            f"{row} A cone goes down from unit {unit} of map {level}"
            f"{f' over {listed(ways)} units' if ways else ''} to pixels "
            f"{first} to {first + size - 1}, padding counted. The unit's "
            f"block is pixels {step * unit} to {step * unit + step - 1}."
        )

    @t.validate("layers")
    def _within(self, proposal: t.Bunch) -> list[list[int]]:
        layers = proposal["value"]
        if len(layers) not in LAYERS:
            raise t.TraitError(f"layers: {len(layers)} given; use 1 to 4")
        for layer in layers:
            ranges = KERNELS, STRIDES, PADDINGS
            if len(layer) != 3 or any(
                value not in known
                for value, known in zip(layer, ranges, strict=True)
            ):
                raise t.TraitError(
                    f"layers: {layer} must be a kernel from 1 to 7, a stride "
                    "from 1 to 3 and a padding from 0 to 3"
                )
        return layers
