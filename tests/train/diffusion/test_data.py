import gzip

import numpy as np
import pytest

from genmarket_env.train.diffusion import data
from genmarket_env.train.diffusion.data import Images, equal_weights, find


def idx(array):
    """The bytes of an IDX file, written from the format's description."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return head + array.astype(np.uint8).tobytes()


def arrays(images=40, side=28, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (images, side, side)), np.arange(images) % 10


def write(folder, *, compressed=(), **replaced):
    folder.mkdir(exist_ok=True)
    for part, seed in (("train", 0), ("t10k", 1)):
        images, labels = arrays(seed=seed)
        for name, array in ((f"{part}-images-idx3-ubyte", images), (f"{part}-labels-idx1-ubyte", labels)):
            content = replaced.get(name.replace("-", "_"), idx(array))
            if content is None:
                continue
            if name in compressed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
    return str(folder)


def test_the_digits_are_split_by_class_without_overlap():
    from sklearn.datasets import load_digits

    train, test = find("digits").load()
    everything = load_digits()
    assert len(train.labels) + len(test.labels) == len(everything.target)
    rows = {image.tobytes() for image in train.images}
    assert not rows & {image.tobytes() for image in test.images}
    for label in range(10):
        total = (everything.target == label).sum()
        assert (test.labels == label).sum() == round(0.2 * total)
        assert ((train.labels == label).sum() + (test.labels == label).sum()) == total
    assert train.images.min() == -1
    assert train.images.max() == 1


@pytest.mark.parametrize("compressed", [(), ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte")])
def test_a_folder_of_idx_files_is_read_bit_by_bit(tmp_path, compressed):
    train, test = find(write(tmp_path / "fashion", compressed=compressed)).load()
    for part, seed in ((train, 0), (test, 1)):
        images, labels = arrays(seed=seed)
        assert part.images.shape == (40, 32, 32)
        np.testing.assert_allclose(part.images[:, 2:30, 2:30], images / 127.5 - 1, atol=1e-6)
        assert (part.images[:, :2] == -1).all()
        assert (part.images[:, :, 30:] == -1).all()
        np.testing.assert_array_equal(part.labels, labels)
    assert train.class_names[9] == "Ankle boot"


def test_other_images_have_another_digest(tmp_path):
    images, _ = arrays()
    changed = images.copy()
    changed[7, 3, 3] ^= 1
    first = find(write(tmp_path / "a"))
    assert find(write(tmp_path / "b")).digest == first.digest
    assert find(write(tmp_path / "c", train_images_idx3_ubyte=idx(changed))).digest != first.digest


IMAGES, LABELS = arrays()


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"train_images_idx3_ubyte": None}, "there is neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz"),
        ({"t10k_labels_idx1_ubyte": b"model,user\n"}, "t10k-labels-idx1-ubyte is not an IDX file"),
        ({"t10k_labels_idx1_ubyte": b""}, "t10k-labels-idx1-ubyte is not an IDX file"),
        ({"train_images_idx3_ubyte": idx(LABELS)}, "train-images-idx3-ubyte is not an IDX file"),
        ({"train_images_idx3_ubyte": idx(IMAGES)[:-1]}, "has 31359 bytes of data; its header says 31360"),
        ({"train_labels_idx1_ubyte": idx(LABELS[:-1])}, "40 images, but .* 39 labels"),
        ({"train_labels_idx1_ubyte": idx(LABELS + 1)}, "a label is 10"),
        ({"train_labels_idx1_ubyte": idx(LABELS % 9)}, "the class 'Ankle boot' is empty"),
        ({"train_images_idx3_ubyte": idx(IMAGES[:, :20])}, "images of 20x28; they must be square"),
        ({"train_images_idx3_ubyte": idx(IMAGES[:, :4, :4])}, "images of 4x4"),
    ],
)
def test_a_folder_that_is_not_what_it_claims_is_named(tmp_path, replaced, message):
    with pytest.raises(ValueError, match=message) as raised:
        find(write(tmp_path / "fashion", **replaced))
    assert "\n" not in str(raised.value)


def test_a_damaged_compressed_file_is_named(tmp_path):
    folder = write(tmp_path / "fashion", compressed=("train-images-idx3-ubyte",))
    path = tmp_path / "fashion" / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz cannot be read"):
        find(folder)


def test_folders_of_different_sides_do_not_mix(tmp_path):
    replaced = {"t10k_images_idx3_ubyte": idx(arrays(side=16, seed=1)[0])}
    with pytest.raises(ValueError, match="test images of 16x16, training images of 32x32"):
        find(write(tmp_path / "fashion", **replaced))


def test_a_missing_folder_is_named(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="there is no such folder; give digits"):
        find(str(tmp_path / "nowhere"))
    monkeypatch.setattr(data, "FASHION_FOLDER", tmp_path / "debian")
    with pytest.raises(ValueError, match="dataset-fashion-mnist is not installed"):
        find("fashion-mnist")


def test_images_are_drawn_by_class_weights_and_alike_within_a_class():
    labels = np.array([0] * 5 + [1] * 2 + [2] * 3)
    images = Images(np.zeros((10, 8, 8), np.float32), labels, ("a", "b", "c"))
    weights = images.weights(np.array([0.5, 0.0, 1.5]))
    expected = [0.25 / 5] * 5 + [0.0] * 2 + [0.75 / 3] * 3
    np.testing.assert_allclose(weights, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("classes", "message"), [((), "at least one class"), ((10,), "no class 10"), ((-1, 2), "no class -1")]
)
def test_subsets_need_known_classes(classes, message):
    with pytest.raises(ValueError, match=message):
        equal_weights(classes)
