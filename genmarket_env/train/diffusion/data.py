"""Labelled images: scikit-learn's digits, or the four IDX files of Fashion-MNIST in a folder. Nothing is downloaded."""

from __future__ import annotations

import gzip
import hashlib
import math
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genmarket_env.market import FloatArray, IntArray
from genmarket_env.messages import shown

DIGITS = "digits"
FASHION = "fashion-mnist"
FASHION_FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts it."""

NUM_CLASSES = 10
FASHION_CLASSES = ("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
TEST_SHARE = 0.2
"""Of the digits, which come without a split."""

_IDX_BYTES = 0x08
"""The code of unsigned bytes in the third byte of an IDX file."""


@dataclass(frozen=True, eq=False)
class Images:
    """Grey images with one of ten classes each.

    Attributes:
        images: `(images, side, side)`, in [-1, 1].
        labels: `(images,)`, integers in [0, 10).
        class_names: one name a class.
    """

    images: NDArray[np.float32]
    labels: IntArray
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        for label, name in enumerate(self.class_names):
            if not (self.labels == label).any():
                raise ValueError(f"the class {shown(name)} is empty: no image has the label {label}")

    def weights(self, class_weights: FloatArray) -> FloatArray:
        """The probability of each image, `(images,)`, if its class is drawn by `class_weights` and then an image of it.

        Args:
            class_weights: `(10,)`, >= 0, not all 0.
        """
        counts = np.bincount(self.labels, minlength=len(self.class_names))
        share: FloatArray = class_weights[self.labels] / counts[self.labels]
        return share / share.sum()


@dataclass(frozen=True)
class Source:
    """Where images come from, and a digest of them.

    Attributes:
        name: `digits`, or the folder; the same images count as the same from wherever they are read.
        digest: of all images and labels; what has been computed of other images does not count for these.
    """

    name: str = field(metadata={"in_key": False})
    digest: str

    def load(self) -> tuple[Images, Images]:
        """The training images and the test images.

        Raises:
            ValueError: they are not those of the digest any more.
        """
        parts, digest = _load(self.name)
        if digest != self.digest:
            raise ValueError(f"--data {self.name}: the images have changed since the run began")
        return parts


def find(data: str) -> Source:
    """The source called `data`, read and checked.

    Args:
        data: `digits`; `fashion-mnist`, as Debian's package dataset-fashion-mnist installs it; or a folder with the
            same four files, compressed or not.

    Raises:
        ValueError: there is no such folder, a file is missing, no IDX file, or does not fit the others, or a class is
            empty.
    """
    name = str(FASHION_FOLDER) if data == FASHION else data
    return Source(name, _load(name)[1])


def equal_weights(classes: Collection[int]) -> FloatArray:
    """Equal weights of some classes, `(10,)`, summing to 1.

    Raises:
        ValueError: there is no class, or one is not in [0, 10).

    Example:
        >>> equal_weights([1, 3]).tolist()
        [0.0, 0.5, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    if not classes:
        raise ValueError("a subset of the data needs at least one class")
    for number in classes:
        if not 0 <= number < NUM_CLASSES:
            raise ValueError(f"there is no class {number}; classes are 0 to {NUM_CLASSES - 1}")
    weights = np.zeros(NUM_CLASSES)
    weights[sorted(set(classes))] = 1.0
    return weights / weights.sum()


@cache
def _load(name: str) -> tuple[tuple[Images, Images], str]:
    """The training and the test images, and the digest of them."""
    parts = _digits() if name == DIGITS else _fashion(Path(name))
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.images.tobytes())
        digest.update(part.labels.tobytes())
    return parts, digest.hexdigest()


def _digits() -> tuple[Images, Images]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = (digits.images / 8.0 - 1.0).astype(np.float32)
    labels = digits.target.astype(np.int64)
    names = tuple(str(label) for label in range(NUM_CLASSES))
    # Stratified: the same share of each class is kept for the test.
    test = np.zeros(len(labels), dtype=bool)
    rng = np.random.default_rng(0)
    for label in range(NUM_CLASSES):
        members = rng.permutation(np.flatnonzero(labels == label))
        test[members[: round(TEST_SHARE * len(members))]] = True
    return Images(images[~test], labels[~test], names), Images(images[test], labels[test], names)


def _fashion(folder: Path) -> tuple[Images, Images]:
    if folder.is_file():
        raise ValueError(f"--data {folder} is a file; give the folder with Fashion-MNIST's IDX files")
    if not folder.is_dir():
        hint = " (Debian's package dataset-fashion-mnist is not installed)" if folder == FASHION_FOLDER else ""
        raise ValueError(
            f"--data {folder}: there is no such folder{hint}; give {DIGITS}, or a folder with Fashion-MNIST's IDX files"
        )
    train, test = (_idx_pair(folder, part) for part in ("train", "t10k"))
    sides = [f"{part.images.shape[1]}x{part.images.shape[2]}" for part in (test, train)]
    if sides[0] != sides[1]:
        raise ValueError(f"--data {folder}: test images of {sides[0]}, training images of {sides[1]}")
    return train, test


def _idx_pair(folder: Path, part: str) -> Images:
    images_file, labels_file = (_file(folder, f"{part}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1"))
    images, labels = _idx(images_file, 3), _idx(labels_file, 1)
    if len(images) != len(labels):
        raise ValueError(f"{images_file} has {len(images)} images, but {labels_file} {len(labels)} labels")
    if len(labels) and labels.max() >= NUM_CLASSES:
        raise ValueError(f"{labels_file}: a label is {labels.max()}; Fashion-MNIST has the labels 0 to 9")
    side = images.shape[1]
    if images.shape[2] != side or side < 8:
        raise ValueError(f"{images_file}: images of {images.shape[1]}x{images.shape[2]}; they must be square, from 8x8")
    scaled = (images.astype(np.float32) / np.float32(127.5)) - np.float32(1)
    try:
        return Images(_padded(scaled), labels.astype(np.int64), FASHION_CLASSES)
    except ValueError as error:
        raise ValueError(f"{labels_file}: {error}") from None


def _padded(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Black borders up to a multiple of 8, so that every level of the UNet halves the side."""
    more = -images.shape[1] % 8
    before, after = more // 2, more - more // 2
    return np.pad(images, ((0, 0), (before, after), (before, after)), constant_values=-1)


def _file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise ValueError(
        f"--data {folder}: there is neither {name} nor {name}.gz in it; it must hold Fashion-MNIST's files"
    )


def _idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes: two zeros, the type, the dimensions, the sizes, the bytes."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    start = 4 + 4 * dimensions
    if len(data) < start or data[:4] != bytes([0, 0, _IDX_BYTES, dimensions]):
        raise ValueError(f"{path} is not an IDX file of unsigned bytes with {dimensions} dimensions")
    shape = tuple(int.from_bytes(data[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(dimensions))
    if len(data) - start != math.prod(shape):
        raise ValueError(f"{path} has {len(data) - start} bytes of data; its header says {math.prod(shape)}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
