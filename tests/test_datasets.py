"""Files: what is read faithfully, and what is refused by name.

Tests that need CamVid are left out unless FCN_DATA names its folder.
"""

import csv
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fcn_lib.datasets import (
    CAMVID,
    Photos,
    camvid,
    folder,
    load,
    read_image,
    read_labels,
    read_pair,
    to_images,
    to_rgb,
)
from fcn_lib.datasets.photos import spread_colors
from fcn_lib.pixels import colorize, to_labels

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


CLASSES = ("road", "car", "sky")
STEMS = ("b", "a", "c10", "c9")


def ids(k, height=5, width=7):
    """A label map with a corner of another class, and one void pixel."""
    labels = np.full((height, width), k % 3, np.uint8)
    labels[:2, :3] = (k + 1) % 3
    labels[-1, -1] = 255
    return labels


def album(root, split="train", stems=STEMS):
    """Write a small data set; picture k is all of grey k."""
    for name in (split, f"{split}annot"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for k, stem in enumerate(stems):
        saved(root / f"{split}/{stem}.png", np.full((5, 7, 3), k, np.uint8))
        saved(root / f"{split}annot/{stem}.png", ids(k))
    return root


def test_the_pairs_of_a_folder_come_in_order(tmp_path):
    photos = folder(album(tmp_path), "train", CLASSES)
    assert isinstance(photos, Photos) and len(photos) == 4
    assert [image.stem for image, _ in photos.files] == sorted(STEMS)
    for (image, labels), stem in zip(photos, sorted(STEMS), strict=True):
        k = STEMS.index(stem)
        assert (image == k).all() and np.array_equal(labels, ids(k))
    assert np.array_equal(photos[-1][1], ids(STEMS.index("c9")))
    with pytest.raises(IndexError):
        photos[4]


def test_the_splits_of_a_folder_do_not_mix(tmp_path):
    album(tmp_path, "train")
    album(tmp_path, "test", ["z"])
    assert len(folder(tmp_path, "train", CLASSES)) == 4
    assert len(folder(str(tmp_path), "test", CLASSES)) == 1


def test_a_photograph_may_be_a_jpeg_and_other_files_lie_beside(tmp_path):
    album(tmp_path)
    (tmp_path / "train/a.png").unlink()
    grey = np.full((5, 7, 3), 99, np.uint8)
    saved(tmp_path / "train/a.JPG", grey, format="JPEG")
    (tmp_path / "train/notes.txt").write_text("in May")
    (tmp_path / "trainannot/.DS_Store").write_bytes(b"")
    photos = folder(tmp_path, "train", CLASSES)
    assert len(photos) == 4 and near(photos[0][0], grey)


@pytest.mark.parametrize("name", ["train", "trainannot"])
def test_a_folder_that_is_not_there_is_named(tmp_path, name):
    album(tmp_path)
    (tmp_path / name).rename(tmp_path / "elsewhere")
    words = f"there is no folder .*/{name}: is the path right"
    with pytest.raises(ValueError, match=words):
        folder(tmp_path, "train", CLASSES)
    (tmp_path / name).write_text("a file")
    with pytest.raises(ValueError, match=words):
        folder(tmp_path, "train", CLASSES)


@pytest.mark.parametrize("name", ["train", "trainannot"])
def test_an_empty_folder_is_named(tmp_path, name):
    for file in (album(tmp_path) / name).iterdir():
        file.unlink()
    (tmp_path / name / "notes.txt").write_text("moved")
    with pytest.raises(ValueError, match=f"/{name} holds no PNG or JPEG"):
        folder(tmp_path, "train", CLASSES)


@pytest.mark.parametrize("name", ["train", "trainannot"])
def test_a_picture_without_a_partner_is_named(tmp_path, name):
    (album(tmp_path) / f"{name}/c9.png").unlink()
    words = "partner in .*/train and trainannot: 1 file, such as 'c9'"
    with pytest.raises(ValueError, match=words):
        folder(tmp_path, "train", CLASSES)


def test_all_without_a_partner_are_counted(tmp_path):
    album(tmp_path)
    (tmp_path / "train/b.png").unlink()
    (tmp_path / "trainannot/a.png").unlink()
    with pytest.raises(ValueError, match="2 files, such as 'a'"):
        folder(tmp_path, "train", CLASSES)


@pytest.mark.parametrize("void", [0, 3, 11, 255])
def test_void_in_the_files_becomes_255(tmp_path, void):
    labels = np.uint8([[1, 2], [void, 2]])
    saved(album(tmp_path, stems=["a"]) / "trainannot/a.png", labels)
    saved(tmp_path / "train/a.png", np.zeros((2, 2, 3), np.uint8))
    photos = folder(tmp_path, "train", CLASSES, void=void)
    assert photos[0][1].tolist() == [[1, 2], [255, 2]]


def test_a_label_that_is_no_class_is_named(tmp_path):
    wrong = ids(0)
    wrong[2, 2] = 11
    saved(album(tmp_path) / "trainannot/b.png", wrong)
    photos = folder(tmp_path, "train", CLASSES)
    with pytest.raises(ValueError, match="/b.png holds label 11 .* 3 classes"):
        photos[1]
    assert photos[0][0].shape == (5, 7, 3)


def test_a_pair_of_two_sizes_is_named(tmp_path):
    saved(album(tmp_path) / "trainannot/a.png", ids(1, 7, 5))
    words = r"train/a.png is \(5, 7\) .*trainannot/a.png is \(7, 5\)"
    with pytest.raises(ValueError, match=words):
        folder(tmp_path, "train", CLASSES)[0]


def test_a_palette_of_yours_needs_a_colour_for_each_class(tmp_path):
    colors = [(1, 2, 3), (4, 5, 6), (7, 8, 9)]
    photos = folder(album(tmp_path), "train", CLASSES, colors)
    assert photos.palette == tuple(colors) and photos.classes == CLASSES
    with pytest.raises(ValueError, match="2 colours for 3 classes: give one"):
        folder(tmp_path, "train", CLASSES, colors[:2])
    chosen = folder(tmp_path, "train", CLASSES).palette
    assert chosen == spread_colors(3)


@pytest.mark.parametrize("count", [1, 2, 11, 21, 59, 150, 255])
def test_colours_are_distinct_and_none_is_white(count):
    colors = spread_colors(count)
    assert len(colors) == len(set(colors)) == count
    assert (255, 255, 255) not in colors
    # the library can paint with them, and read them back
    labels = np.arange(count, dtype=np.uint8)[None]
    assert np.array_equal(to_labels(colorize(labels, colors), colors), labels)


def test_colours_of_few_classes_are_far_apart():
    colors = np.array(spread_colors(8))
    gaps = np.abs(colors[:, None] - colors[None]).max(-1)
    assert gaps[~np.eye(8, dtype=bool)].min() >= 40


def test_more_classes_keep_the_colours_of_the_first():
    assert spread_colors(21)[:5] == spread_colors(5)


@pytest.mark.parametrize("size", [(12, 20), (7, 5), (1, 1), (1, 9), (13, 8)])
@pytest.mark.parametrize("shrink", [2, 3, 4, 5, 16])
def test_shrinking_averages_colours_and_picks_labels(tmp_path, size, shrink):
    H, W = size
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (H, W, 3), np.uint8)
    # each pixel has a label of its own
    labels = rng.permutation(H * W).astype(np.uint8).reshape(H, W)
    saved(album(tmp_path, stems=["a"]) / "train/a.png", image)
    saved(tmp_path / "trainannot/a.png", labels)
    names = [str(k) for k in range(H * W)]
    small, kept = folder(tmp_path, "train", names, shrink=shrink)[0]
    h, w = -(-H // shrink), -(-W // shrink)
    assert small.shape == (h, w, 3) and small.dtype == np.uint8
    assert kept.shape == (h, w) and kept.dtype == np.uint8
    for i in range(h):
        for j in range(w):
            rows = slice(i * shrink, (i + 1) * shrink)
            block = rows, slice(j * shrink, (j + 1) * shrink)
            mean = image[block].reshape(-1, 3).mean(0)
            # Pillow's fast division is not exact to the last digit
            assert np.abs(small[i, j] - mean).max() < 1
            # of the labels one is chosen, never mixed
            inside = labels[block]
            assert kept[i, j] in inside
            if inside.shape == (shrink, shrink):
                assert kept[i, j] == inside[shrink // 2, shrink // 2]


def test_shrinking_keeps_void(tmp_path):
    saved(album(tmp_path, stems=["a"]) / "trainannot/a.png", ids(0) * 0 + 11)
    photos = folder(tmp_path, "train", CLASSES, void=11, shrink=2)
    assert photos[0][1].tolist() == [[255] * 4] * 3


def test_shrinking_by_one_changes_nothing(tmp_path):
    photos = folder(album(tmp_path), "train", CLASSES, shrink=1)
    assert np.array_equal(photos[1][1], ids(STEMS.index("b")))


@pytest.mark.parametrize("shrink", [0, -2])
def test_shrinking_by_less_than_one_is_refused(tmp_path, shrink):
    with pytest.raises(ValueError, match=f"at least 1, not {shrink}"):
        folder(album(tmp_path), "train", CLASSES, shrink=shrink)


def test_a_whole_data_set_is_loaded(tmp_path):
    photos = folder(album(tmp_path), "train", CLASSES)
    pairs = load(photos)
    assert isinstance(pairs, list) and len(pairs) == 4
    for ours, theirs in zip(pairs, photos, strict=True):
        assert np.array_equal(ours[0], theirs[0])
        assert np.array_equal(ours[1], theirs[1])


def test_all_damaged_files_are_listed(tmp_path):
    photos = folder(album(tmp_path), "train", CLASSES)
    cut = tmp_path / "train/a.png"
    cut.write_bytes(cut.read_bytes()[:40])
    (tmp_path / "trainannot/c10.png").write_text("<html>404</html>")
    saved(tmp_path / "trainannot/c9.png", np.full((5, 7), 77, np.uint8))
    with pytest.raises(ValueError) as caught:
        load(photos)
    first, *lines = str(caught.value).split("\n")
    assert first == "3 of 4 pairs cannot be read:" and len(lines) == 3
    assert "train/a.png cannot be read" in lines[0]
    assert "trainannot/c10.png cannot be read" in lines[1]
    assert "trainannot/c9.png holds label 77" in lines[2]


def test_pairs_are_read_when_they_are_asked_for(tmp_path):
    photos = folder(album(tmp_path), "train", CLASSES)
    (tmp_path / "train/c9.png").write_bytes(b"")
    assert photos[0][0].shape == (5, 7, 3)
    with pytest.raises(ValueError, match="c9.png cannot be read"):
        photos[3]


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_place_camvid_says_how_to_name_it(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("FCN_DATA", raising=False)
    else:
        monkeypatch.setenv("FCN_DATA", value)
    with pytest.raises(ValueError, match="where is CamVid.*variable FCN_DATA"):
        camvid(None, "train")


def test_camvid_is_found_by_argument_or_variable(tmp_path, monkeypatch):
    album(tmp_path / "CamVid", "val")
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    found = camvid(None, "val", shrink=2)
    assert found == camvid(tmp_path, "val", 2)
    assert len(found) == 4 and found.void == 11 and found.shrink == 2
    monkeypatch.setenv("FCN_DATA", str(tmp_path / "nowhere"))
    assert len(camvid(tmp_path, "val")) == 4
    with pytest.raises(ValueError, match="no folder .*nowhere/CamVid/val"):
        camvid(None, "val")


def test_a_label_of_camvid_s_void_is_void(tmp_path):
    every = np.arange(12, dtype=np.uint8).reshape(3, 4)
    saved(album(tmp_path / "CamVid", stems=["a"]) / "trainannot/a.png", every)
    saved(tmp_path / "CamVid/train/a.png", np.zeros((3, 4, 3), np.uint8))
    labels = camvid(tmp_path, "train")[0][1]
    assert labels.ravel().tolist() == [*range(11), 255]


@pytest.fixture(scope="module")
def real():
    """Find CamVid itself, or leave the test out."""
    root = os.environ.get("FCN_DATA")
    if not root or not (Path(root) / "CamVid/train").is_dir():
        pytest.skip(
            "CamVid is not here: set FCN_DATA to the folder that holds CamVid/"
        )
    return Path(root)


@pytest.fixture(scope="module")
def table(real):
    """Read what CamVid's folder says of its labels."""
    path = real / "CamVid/labels.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here: FCN_DATA leads to another CamVid")
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    "split, count", [("train", 367), ("val", 101), ("test", 233)]
)
def test_camvid_has_its_photographs(real, split, count):
    photos = camvid(None, split)
    assert len(photos) == count
    assert len({image.stem for image, _ in photos.files}) == count
    for i in (0, count // 2, -1):
        image, labels = photos[i]
        assert image.shape == (360, 480, 3) and labels.shape == (360, 480)
        # a photograph, not a label map: many greys, and its labels few
        assert len(np.unique(image)) > 100 and len(np.unique(labels)) <= 12


def test_camvid_s_splits_share_no_photograph(real):
    stems = [
        {image.stem for image, _ in camvid(real, split).files}
        for split in ("train", "val", "test")
    ]
    assert len(set.union(*stems)) == 367 + 101 + 233


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_camvid_s_labels_have_their_shares(real, table, split):
    counts = np.zeros(256)
    for _, path in camvid(real, split).files:
        labels = read_labels(path, 11, void=11)
        assert labels.shape == (360, 480)
        counts += np.bincount(labels.ravel(), minlength=256)
    shares = counts / counts.sum()
    assert counts[11:255].sum() == 0
    expected = [float(row[f"{split}_frac"]) for row in table]
    # they are told with five digits after the point
    assert [*shares[:11], shares[255]] == pytest.approx(expected, abs=6e-6)


def test_camvid_s_colours_are_those_of_its_table(table):
    colors = [tuple(int(row[c]) for c in "rgb") for row in table]
    assert list(CAMVID.values()) == colors[:11]
    assert [row["name"] for row in table][11:] == ["Unlabelled"]


def test_camvid_may_be_half_as_large(real):
    image, labels = camvid(real, "val", shrink=2)[0]
    assert image.shape == (180, 240, 3) and labels.shape == (180, 240)
    whole, ids = camvid(real, "val")[0]
    assert np.abs(image.mean((0, 1)) - whole.mean((0, 1))).max() < 0.5
    assert np.array_equal(labels, ids[1::2, 1::2])


def blank(root, *names):
    """Write small black pictures."""
    for name in names:
        (root / name).parent.mkdir(exist_ok=True)
        mode = "L" if "annot" in name else "RGB"
        Image.new(mode, (4, 4)).save(root / name)
    return root


def test_two_photographs_of_one_stem_are_refused(tmp_path):
    blank(tmp_path, "train/a.png", "train/a.jpg", "trainannot/a.png")
    with pytest.raises(ValueError, match="a.jpg has the stem of another"):
        folder(tmp_path, "train", ("x", "y"))


def test_a_lost_file_is_listed_with_the_damaged_ones(tmp_path):
    names = [
        f"{split}/{n}.png" for split in ("train", "trainannot") for n in "ab"
    ]
    photos = folder(blank(tmp_path, *names), "train", ("x", "y"))
    (tmp_path / "train/a.png").unlink()
    (tmp_path / "train/b.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"2 of 2 .*\n.*a.png.*\n.*b.png"):
        load(photos)
