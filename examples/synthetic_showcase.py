"""Search a pool of five models and its users that show the story of Figure 5 of the paper, for three platforms.

With the first 2, 3, 4 and 5 models of the pool the market has: a homogeneous equilibrium, a fully differentiated one,
no pure equilibrium, a homogeneous one on the newest model; each of these equilibria is the only one. The search draws
pools, model by model, and improves those that tell the story by changing their parameters at random, towards a large
margin. `python -m examples.synthetic_showcase` finds the users and models of `paper-synthetic` in the catalogue.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from genmarket_env import Market, deviation_payoffs
from genmarket_env.atomic import write_whole
from genmarket_env.market import FloatArray
from genmarket_env.markets.paper import synthetic_markets
from genmarket_env.markets.paper.models import Bumps
from genmarket_env.markets.paper.synthetic_format import FORMAT, VERSION
from genmarket_env.markets.paper.users import FixedUsers

PLATFORMS = 3
DECIMALS = 2

LIMITS = {"bias": (0.0, 0.5), "centres": (-3.0, 3.0), "amplitudes": (-0.6, 1.0), "widths": (0.3, 2.0)}
"""The ranges that improvements stay in."""

STEPS = {"bias": 0.1, "centres": 0.3, "amplitudes": 0.15, "widths": 0.15}
"""The standard deviations of the first changes."""


ABOUT = {
    "title": "A synthetic pool of five models whose market is homogeneous, differentiated, without equilibrium, and "
    "homogeneous again as the pool grows",
    "source": 'the synthetic study and Figure 5 of Wei, Shi, Zhang, "Market Games for Generative Models: Equilibria, '
    'Welfare, and Strategic Entry", ICLR 2026, arXiv 2602.17787',
    "licence": "the project's own numbers, under its licence (MIT)",
}

NOTES = (
    "Published: the form of users and models, and what happens as the pool grows. Ours: every number, found by the "
    "search in examples/synthetic_showcase.py; the paper's configurations are not published.",
    "Three platforms under HardMax. With the first 2 models the only pure Nash equilibrium is homogeneous, with the "
    "first 3 it is fully differentiated, with the first 4 there is none, with all 5 everybody deploys g5.",
    "The margin is the least of: what a platform loses at such an equilibrium with any other model, and the largest "
    "regret at any other profile, in units of payoff. The story stays while no payoff changes by half of it.",
)


class Ending(Enum):
    """What the equilibria of a market are like."""

    HOMOGENEOUS = "one, homogeneous"
    DIFFERENTIATED = "one, fully differentiated"
    NONE = "none"
    NEWEST = "one, everybody on the newest model"


STORY = {2: Ending.HOMOGENEOUS, 3: Ending.DIFFERENTIATED, 4: Ending.NONE, 5: Ending.NEWEST}
"""The ending by the number of models."""


def margin(scores: FloatArray, masses: FloatArray, models: int) -> FloatArray:
    """How clearly the markets of the first models end as the story says, `(pools,)`, in units of payoff.

    It is the least of: by how much each platform would lose with any other model at the equilibrium, and the largest
    regret at each other profile. While it is > 0 and no payoff changes by half of it, the story stays. It is <= 0 where
    the market ends otherwise.
    """
    profiles = np.array(list(itertools.combinations_with_replacement(range(models), PLATFORMS)))
    deviations = deviation_payoffs(Market(scores[:, None, :models], masses), profiles)
    deployed = np.broadcast_to(profiles[..., None], (*deviations.shape[:-1], 1))
    own = np.take_along_axis(deviations, deployed, axis=-1)
    regret = (deviations - own).max(axis=(-1, -2))
    deviations = deviations.copy()
    np.put_along_axis(deviations, deployed, -np.inf, axis=-1)
    loss = (own[..., 0] - deviations.max(axis=-1)).min(axis=-1)
    distinct = np.array([len(set(profile)) for profile in profiles])
    ending = STORY[models]
    if ending is Ending.NONE:
        return regret.min(axis=-1)
    wanted = {
        Ending.HOMOGENEOUS: distinct == 1,
        Ending.DIFFERENTIATED: distinct == PLATFORMS,
        Ending.NEWEST: (profiles == models - 1).all(axis=-1),
    }[ending]
    clear = [np.minimum(loss[:, i], np.delete(regret, i, axis=-1).min(axis=-1)) for i in np.flatnonzero(wanted)]
    return np.max(clear, axis=0)


def story_margin(scores: FloatArray, masses: FloatArray) -> FloatArray:
    """The least margin of all steps of the story, `(pools,)`."""
    return np.min([margin(scores, masses, models) for models in STORY], axis=0)


def search(
    users: FixedUsers, rng: np.random.Generator, *, pools: int, branches: int, survivors: int, rounds: int
) -> tuple[float, Bumps]:
    """The pool with the largest margin that the search comes to, and the margin.

    Args:
        users: the user types.
        rng: what pools and changes are drawn from.
        pools: how many pools of three models are drawn.
        branches: how many pools are drawn with each further model.
        survivors: how many pools are kept in each round of improvements.
        rounds: how many rounds; in each, changed pools compete with those that they come from.

    Raises:
        ValueError: no pool tells the story so far.
    """
    bumps = drawn(rng, pools, 3)
    margins = np.min([margin(bumps.scores(users.points), users.masses, models) for models in (2, 3)], axis=0)
    for models in (4, 5):
        alive = np.flatnonzero(margins > 0)
        if not alive.size:
            raise ValueError(f"no pool of {models - 1} models tells the story; draw more of them")
        chosen = rng.choice(alive, branches)
        bumps = joined(picked(bumps, chosen), drawn(rng, branches, 1))
        margins = np.minimum(margins[chosen], margin(bumps.scores(users.points), users.masses, models))
    for step in np.geomspace(1, 0.03, rounds):
        kept = np.argsort(-margins, kind="stable")[:survivors]
        bumps, margins = picked(bumps, kept), margins[kept]
        changed = perturbed(picked(bumps, rng.integers(survivors, size=8 * survivors)), step, rng)
        bumps = joined(bumps, changed, axis=0)
        margins = np.concatenate([margins, story_margin(changed.scores(users.points), users.masses)])
    best = int(margins.argmax())
    return float(margins[best]), picked(bumps, best)


def drawn(rng: np.random.Generator, pools: int, models: int) -> Bumps:
    """Pools of the law from which the catalogue draws synthetic markets."""
    bumps = synthetic_markets().models.draw(rng, pools)
    return rounded({name: values[:, :models] for name, values in parameters(bumps).items()})


def perturbed(bumps: Bumps, step: float, rng: np.random.Generator) -> Bumps:
    """The pools with normal changes, of `step` times `STEPS`, of about half of their parameters."""
    changed = {}
    for name, values in parameters(bumps).items():
        change = rng.normal(scale=step * STEPS[name], size=values.shape) * (rng.random(values.shape) < 0.5)
        changed[name] = np.clip(values + change, *LIMITS[name])
    return rounded(changed)


def rounded(values: dict[str, FloatArray]) -> Bumps:
    """The parameters as they are written to a document."""
    return Bumps(**{name: array.round(DECIMALS) for name, array in values.items()})


def picked(bumps: Bumps, index: object) -> Bumps:
    """The pools at `index`."""
    return Bumps(**{name: array[index] for name, array in parameters(bumps).items()})


def joined(first: Bumps, second: Bumps, axis: int = 1) -> Bumps:
    """The models of two batches of pools in one, or with `axis` 0 the pools of both."""
    others = parameters(second)
    return Bumps(**{name: np.concatenate([array, others[name]], axis) for name, array in parameters(first).items()})


def parameters(bumps: Bumps) -> dict[str, FloatArray]:
    """The arrays of the parameters by name."""
    return {field.name: getattr(bumps, field.name) for field in fields(Bumps)}


def document(users: FixedUsers, bumps: Bumps, best: float) -> str:
    """The users and the models as a JSON document of the format `genmarket-synthetic`, one line a model."""
    head = {"format": FORMAT, "version": VERSION, **ABOUT, "notes": [*NOTES, f"The margin is {best:.4f}."]}
    head["users"] = {"points": users.points.tolist(), "masses": users.masses.tolist()}
    rows = zip(*(array.tolist() for array in parameters(bumps).values()), strict=True)
    models = [
        {
            "name": f"g{index}",
            "bias": bias,
            "bumps": [
                dict(zip(("centre", "amplitude", "width"), bump, strict=True))
                for bump in zip(centres, amplitudes, widths, strict=True)
            ],
        }
        for index, (bias, centres, amplitudes, widths) in enumerate(rows, start=1)
    ]
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    body = ",\n".join(f"    {json.dumps(model)}" for model in models)
    return "\n".join(["{", *lines, '  "models": [', body, "  ]", "}", ""])


def main(
    out: Annotated[Path, typer.Option(help="The JSON file to write.")],
    seed: Annotated[int, typer.Option(help="The seed of all draws.", min=0)] = 2,
    pools: Annotated[int, typer.Option(help="How many pools of three models are drawn.", min=1)] = 60_000,
    branches: Annotated[int, typer.Option(help="How many pools are drawn with each further model.", min=1)] = 6000,
    survivors: Annotated[int, typer.Option(help="How many pools are kept in each round.", min=1)] = 40,
    rounds: Annotated[int, typer.Option(help="How many rounds of improvements.", min=0)] = 120,
) -> None:
    """Search a showcase pool and write it as a document."""
    rng = np.random.default_rng(seed)
    law = synthetic_markets().users
    users = FixedUsers(law.draw(rng, 1)[0].round(DECIMALS), law.masses.round(6))
    best, bumps = search(users, rng, pools=pools, branches=branches, survivors=survivors, rounds=rounds)
    write_whole(out, document(users, bumps, best).encode())
    typer.echo(f"margin {best:.4f}, written to {out}")


if __name__ == "__main__":
    typer.run(main)
