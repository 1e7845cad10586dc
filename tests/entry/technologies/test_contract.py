import array_api_strict
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genmarket_env import Market
from genmarket_env.entry import Technology, technologies
from tests.sizes import examples
from tests.strategies import markets, random_market


@pytest.mark.parametrize("name", technologies.names())
class TestContract:
    """What every technology of the registry does, made by its name for any market."""

    @settings(max_examples=examples(40), deadline=None)
    @given(market=markets(), seed=st.integers(0, 2**32 - 1))
    def test_scores_are_scores_and_batches_broadcast(self, name, market, seed):
        technology = technologies.make(name, market)
        assert isinstance(technology, Technology)
        users = market.num_users
        rng = np.random.default_rng(seed)
        incumbents = rng.integers(0, 5, (6, 1, market.num_models, users)) / 4
        parameters = rng.choice([-1.0, -0.5, 0.0, 0.3, 1.0], (6, 2, technology.num_parameters(users)))
        for array in (incumbents, parameters):
            array.flags.writeable = False
        scores = technology.scores(parameters, incumbents)
        assert scores.shape == (6, 2, users)
        assert ((scores >= 0) & (scores <= 1)).all()
        for b in range(6):
            for e in range(2):
                one = technology.scores(parameters[b, e], incumbents[b, 0])
                np.testing.assert_allclose(one, scores[b, e], rtol=0, atol=1e-13)
        assert technology.scores(parameters[0, 0], incumbents[:, 0]).shape == (6, users)

    def test_it_works_on_every_backend_and_is_differentiable(self, name):
        rng = np.random.default_rng(0)
        market = random_market(rng, 3, 4)
        technology = technologies.make(name, market)
        parameters = rng.uniform(-0.9, 0.9, (5, technology.num_parameters(4)))
        expected = technology.scores(parameters, market.scores)
        for backend in (array_api_strict, torch):
            other = technology.scores(backend.asarray(parameters), backend.asarray(market.scores.copy()))
            np.testing.assert_allclose(np.asarray(other), expected, rtol=0, atol=1e-14)
        incumbents = torch.tensor(market.scores)
        tensor = torch.tensor(parameters, requires_grad=True)
        assert torch.autograd.gradcheck(lambda p: technology.scores(p, incumbents), tensor)
        assert technology.scores(tensor.float(), incumbents.float()).dtype == torch.float32

    def test_some_release_beats_the_incumbents_for_a_type_and_none_for_all(self, name):
        rng = np.random.default_rng(1)
        for _ in range(5):
            market = random_market(rng, 3, 4)
            technology = technologies.make(name, market)
            parameters = rng.uniform(-1, 1, (20000, technology.num_parameters(4)))
            parameters[0] = 0
            lead = technology.scores(parameters, market.scores) - market.scores.max(axis=0)
            assert (lead > 0).any()
            assert not (lead > 0).all(axis=1).any()

    def test_it_is_fitted_to_its_own_measurements(self, name):
        rng = np.random.default_rng(2)
        market = random_market(rng, 3, 3)
        technology = technologies.make(name, market)
        parameters = rng.uniform(-1, 1, (15, technology.num_parameters(3)))
        measured = technology.scores(parameters, market.scores) + rng.normal(0, 0.01, (15, 3))
        fit = technology.fit(parameters, measured.clip(0, 1), market.scores)
        again = fit.technology.scores(parameters, market.scores)
        assert fit.rmse == pytest.approx(np.sqrt(np.mean((again - measured.clip(0, 1)) ** 2)), abs=1e-12)
        assert fit.rmse < 0.012
        assert 0.9 < fit.r_squared <= 1

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda p: p[:-1], "the parameters of a release have the shape"),
            (lambda p: p[0], "the parameters of a release have the shape"),
            (lambda p: np.append(p[:-1], np.nan), "of a release is nan"),
            (lambda p: np.append(1.5, p[1:]), "parameter 0 of a release is 1.5"),
        ],
    )
    def test_parameters_outside_the_box_are_refused(self, name, change, words):
        market = random_market(np.random.default_rng(3), 3, 4)
        technology = technologies.make(name, market)
        parameters = change(np.zeros(technology.num_parameters(4)))
        with pytest.raises(ValueError, match=words):
            technology.scores(parameters, market.scores)

    def test_bad_measurements_are_refused(self, name):
        market = random_market(np.random.default_rng(4), 3, 4)
        technology = technologies.make(name, market)
        parameters, scores = np.zeros((2, technology.num_parameters(4))), np.full((2, 4), 0.5)
        for bad, words in (
            ((parameters[:1], scores, market.scores), "1 releases have parameters and 2 have scores"),
            ((parameters, scores + 1, market.scores), r"scores must be in \[0, 1\]"),
            ((parameters, scores, market.scores[:, :3]), "user types"),
            ((parameters, scores * np.nan, market.scores), "finite"),
        ):
            with pytest.raises(ValueError, match=words):
                technology.fit(*bad)

    def test_an_unknown_option_is_named(self, name):
        with pytest.raises(ValueError, match=f"'{name}'.*'colour'"):
            technologies.make(name, Market([[0.5]], [1.0]), colour=1)
        known = technologies.options_of(name)
        assert known
        with pytest.raises(ValueError, match=f"it has {', '.join(known)}$"):
            technologies.make(name, Market([[0.5]], [1.0]), colour=1)


def test_unknown_names_and_missing_markets_are_named():
    with pytest.raises(
        ValueError, match="unknown technology 'lora'; known are data-mixture, direct-scores, radial-bumps"
    ):
        technologies.make("lora")
    for name in ("data-mixture", "radial-bumps"):
        with pytest.raises(ValueError, match=f"technology '{name}': it is made for one market"):
            technologies.make(name)
        with pytest.raises(ValueError, match="takes one market, not a batch"):
            technologies.make(name, Market([[[0.5]]], [1.0]))
    assert technologies.make("direct-scores") == technologies.make("direct-scores")
