"""Plain tables: the same as `load` where both read a file, other units, and bad rows."""

import numpy as np
import pytest

from genmarket_env import markets
from tests.markets.documents import CSV
from tests.markets.test_files import assert_equal


@pytest.fixture
def read(tmp_path):
    def read(text, **options):
        path = tmp_path / "theirs.csv"
        path.write_text(text)
        return markets.import_table("csv", path, **options)

    return read


def test_a_file_of_our_own_layout_reads_as_load_reads_it(read, load):
    assert_equal(read(CSV).market(), load(CSV))
    text = CSV.replace("masses,0.75,0.25\n", "")
    assert_equal(read(text).market(masses="uniform"), load(text, masses="uniform"))


@pytest.mark.parametrize("scale", [100, 100.0, "100"])
def test_scores_in_per_cent_are_divided(read, scale):
    market = read("model,chat,code\nmasses,0.75,0.25\npoet,90,12.5\n", scale=scale).market()
    np.testing.assert_allclose(market.scores, [[0.9, 0.125]], rtol=1e-15)
    assert market.masses.tolist() == [0.75, 0.25]


@pytest.mark.parametrize(
    ("text", "options", "error", "words"),
    [
        ("model,chat\npoet,1\npoet,1\n", {}, ValueError, "line 3: a second row of model 'poet'"),
        ("model,chat\npoet,1\nmasses,1\n", {}, ValueError, "line 3: the row 'masses' must be the only one"),
        ("model,chat\n,1\n", {}, ValueError, "line 2: the column 'model' is missing or empty"),
        (
            "model,chat\npoet,90\n",
            {},
            ValueError,
            r"line 2 \('poet'\): the cell of column 'chat' is 90; it must be in \[0, 1\]; .*: --set scale=100$",
        ),
        (
            "model,chat\npoet,x\n",
            {},
            ValueError,
            r"line 2 \('poet'\): the cell of column 'chat' is 'x', not a number: --set drop=chat leaves",
        ),
        ("model,chat\npoet,nan\n", {}, ValueError, "no model has a score for each of chat"),
        ("model,chat,\npoet,1,0.5\n", {}, ValueError, "user name '' is empty"),
        ("model,chat\nmasses,1\n", {}, ValueError, "the pool is empty"),
        ("model,a,b\nmasses,0,0\npoet,1,1\n", {}, ValueError, "the masses are all 0"),
        ("model,a,b\nmasses,-1,2\npoet,1,1\n", {}, ValueError, "line 2: the mass of column 'a' is -1"),
        (CSV, {"scale": 0}, ValueError, "scale is 0; it must be > 0"),
        (CSV, {"scale": "much"}, ValueError, "scale is 'much', not a number"),
        (CSV, {"scale": None}, TypeError, "scale must be a real number; got None"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(read, text, options, error, words):
    with pytest.raises(error, match=words):
        read(text, **options)


@pytest.mark.parametrize("scale", [1, 100])
def test_masses_in_any_unit_are_divided_by_their_sum(read, scale):
    with pytest.warns(markets.DividedMassesWarning, match=r"the masses sum to 40 and are divided by that"):
        table = read("model,chat,code\nMasses,30,10\npoet,1,0\n", scale=scale)
    assert table.models == ("poet",)
    assert table.masses == (0.75, 0.25)
