import numpy as np
import pytest

from genmarket_env.best_reply import best_reply
from genmarket_env.compiled import dynamics
from genmarket_env.tolerances import REGRET_TOL


def test_best_replies_are_those_within_the_tolerance():
    rng = np.random.default_rng(0)
    for _ in range(300):
        payoffs = rng.integers(0, 3, 5) / 2 + rng.integers(0, 4, 5) * REGRET_TOL * 0.6
        best = [j for j in range(5) if payoffs[j] >= max(payoffs) - REGRET_TOL]
        current, tie = int(rng.integers(5)), float(rng.random())
        assert best_reply(payoffs) == best[0]
        assert best_reply(payoffs, current) == (current if current in best else best[0])
        assert best_reply(payoffs, tie=tie) == best[int(tie * len(best))]


@pytest.mark.parametrize("drawn", [False, True])
def test_the_compiled_one_is_the_same(drawn):
    rng = np.random.default_rng(1)
    for _ in range(300):
        payoffs = rng.integers(0, 3, 5) / 2 + rng.integers(0, 4, 5) * REGRET_TOL * 0.6
        current, ties = int(rng.integers(5)), rng.random((1, int(drawn)))
        # As Python: what is compiled here is only for compiled callers.
        model = dynamics._best_reply.py_func(payoffs[None], 0, current, ties[..., None], 0, 0, 0)
        assert model == best_reply(payoffs, current, float(ties[0, 0]) if drawn else 0.0)
