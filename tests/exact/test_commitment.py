"""What a leader commits to whose payoff jumps at places that nobody tells."""

import numpy as np
import pytest

from genmarket_env.exact import best_commitment
from tests.sizes import examples


@pytest.mark.parametrize("paying", ["up to the jump", "from the jump on"])
def test_a_jump_inside_a_piece_is_reached_from_its_paying_side(paying):
    rng = np.random.default_rng(0)
    for _ in range(examples(100)):
        jump, slope = rng.uniform(0.05, 0.95), rng.uniform(0.1, 3)

        def payoff(x, jump=jump, slope=slope):
            if paying == "up to the jump":
                return np.where(x <= jump, 1 - slope * (jump - x), -5.0)
            return np.where(x >= jump, 1 - slope * (x - jump), -5.0)

        best, value = best_commitment(payoff, [0, 1])
        assert value == pytest.approx(1, abs=1e-9)
        assert value == payoff(np.array([best]))[0]
