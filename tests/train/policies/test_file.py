"""The file of policies: what is written comes back, and what others wrote is read without being trusted."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env.train.policies import MixtureSeat, NetworkSeat, SavedPolicies, load_policies, save_policies
from tests.sizes import examples

SEATS = [
    MixtureSeat(None, np.array([0.25, 0.75])),
    NetworkSeat([(np.ones((2, 1)), np.zeros(2))], "relu", "categorical", appended=np.array([], float)),
]


def saved(path, **changes):
    given = {"game": "some-game", "parameters": {"n": 2}, "players": ("a", "b"), "policies": SEATS}
    save_policies(path, SavedPolicies(**{**given, **changes}))
    return path


@pytest.mark.parametrize("ending", ["npz", "json"])
def test_what_is_written_comes_back(ending, tmp_path):
    path = saved(tmp_path / f"x.{ending}", learner="ours", seed=7, source="a test")
    found = load_policies(path)
    assert (found.game, found.parameters, found.players) == ("some-game", {"n": 2}, ["a", "b"])
    assert (found.learner, found.seed, found.source) == ("ours", 7, "a test")
    for mine, theirs in zip(SEATS, found.policies, strict=True):
        assert mine.options() == theirs.options()
        assert all(np.array_equal(array, theirs.arrays()[name]) for name, array in mine.arrays().items())
    first = path.read_bytes()
    saved(path, learner="ours", seed=7, source="a test")
    assert path.read_bytes() == first


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"saved as \.npz or \.json"):
        saved(tmp_path / "x.pt")
    assert not list(tmp_path.iterdir())


def test_numbers_that_are_not_finite_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="not finite"):
        saved(tmp_path / "x.npz", policies=[MixtureSeat(None, np.array([np.nan, 1.0])), SEATS[1]])
    assert not list(tmp_path.iterdir())


def edited(path, change):
    """The JSON file with its content changed."""
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


CHANGES = [
    (lambda c: c.update(format="x"), "no file of policies"),
    (lambda c: c.update(format_version=99), "format 99"),
    (lambda c: c.update(game=3), "must be texts"),
    (lambda c: c.update(parameters=[]), "must be an object"),
    (lambda c: c.update(players="ab"), "list of names"),
    (lambda c: c.update(players=["a"]), "one policy for each"),
    (lambda c: c.update(seed=0.5), "seed"),
    (lambda c: c["policies"][0].update(kind="os.system"), "of the kind 'os.system'"),
    (lambda c: c["policies"][1].update(layers=10**9), "layers"),
    (lambda c: c["policies"][1].update(activation="sin"), "activation"),
    (lambda c: c["arrays"].pop("0.probabilities"), "lacks its 'probabilities'"),
    (lambda c: c["arrays"]["0.probabilities"].update(values=[0.5, 0.6]), "sum to 1.1"),
    (lambda c: c["arrays"]["0.probabilities"].update(values=[-0.5, 1.5]), "least is -0.5"),
    (lambda c: c["arrays"]["0.probabilities"].update(values=["a", "b"]), "not of numbers"),
    (lambda c: c["arrays"]["0.probabilities"].update(values=[[1.0], [1.0, 2.0]]), "inhomogeneous"),
    (lambda c: c["arrays"]["1.w0"].update(values=[[1.0, 2.0, 3.0]]), "weights"),
    (lambda c: c.update(arrays=None), "no arrays"),
]


@pytest.mark.parametrize(("change", "words"), CHANGES)
def test_a_wrong_file_ends_in_one_line_that_names_it(change, words, tmp_path):
    path = saved(tmp_path / "x.json")
    edited(path, change)
    with pytest.raises(ValueError, match=words) as caught:
        load_policies(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("constant", ["NaN", "Infinity"])
def test_constants_that_are_no_json_are_refused(constant, tmp_path):
    path = saved(tmp_path / "x.json")
    path.write_text(path.read_text().replace("0.25", constant))
    with pytest.raises(ValueError, match="no number of JSON"):
        load_policies(path)


class Trap:
    """Pickled, it would leave a trace."""

    fired = False

    def __reduce__(self):
        return (setattr, (Trap, "fired", True))


def test_nothing_pickled_is_run(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, header=np.array([Trap()], dtype=object))
    with pytest.raises(ValueError, match=r"x\.npz"):
        load_policies(path)
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match=r"x\.npz"):
        load_policies(path)
    assert not Trap.fired


def test_what_unpacks_to_too_much_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("genmarket_env.train.policies.file.MOST_BYTES", 10_000)
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("header.npy", b"0" * 20_000)
    with pytest.raises(ValueError, match="once unpacked"):
        load_policies(path)


def test_deep_json_ends_in_one_line(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("[" * 100_000)
    with pytest.raises(ValueError, match=r"x\.json"):
        load_policies(path)


@settings(max_examples=examples(40), deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("ending", ["npz", "json"])
def test_a_damaged_file_never_raises_anything_else(ending, data, tmp_path_factory):
    path = saved(tmp_path_factory.mktemp("damaged") / f"x.{ending}")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    words = ""
    try:
        load_policies(path)
    except ValueError as error:
        words = str(error)
    assert "\n" not in words


def test_a_zip_without_a_header_is_refused(tmp_path):
    path, whole = tmp_path / "x.npz", io.BytesIO()
    np.save(whole, np.zeros(3))
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.npy", whole.getvalue())
    with pytest.raises(ValueError, match="no header"):
        load_policies(path)


def header_of_shape(shape, descr="<f8"):
    part = io.BytesIO()
    np.lib.format.write_array_header_1_0(part, {"descr": descr, "fortran_order": False, "shape": shape})
    return part.getvalue()


def with_part(path, data, **options):
    """The `.npz` with one more array, of these bytes."""
    with zipfile.ZipFile(path, "a", **options) as file:
        file.writestr("0.more.npy", data)


def flipped(path, signature, at, value):
    """The file with two bytes changed in the last header of that kind."""
    data = bytearray(path.read_bytes())
    start = data.rindex(signature) + at
    data[start : start + 2] = value.to_bytes(2, "little")
    path.write_bytes(data)


def with_broken_deflate(path):
    with zipfile.ZipFile(path) as file:
        part = next(each for each in file.infolist() if each.filename == "0.probabilities.npy")
    data = bytearray(path.read_bytes())
    start = part.header_offset + 30 + len(part.filename)
    data[start : start + part.compress_size] = b"\xff" * part.compress_size
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (with_broken_deflate, "Error -3"),
        (lambda path: flipped(path, b"PK\1\2", 8, 1), "is encrypted"),
        (lambda path: flipped(path, b"PK\1\2", 10, 77), "neither as NumPy does nor by deflate"),
        (lambda path: with_part(path, b"", compression=zipfile.ZIP_LZMA), "neither as NumPy does nor by deflate"),
        (lambda path: with_part(path, header_of_shape((10**11,))), "holds 0 bytes; its header says 800,000,000,000"),
        (lambda path: with_part(path, header_of_shape((2,)) + bytes(15)), "holds 15 bytes; its header says 16"),
        (lambda path: with_part(path, header_of_shape((-1, -2)) + bytes(16)), "0.more"),
        (lambda path: with_part(path, header_of_shape((1,), "|O") + bytes(8)), "not of numbers"),
        (lambda path: with_part(path, b"\x93NUMPY\x03\x00" + bytes(8)), "known are 1.0 and 2.0"),
        (lambda path: with_part(path, b"\x93NUMPY\x01\x00\x08\x00{'a': ((" + bytes(8)), ""),
    ],
)
def test_a_damaged_npz_is_refused_in_one_line_that_names_it(damage, told, tmp_path):
    path = saved(tmp_path / "x.npz")
    damage(path)
    with pytest.raises(ValueError, match=r"x\.npz: ") as caught:
        load_policies(path)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("dtype", "values"),
    [("float16", [1e9, 0.0]), ("int64", [1e30, 0.0]), ("uint8", [300, 0]), ("bool", [0.25, 0.75]), ("int8", [0.5, 0])],
)
def test_numbers_are_checked_in_the_dtype_that_they_are_cast_to(dtype, values, tmp_path):
    path = saved(tmp_path / "x.json")
    edited(path, lambda content: content["arrays"].update({"0.probabilities": {"dtype": dtype, "values": values}}))
    with pytest.raises(ValueError, match=rf"x\.json: .*0\.probabilities.* no {dtype} can hold"):
        load_policies(path)
