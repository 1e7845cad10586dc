"""The same markets for pyblp: product dummies and the price as random characteristics, one agent a user type."""

import numpy as np


def simulation(utility, masses, alpha, tau, outside, owners):
    """A `pyblp.Simulation` of markets `(T, N, K)`, `(T, K)`, `(K,)` or `(T, K)`, all with the same owners `(N,)`."""
    import pyblp

    pyblp.options.verbose = False
    markets, products, users = utility.shape
    alpha = np.broadcast_to(alpha, (markets, users))
    names = [f"dummy_{i}" for i in range(products)]
    tastes = [f"taste_{i}" for i in range(products)]
    product_data = {
        "market_ids": np.repeat(np.arange(markets), products),
        "firm_ids": np.tile(owners, markets),
        "one": np.ones(markets * products),
        **{name: np.tile(column, markets) for name, column in zip(names, np.eye(products), strict=True)},
    }
    agent_data = {
        "market_ids": np.repeat(np.arange(markets), users),
        "weights": masses.ravel(),
        "by_price": (-alpha / tau).ravel(),
        **{name: ((utility[:, i] - outside) / tau).ravel() for i, name in enumerate(tastes)},
        **{f"nodes{i}": np.zeros(markets * users) for i in range(products + 1)},
    }
    return pyblp.Simulation(
        (pyblp.Formulation("0 + one"), pyblp.Formulation(f"0 + {' + '.join(names)} + prices")),
        product_data,
        beta=0.0,
        sigma=np.zeros((products + 1, products + 1)),
        pi=np.eye(products + 1),
        agent_data=agent_data,
        agent_formulation=pyblp.Formulation(f"0 + {' + '.join(tastes)} + by_price"),
        xi=np.zeros(markets * products),
        omega=np.zeros(markets * products),
    )


def solve(found, costs, *, checks=False):
    """The results of a simulation at costs `(T, N)`; `checks` asks for first- and second-order conditions."""
    import pyblp

    return found.replace_endogenous(
        costs=costs.ravel(),
        iteration=pyblp.Iteration("simple", {"atol": 1e-13, "max_evaluations": 5000}),
        compute_gradients=checks,
        compute_hessians=checks,
    )
