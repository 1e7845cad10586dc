"""Proposition 2.2: a pure Nash equilibrium need not exist, and where it always does."""

from __future__ import annotations

from .. import markets, pictures
from ..choice import ChoiceRule, HardMax, Logit
from ..equilibrium.best_response_graph import response_graph
from ..equilibrium.market_game import MarketGame
from ..equilibrium.pure_nash import least_epsilon, pure_equilibria
from ..equilibrium.pure_nash_batch import pure_equilibria_of_each
from ..intervals import Frequency, frequency
from ..market import Market
from .at_rest import AtRest
from .contents import Chapter, Claim, Numbers, Picture, for_all, there_is
from .settings import Settings, random_markets

SMALLEST = "paper-no-pne"
SIZES = ((2, 2), (2, 4), (3, 2), (5, 2), (3, 3), (4, 4), (5, 8))
"""Models and user types of the random markets."""

PLATFORMS = (2, 3)
RULES: dict[str, ChoiceRule] = {"hardmax": HardMax(), "logit_0.05": Logit(0.05), "logit_0.2": Logit(0.2)}


def section(settings: Settings) -> Chapter:
    """How often markets lack a pure equilibrium, and the smallest that does."""
    market = markets.load(SMALLEST)
    shares = lacking(settings)
    epsilon = float(least_epsilon(market, 2).value)
    return Chapter(
        title="Existence of pure equilibria (Proposition 2.2)",
        sentences=(
            f"The market {SMALLEST} has {market.num_models} models and {market.num_users} user types of equal mass. "
            f"With two platforms its least epsilon is {epsilon:.4f}: whatever is deployed, some platform gains at "
            "least that.",
            "Random markets: scores uniform on [0, 1], in every other market on {0, 1/4, ..., 1}; masses uniform on "
            "the simplex. Intervals are Wilson's, at 95%.",
        ),
        pictures=(_cycle_picture(market),),
        numbers=(
            Numbers.of_records(
                "existence",
                f"The share of {settings.trials} random markets without a pure equilibrium, by rule",
                [_record(size, shares) for size in dict.fromkeys(key[1:] for key in shares)],
                shown=True,
            ),
        ),
        claims=(no_equilibrium(market, 2), *always(shares)),
    )


def _record(size: tuple[int, int, int], shares: dict[tuple[str, int, int, int], Frequency]) -> dict[str, float | int]:
    record: dict[str, float | int] = dict(zip(("models", "user_types", "platforms"), size, strict=True))
    for name in RULES:
        found = shares[name, *size]
        record |= {name: found.probability, f"{name}_low": found.low, f"{name}_high": found.high}
    return record


def lacking(settings: Settings) -> dict[tuple[str, int, int, int], Frequency]:
    """How many random markets lack a pure equilibrium, by rule, models, user types and platforms."""
    rng = settings.rng("existence")
    found = {}
    for models, users in SIZES:
        batch = random_markets(rng, settings.trials, models, users)
        for platforms in PLATFORMS:
            for name, rule in RULES.items():
                without = sum(not len(each) for each in pure_equilibria_of_each(batch, platforms, rule))
                found[name, models, users, platforms] = frequency(without, settings.trials)
    return found


def no_equilibrium(market: Market, platforms: int) -> Claim:
    """That a market exists without a pure equilibrium, by this one."""
    equilibria = len(pure_equilibria(market, platforms))
    cycles = response_graph(market, platforms).cycles
    epsilon = float(least_epsilon(market, platforms).value)
    return Claim(
        "A pure Nash equilibrium need not exist",
        "paper, Prop. 2.2",
        f"{SMALLEST}, N = {platforms}: {equilibria} pure equilibria, cycles that best responses "
        f"cannot leave: {len(cycles)}; least epsilon {epsilon:.4f}",
        equilibria == 0,
    )


def always(shares: dict[tuple[str, int, int, int], Frequency]) -> tuple[Claim, ...]:
    """The claims on small markets, from the random ones that lack an equilibrium."""

    def total(chosen: list[Frequency]) -> tuple[int, int]:
        return sum(found.count for found in chosen), sum(found.draws for found in chosen)

    two_models = [found for (_, models, _, _), found in shares.items() if models == 2]
    hard = [found for (rule, models, users, _), found in shares.items() if users == 2 < models and rule == "hardmax"]
    soft = [found for (rule, models, users, _), found in shares.items() if users == 2 < models and rule != "hardmax"]
    return (
        for_all("With two models a pure equilibrium always exists, under every rule", "derived",
                *total(two_models), "random games"),
        for_all("With two user types a pure equilibrium always exists under HardMax", "derived",
                *total(hard), "random games"),
        there_is("With two user types there may be none under Logit", "derived", *total(soft), "random games"),
    )  # fmt: skip


def _cycle_picture(market: Market) -> Picture:
    outcome = AtRest(MarketGame(market, 2), pure_equilibria(market, 2))
    caption = f"The cycle of best responses of {SMALLEST} with two platforms: what each deploys (bold: the mover)."
    figure = pictures.path_figure(
        outcome.profiles, market.model_names, "best responses in turn", closed=not len(outcome.equilibria)
    )
    return Picture("existence_cycle", caption, pictures.svg(figure))
