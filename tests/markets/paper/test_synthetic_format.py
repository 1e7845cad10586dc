"""Documents of laws of markets: what they mean, and that a bad one is named in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genmarket_env import markets
from genmarket_env.markets.paper import synthetic_format
from genmarket_env.radial_bumps import bump_scores
from tests.markets.paper.documents import FIXED, MIXTURE, POINTS, RANDOM, bump, component, document, model
from tests.sizes import examples


@pytest.fixture
def load(tmp_path):
    """Write text, or the content of a document, to a file and load a market from it."""

    def load(content, **options):
        path = tmp_path / "law.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return markets.load("paper-synthetic", config=path, **options)

    return load


def test_fixed_parameters_give_the_scores_of_the_formula(load):
    market = load(document(models=[FIXED, {"name": "flat", "bias": 0.4, "bumps": []}]))
    one = np.array([[-1.0, 0.0]]), np.array([0.5]), np.array([0.7])
    expected = bump_scores(np.array(POINTS["points"], float), np.array(0.2), *one)
    np.testing.assert_array_equal(market.scores, [expected, [0.4] * 3])
    assert market.masses.tolist() == POINTS["masses"]
    assert market.model_names == ("g1", "flat")


def test_ranges_are_drawn_from_by_seed_and_copies_apart(load):
    market = load(document(), seed=0)
    assert market.model_names == ("g1", "rival_1", "rival_2")
    assert not np.array_equal(market.scores[1], market.scores[2])
    assert np.array_equal(market.scores, load(document(), seed=0).scores)
    assert not np.array_equal(market.scores[1], load(document(), seed=1).scores[1])
    assert np.array_equal(market.scores[0], load(document(), seed=1).scores[0])
    assert load(document(users=MIXTURE), seed=0).num_users == 11  # 7.5 and 2.5 of 10, each rounded up


def test_the_ends_of_a_document_are_those_of_the_law():
    law = synthetic_format.parse(json.dumps(document()), "here").markets.models
    assert law.low.bias.tolist() == [0.2, 0, 0]
    assert law.high.bias.tolist() == [0.2, 0.4, 0.4]
    assert law.low.centres[1:].tolist() == [[[-2, 1], [0, 0]]] * 2
    assert law.high.centres[1:].tolist() == [[[2, 1], [0, 0]]] * 2
    assert law.low.amplitudes.tolist() == [[0.5, 0], [-0.5, 0.1], [-0.5, 0.1]]
    assert law.high.widths.tolist() == [[0.7, 1], [2, 1], [2, 1]]


def test_what_is_said_of_a_document_is_kept():
    about = {"title": "t", "source": "s", "licence": "l", "notes": ["a", "b"]}
    parsed = synthetic_format.parse(json.dumps(document(**about)), "here")
    assert (parsed.title, parsed.source, parsed.licence, parsed.notes) == ("t", "s", "l", ("a", "b"))


def test_the_document_of_the_docstring_is_one():
    text = synthetic_format.__doc__.split("```")[1].replace("(each may be left out)", "").replace('["..."]', "[]")
    parsed = synthetic_format.parse(text, "here")
    assert parsed.markets.models.names == ("g1", "rival_1", "rival_2", "rival_3")


def test_the_document_of_the_docs_loads(load):
    text = Path(__file__).parents[3].joinpath("docs", "paper_markets.md").read_text()
    market = load(text.split("```json\n")[1].split("```")[0], seed=0)
    assert market.scores.shape == (4, 60)


def test_a_law_that_is_drawn_needs_a_seed(load):
    for content in (document(), document(users=MIXTURE, models=[FIXED])):
        with pytest.raises(ValueError, match=r"law.json' has parts that are drawn: give a seed"):
            load(content)


BAD = [
    ("", "the file is empty"),
    ("{", "not readable as JSON"),
    ("[]", r"expected an object; got \[\]"),
    (document(format="genmarket-market"), "the format is 'genmarket-market'; it must be 'genmarket-synthetic'"),
    (document(version=2), "the version is 2; this release reads version 1"),
    (document(colour="red"), "unknown key 'colour'; known: format, version, users, models, title"),
    (document(users=...), "the key 'users' is missing"),
    (document(title=3), "title: expected a string; got 3"),
    (document(notes="n"), "notes: expected a list"),
    (document(users=[]), "users: expected an object"),
    (document(users={**MIXTURE, "kind": 1}), "users: unknown key 'kind'"),
    (document(users={**MIXTURE, "count": 0}), "users: count is 0; it must be in 1 to 100000"),
    (document(users={**MIXTURE, "count": 2.5}), "users: count must be an integer; got 2.5"),
    (document(users={**MIXTURE, "components": []}), "users: the mixture is empty"),
    (document(users=component(weight=0.5)), "users: the weights of the components must be > 0 and sum to 1"),
    (document(users=component(weight="w")), r"components\[0\]: weight: expected a number; got 'w'"),
    (document(users=component(mean=[0])), "users: means of the shape"),
    (document(users=component(mean=3)), r"components\[0\]: mean: expected a list; got 3"),
    (document(users=component(covariance=[[1, 2], [2, 1]])), "users: the covariance of component 0 must be symmetric"),
    (document(users=component(covariance=[[1], [0, 1]])), "users: covariances are ragged"),
    (document(users={**POINTS, "masses": [1]}), "users: 3 points, but masses of the shape"),
    (document(users={**POINTS, "masses": [0.5, 0.5, 0.5]}), "the masses sum to 1.5, not 1"),
    (document(users={**POINTS, "points": [[0, 0], [1], [2, 2]]}), "users: points are ragged"),
    (document(users={**POINTS, "count": 3}), "users: unknown key 'count'; known: points, masses"),
    (document(models=[]), "the pool is empty; give at least one model"),
    (document(models=[FIXED, FIXED]), "the model name 'g1' occurs more than once"),
    (document(models=["g1"]), r"models\[0\]: expected an object; got 'g1'"),
    (document(models=[model(name=1)]), r"models\[0\]: name: expected a string; got 1"),
    (document(models=[model(bias=...)]), r"models\[0\]: the key 'bias' is missing"),
    (document(models=[model(bias=True)]), r"models\[0\]: bias: expected a number; got True"),
    (document(models=[model(bias=float("nan"))]), "bias must be within 1e.06 of 0; got nan"),
    (document(models=[model(bias={"low": 1})]), r"models\[0\]: bias: the key 'high' is missing"),
    (document(models=[model(bias={"low": 1, "high": 0})]), r"models\[0\]: bias: the range from 1 to 0 is empty"),
    (document(models=[model(copies=0)]), r"models\[0\]: copies must be an integer from 1 to 10000; got 0"),
    (document(models=[model(copies=True)]), "copies must be an integer"),
    (document(models=[model(bumps=1)]), r"models\[0\]: bumps: expected a list; got 1"),
    (document(models=[bump(centre=[0])]), r"models\[0\]: bumps\[0\]: the centre has 1 coordinates, users have 2"),
    (document(models=[bump(centre=[0, "x"])]), r"bumps\[0\]: centre\[1\]: expected a number; got 'x'"),
    (document(models=[bump(width=0)]), r"models\[0\]: bumps\[0\]: width: a width must be at least 1e-06; got 0"),
    (document(models=[model(), model()]), "the model name .* occurs more than once"),
    (document(models=[bump(amplitude=10**400)]), "amplitude: expected a number; got 1000"),
    (document(models=[bump(height=1)]), r"bumps\[0\]: unknown key 'height'; known: centre, amplitude, width"),
]


@pytest.mark.parametrize(("content", "words"), BAD, ids=[words for _, words in BAD])
def test_a_bad_document_is_named_in_one_line(load, content, words):
    with pytest.raises(ValueError, match=words) as caught:
        load(content, seed=0)
    assert "law.json" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 500


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_to_a_document_gives_a_market_or_one_line(load, data):
    text = json.dumps(document(users=data.draw(st.sampled_from([POINTS, MIXTURE])), models=[FIXED, RANDOM]))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 10)))
    patch = data.draw(st.text('0123456789.,-" {}[]:ablow', max_size=6))
    try:
        message = str(load(text[:start] + patch + text[end:], seed=0))
    except ValueError as refusal:
        message = str(refusal)
    assert len(message.splitlines()) == 1
