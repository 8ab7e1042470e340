"""Files: what is read faithfully, and what is refused by name."""

import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from fcn_lib.datasets import (
    read_image,
    read_labels,
    read_pair,
    to_images,
    to_rgb,
)

ORIENTATION = 0x0112  # the EXIF tag


def photo(height=24, width=36):
    """A smooth picture, so that JPEG keeps it, with four unlike corners."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    rgb = np.stack([x, y, 1 - x * y], axis=-1)
    return np.uint8(20 + 200 * rgb)


def saved(path, image, **options):
    """Save an array or a PIL image and return its path."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    image.save(path, **options)
    return path


def near(pixels, expected):
    """JPEG is not exact."""
    gap = pixels.astype(int) - expected.astype(int)
    return pixels.shape == expected.shape and np.abs(gap).max() <= 8


def test_a_png_is_read_bit_for_bit(tmp_path):
    pixels = read_image(saved(tmp_path / "a.png", photo()))
    assert pixels.dtype == np.uint8 and np.array_equal(pixels, photo())


def test_the_content_decides_not_the_name(tmp_path):
    path = saved(tmp_path / "a.dat", photo(), format="PNG")
    assert np.array_equal(read_image(str(path)), photo())


@pytest.mark.parametrize(
    "orientation, stored",
    [
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (6, lambda a: np.rot90(a)),
        (8, lambda a: np.rot90(a, -1)),
    ],
)
def test_a_turned_photograph_is_read_upright(tmp_path, orientation, stored):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    lying = np.ascontiguousarray(stored(photo()))
    path = tmp_path / "a.jpg"
    saved(path, lying, exif=exif, quality=95, subsampling=0)
    assert near(read_image(path), photo())


def test_what_is_transparent_lies_on_white(tmp_path):
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, 0] = 200  # red
    rgba[0, :, 3] = 0, 51, 255  # opacities 0, 1/5, 1
    pixels = read_image(saved(tmp_path / "a.png", rgba))
    assert pixels.tolist() == [[[255] * 3, [244, 204, 204], [200, 0, 0]]]


def test_grey_with_opacity_lies_on_white(tmp_path):
    la = Image.fromarray(np.uint8([[[100, 0], [100, 255]]]), "LA")
    pixels = read_image(saved(tmp_path / "a.png", la))
    assert pixels.tolist() == [[[255] * 3, [100] * 3]]


def test_a_transparent_palette_colour_lies_on_white(tmp_path):
    image = Image.fromarray(np.uint8([[0, 1]]), "P")
    image.putpalette([9, 8, 7, 30, 20, 10])
    pixels = read_image(saved(tmp_path / "a.png", image, transparency=0))
    assert pixels.tolist() == [[[255] * 3, [30, 20, 10]]]


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK"])
def test_other_modes_become_rgb(tmp_path, mode):
    grey = Image.fromarray(np.uint8([[0, 255], [255, 0]])).convert(mode)
    suffix = "jpg" if mode == "CMYK" else "png"
    path = saved(tmp_path / f"a.{suffix}", grey, quality=95)
    pixels = read_image(path)
    assert pixels.shape == (2, 2, 3) and pixels.dtype == np.uint8
    white = np.repeat(np.uint8([[0, 255], [255, 0]])[..., None], 3, axis=-1)
    assert near(pixels, white)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.9])
def test_a_file_cut_short_is_named(tmp_path, suffix, kept):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    path = saved(tmp_path / f"cut.{suffix}", noise)
    whole = path.read_bytes()
    length = kept if isinstance(kept, int) else int(kept * len(whole))
    path.write_bytes(whole[:length])
    with pytest.raises(ValueError, match=f"cut.{suffix} cannot .* complete"):
        read_image(path)


def test_a_flipped_byte_in_a_png_is_found(tmp_path):
    path = saved(tmp_path / "flip.png", photo())
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 12] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="flip.png cannot be read"):
        read_image(path)


def test_a_web_page_is_no_picture(tmp_path):
    path = tmp_path / "page.png"
    path.write_text("<!DOCTYPE html><html>404</html>")
    with pytest.raises(ValueError, match="page.png cannot be read as PNG or"):
        read_image(path)
    with pytest.raises(ValueError, match="page.png cannot be read as PNG or"):
        read_labels(path, 3)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP"])
def test_other_formats_are_refused(tmp_path, kind):
    path = saved(tmp_path / "a.png", photo(), format=kind)
    with pytest.raises(ValueError, match="cannot be read as PNG or JPEG"):
        read_image(path)


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_more_than_8_bits_are_refused(tmp_path, mode):
    deep = Image.new(mode, (3, 2), 300)
    with pytest.raises(ValueError, match=f"image has more .*mode {mode}"):
        to_images(deep)
    if mode == "I;16":
        path = saved(tmp_path / "deep.png", deep)
        with pytest.raises(ValueError, match="deep.png .* save it with 8"):
            read_image(path)


@pytest.mark.parametrize("limit", [100, 400, 799])
def test_a_decompression_bomb_is_refused(tmp_path, monkeypatch, limit):
    path = saved(tmp_path / "bomb.png", photo(20, 40))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    words = "bomb.png is too large .*exceeds limit.*: scale it down"
    with pytest.raises(ValueError, match=words):
        read_image(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 800)
    assert read_image(path).shape == (20, 40, 3)


@pytest.mark.parametrize("read", [read_image, lambda p: read_labels(p, 3)])
def test_a_folder_is_no_file(tmp_path, read):
    with pytest.raises(ValueError, match="is a folder: .* one file"):
        read(tmp_path)


@pytest.mark.parametrize("read", [read_image, lambda p: read_labels(p, 3)])
def test_a_missing_file_is_missing(tmp_path, read):
    with pytest.raises(FileNotFoundError, match="nowhere.png"):
        read(tmp_path / "nowhere.png")


def test_labels_are_indices_not_colours(tmp_path):
    ids = np.uint8([[0, 1, 2], [20, 255, 0]])
    grey = saved(tmp_path / "grey.png", ids)
    palette = Image.fromarray(ids, "P")
    palette.putpalette(np.random.default_rng(0).bytes(3 * 256))
    palette = saved(tmp_path / "palette.png", palette)
    for path in (grey, palette):
        labels = read_labels(path, 21)
        assert labels.dtype == np.uint8 and np.array_equal(labels, ids)
        # torch wants arrays that may be written to
        assert torch.from_numpy(labels).tolist() == ids.tolist()


def packed(path, ids, bits, palette=None):
    """Write a PNG by hand: class ids in few bits, grey or with a palette."""

    def chunk(name, data):
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    height, width = len(ids), len(ids[0])
    rows = b""
    for row in ids:
        digits = "".join(f"{k:0{bits}b}" for k in row)
        digits += "0" * (-len(digits) % 8)
        octets = [digits[i : i + 8] for i in range(0, len(digits), 8)]
        rows += b"\0" + bytes(int(octet, 2) for octet in octets)
    kind = 0 if palette is None else 3
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    content = chunk(b"IHDR", header)
    content += b"" if palette is None else chunk(b"PLTE", bytes(palette))
    content += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    return path


@pytest.mark.parametrize("bits", [1, 2, 4, 16])
def test_grey_labels_need_8_bits(tmp_path, bits):
    # Pillow would turn class 3 of 2 bits into 255: void
    ids = [[0, 1, 1], [1, 0, 1]] if bits == 1 else [[0, 1, 3], [3, 2, 1]]
    path = packed(tmp_path / "few.png", ids, bits)
    words = f"few.png is grey with {bits} bits?, .* 8 bits or with a palette"
    with pytest.raises(ValueError, match=words):
        read_labels(path, 4)
    assert read_labels(packed(path, ids, 8), 4).tolist() == ids


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_may_have_fewer_bits(tmp_path, bits):
    ids = [[0, 1, 1], [1, 0, 1]] if bits == 1 else [[0, 1, 3], [3, 2, 1]]
    path = packed(tmp_path / "few.png", ids, bits, palette=range(12))
    assert read_labels(path, 4).tolist() == ids


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_labels_without_ids_are_refused(tmp_path, mode):
    path = saved(tmp_path / "labels.png", Image.new(mode, (3, 2)))
    with pytest.raises(ValueError, match=f"labels.png has mode {mode}.*to_l"):
        read_labels(path, 3)


def test_labels_in_a_jpeg_are_refused(tmp_path):
    path = saved(tmp_path / "labels.jpg", np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="labels.jpg is a JPEG .* as PNG"):
        read_labels(path, 3)


def test_a_label_that_is_no_class_is_counted(tmp_path):
    ids = np.uint8([[0, 1, 7], [7, 255, 2]])
    path = saved(tmp_path / "labels.png", ids)
    words = r"labels.png holds label 7 \(2 pixels\).* 7 classes: .*255"
    with pytest.raises(ValueError, match=words):
        read_labels(path, 7)
    assert np.array_equal(read_labels(path, 8), ids)


def test_a_pair_must_fit(tmp_path):
    image = saved(tmp_path / "image.png", photo(4, 6))
    labels = saved(tmp_path / "labels.png", np.zeros((4, 6), np.uint8))
    pixels, ids = read_pair(image, labels, 2)
    assert pixels.shape == (4, 6, 3) and ids.shape == (4, 6)
    saved(labels, np.zeros((6, 4), np.uint8))
    words = r"image.png is \(4, 6\).*labels.png is \(6, 4\)"
    with pytest.raises(ValueError, match=words):
        read_pair(image, labels, 2)


def test_a_pair_is_compared_upright(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    lying = np.ascontiguousarray(np.rot90(photo(4, 6)))
    image = saved(tmp_path / "image.jpg", lying, exif=exif)
    labels = saved(tmp_path / "labels.png", np.zeros((4, 6), np.uint8))
    assert read_pair(image, labels, 2)[0].shape == (4, 6, 3)


def test_pixels_become_a_net_s_input():
    images = to_images(photo())
    assert images.shape == (1, 3, 24, 36) and images.dtype == torch.float32
    for row, column, channel in [(0, 0, 0), (5, 7, 1), (23, 35, 2)]:
        expected = photo()[row, column, channel] / 255
        got = images[0, channel, row, column].item()
        assert got == pytest.approx(expected)
    assert images.equal(to_images(Image.fromarray(photo())))


def test_a_flipped_or_read_only_array_is_fine():
    pixels = photo()
    pixels.flags.writeable = False
    assert to_images(pixels[:, ::-1]).equal(to_images(pixels).flip(-1))


def test_the_picture_itself_stays_as_it_is():
    image = Image.fromarray(photo())
    image.getexif()[ORIENTATION] = 3
    assert np.array_equal(to_rgb(image), photo()[::-1, ::-1])
    assert np.array_equal(np.asarray(image), photo())


@pytest.mark.parametrize(
    "image, words",
    [
        (photo() / 255, r"not float64 \(24, 36, 3\)"),
        (photo()[..., 0], r"not uint8 \(24, 36\)"),
        (photo().transpose(2, 0, 1), r"not uint8 \(3, 24, 36\)"),
        (photo()[None], r"not uint8 \(1, 24, 36, 3\)"),
        (photo()[:0], r"not uint8 \(0, 36, 3\)"),
        (Image.new("RGB", (0, 5)), r"not uint8 \(5, 0, 3\)"),
        (photo().tolist(), r"not None \(24, 36, 3\)"),
        (None, r"not None \(\)"),
    ],
)
def test_bad_pictures_are_named(image, words):
    with pytest.raises(ValueError, match=f"{words}: read files with"):
        to_images(image)
