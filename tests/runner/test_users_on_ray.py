"""Users on two nodes of a real Ray cluster on this machine, with one CPU each: the same results to the bit."""

import numpy as np
import pytest

from genmarket_env import HardMax, Logit, markets, users
from genmarket_env.users import Users
from genmarket_env.users.sums import total

ray = pytest.importorskip("ray")


def noted(crowd, start, stop, folder):
    """A job that says where each part was summed, and from where its scores come."""
    node, owner = ray.get_runtime_context().get_node_id(), crowd.scores
    while isinstance(owner, np.ndarray):
        owner = owner.base
    (folder / f"{start}").write_text(f"{node} {type(owner).__name__} {crowd.threads}")
    return (crowd.values(start, stop).sum(axis=1),)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    scores = np.random.default_rng(0).random((30_000, 12))
    return markets.open_users(markets.write_users(scores, tmp_path_factory.mktemp("users") / "crowd"))


def test_both_nodes_sum_parts_from_their_own_map(crowd, runner, tmp_path):
    found = total(crowd.on(runner), noted, tmp_path)[0]
    places = [path.read_text().split() for path in tmp_path.iterdir()]
    assert len(places) == len(crowd.parts) == 16
    assert len({node for node, _, _ in places}) == 2
    assert {(base, threads) for _, base, threads in places} == {("mmap", "1")}
    np.testing.assert_allclose(found, crowd.scores.sum(axis=0, dtype=float), rtol=1e-12)


@pytest.mark.parametrize("choice", [HardMax(), Logit(0.1)], ids=["hardmax", "logit"])
def test_what_nodes_sum_is_what_threads_sum(crowd, runner, choice):
    profile, there = [0, 3, 3, 11], crowd.on(runner)
    for function in (users.deviation_payoffs, users.market_shares):
        assert np.array_equal(function(there, profile, choice), function(crowd, profile, choice))


def test_dynamics_on_nodes_are_those_of_threads(crowd, runner):
    one, two = (users.best_response_dynamics(each, [0, 0], max_rounds=2) for each in (crowd, crowd.on(runner)))
    assert np.array_equal(one.history, two.history)
    assert one.nash_conv == two.nash_conv


def test_users_in_memory_travel_as_they_are(runner):
    here = Users(np.random.default_rng(1).integers(0, 65536, (9000, 8)).astype(np.uint16), np.arange(9000))
    assert np.array_equal(users.regret(here.on(runner), [1, 2]), users.regret(here, [1, 2]))
