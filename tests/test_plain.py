"""Plain data: what is written reads back as the same object, to the bit, and what cannot be read is named."""

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import HardMax, Logit, Market, OutsideOption, market_v0, markets
from genmarket_env.entry.technologies import DataMixture, DirectScores, RadialBumps
from genmarket_env.plain import choice_from, market_from, technology_from, to_data

number = st.floats(-1e6, 1e6)
reservation = st.one_of(number, st.lists(number, min_size=1, max_size=4))
simple_rules = st.one_of(
    st.builds(HardMax, st.floats(0, 1)),
    st.builds(Logit, st.floats(1e-300, 1e300), st.one_of(st.none(), number)),
)
rules = st.recursive(simple_rules, lambda inner: st.builds(OutsideOption, inner, reservation), max_leaves=3)


@st.composite
def one_market(draw):
    models, users = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    names = draw(st.none() | st.lists(st.text(), min_size=models, max_size=models, unique=True))
    user_names = draw(st.none() | st.just([f"user_{k}" for k in range(users)]))
    errors = draw(st.none() | st.just(rng.random((models, users))))
    scores, masses = rng.random((models, users)), rng.dirichlet(np.ones(users))
    return Market(scores, masses, model_names=names, user_names=user_names, standard_errors=errors)


yaml = import_module("yaml") if find_spec("yaml") else None
FORMATS = ["json", *(["yaml"] if yaml else [])]


def through(text_format, data):
    """The data as another program would hand them over."""
    return json.loads(json.dumps(data)) if text_format == "json" else yaml.safe_load(yaml.safe_dump(data))


def same_market(one, two):
    for name in ("scores", "masses", "standard_errors"):
        first, second = getattr(one, name), getattr(two, name)
        assert (first is None) == (second is None)
        assert first is None or np.array_equal(first, second)
    assert (one.model_names, one.user_names) == (two.model_names, two.user_names)


@given(rules, st.sampled_from(FORMATS))
@settings(deadline=None)
def test_a_rule_reads_back(rule, text_format):
    assert choice_from(through(text_format, to_data(rule))) == rule


@given(one_market())
@settings(deadline=None)
def test_a_market_reads_back(market):
    same_market(market_from(through("json", to_data(market))), market)


@given(st.integers(0, 2**32), st.sampled_from(FORMATS))
@settings(deadline=None)
def test_a_technology_reads_back(seed, text_format):
    rng = np.random.default_rng(seed)
    users, classes = rng.integers(1, 4, 2)
    floors, ceilings = np.sort(rng.random((2, classes)), axis=0)
    mixture = DataMixture(
        rng.dirichlet(np.ones(classes), users), floors, ceilings, rng.random(classes) + 0.1, rng.random(classes) + 0.1,
        data=rng.random() + 0.5, spread=rng.random() + 0.5, class_names=[f"c{c}" for c in range(classes)],
    )  # fmt: skip
    bumps = RadialBumps(rng.normal(size=(users, 2)), int(rng.integers(1, 4)), rng.random())
    incumbents = rng.random((3, users))
    for technology in (mixture, bumps, DirectScores(rng.random()), DirectScores()):
        again = technology_from(through(text_format, to_data(technology)))
        assert type(again) is type(technology)
        assert to_data(again) == to_data(technology)
        parameters = rng.uniform(-1, 1, technology.num_parameters(users))
        np.testing.assert_array_equal(again.scores(parameters, incumbents), technology.scores(parameters, incumbents))


def test_the_short_forms_are_those_of_the_table():
    assert choice_from("hardmax") == choice_from({"hardmax": None}) == choice_from({"hardmax": {}}) == HardMax()
    assert choice_from({"logit": 0.1}) == choice_from({"logit": {"temperature": 0.1}}) == Logit(0.1)
    nested = {"outside_option": {"rule": {"logit": 0.1}, "reservation": 0.6}}
    assert choice_from(nested) == choice_from({"outside-option": nested["outside_option"]})
    assert choice_from(nested) == OutsideOption(Logit(0.1), 0.6)
    uniform = market_from({"livebench-2026-06": {"masses": "uniform"}})
    same_market(uniform, market_from({"livebench-2026-06": "uniform"}))
    assert np.ptp(uniform.masses) == 0
    assert technology_from("direct_scores") == DirectScores()
    assert technology_from({"direct-scores": 0.7}) == technology_from({"direct-scores": {"budget": 0.7}})
    market = markets.load("livebench-2026-06")
    assert technology_from({"radial-bumps": {"num_bumps": 3}}, market).num_bumps == 3


def test_a_market_file_reads_as_an_inline_table(tmp_path):
    market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], model_names=["poet", "coder"])
    markets.save(market, tmp_path / "mine.json")
    same_market(market_from(json.loads((tmp_path / "mine.json").read_text())), market)


def test_mappings_and_sequences_of_other_libraries_are_read():
    frozen = MappingProxyType({"logit": MappingProxyType({"temperature": 0.1})})
    assert choice_from(frozen) == Logit(0.1)
    assert market_from(MappingProxyType({"scores": ((0.9,),), "masses": (1.0,)})).num_models == 1


def test_objects_come_back_as_they_are():
    def sampler(rng):
        return None

    for reader in (choice_from, market_from, technology_from):
        for value in (HardMax(), Market([[1]], [1]), DirectScores(), sampler, None, 3):
            assert reader(value) is value


@pytest.mark.parametrize(
    ("reader", "data", "error", "words"),
    [
        (choice_from, "soft", ValueError, "unknown choice rule 'soft'; known are 'hardmax', 'logit', 'outside-option'"),
        (choice_from, {}, ValueError, "a choice rule is a name, or a dictionary of one name and its options; got {}"),
        (choice_from, {"logit": 1, "hardmax": 0}, ValueError, "a dictionary of one name and its options; got"),
        (choice_from, "logit", ValueError, "choice rule 'logit' needs temperature; it takes temperature, outside_"),
        (choice_from, {"logit": {"beta": 3}}, ValueError, "choice rule 'logit' has no option 'beta'; it takes"),
        (choice_from, {"logit": 0}, ValueError, "choice rule 'logit': temperature is 0.0; it must be finite and > 0"),
        (choice_from, {"logit": "hot"}, TypeError, "choice rule 'logit': temperature must be a real number"),
        (choice_from, {"outside-option": {"rule": "soft", "reservation": 1}}, ValueError, "unknown choice rule 'soft'"),
        (choice_from, {"outside-option": "hardmax"}, ValueError, "needs reservation"),
        (market_from, "no-such", ValueError, "unknown market 'no-such'; the catalogue has"),
        (market_from, {"livebench-2026-06": {"mass": 1}}, ValueError, "unknown option 'mass' of"),
        (market_from, {"scores": [[0.5]]}, ValueError, "market needs masses; it takes scores, masses"),
        (market_from, {"scores": [[2]], "masses": [1]}, ValueError, "market: the score of model 'model_0'"),
        (market_from, {"scores": [["x"]], "masses": [1]}, TypeError, "market: scores must be real numbers"),
        (market_from, {"models": []}, ValueError, "market: "),
        (technology_from, "magic", ValueError, "unknown technology 'magic'; known are data-mixture"),
        (technology_from, {"magic": 1}, ValueError, "unknown technology 'magic'; known are data-mixture"),
        (technology_from, {"direct-scores": 2}, ValueError, "technology 'direct-scores': "),
        (technology_from, {"direct-scores": {"x": 2}}, ValueError, "technology 'direct-scores' has no option 'x'"),
        (technology_from, "radial-bumps", ValueError, "technology 'radial-bumps': it is made for one market"),
        (technology_from, {"data-mixture": {"floors": [0]}}, ValueError, "technology 'data-mixture' needs preferences"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_in_one_line(reader, data, error, words):
    with pytest.raises(error) as raised:
        reader(data)
    message = str(raised.value)
    assert words in message
    assert "\n" not in message


def test_what_has_no_plain_form_is_named():
    class Warm(Logit):
        pass

    for value in (lambda scores: scores, Warm(0.1), [HardMax(), np.random.default_rng(0)], {"a": object()}):
        with pytest.raises(TypeError, match="has no plain form"):
            to_data(value)


def test_numbers_of_numpy_become_those_of_python():
    data = to_data({"n": np.int64(3), "x": np.float32(0.5), "flag": np.True_, "row": np.arange(2), "pair": (1, 2)})
    assert data == {"n": 3, "x": 0.5, "flag": True, "row": [0, 1], "pair": [1, 2]}
    assert [type(value) for value in data.values()] == [int, float, bool, list, list]


@pytest.mark.skipif(yaml is None, reason="PyYAML is not installed")
def test_the_settings_of_the_interop_page_make_an_environment():
    page = (Path(__file__).parents[1] / "docs" / "interop.md").read_text()
    text = page.partition("<!-- settings -->\n```yaml\n")[2].partition("```")[0]
    env = market_v0.parallel_env(**yaml.safe_load(text))
    assert env.dynamics.choice == Logit(0.05, outside_utility=0.3)
    assert env.dynamics.technology == DirectScores(0.6)
    assert (env.dynamics.num_models, env.dynamics.num_platforms, env.dynamics.num_providers) == (24, 2, 1)
    env.reset()
    assert np.ptp(env.market.masses) == 0
    assert env.max_cycles == 32
