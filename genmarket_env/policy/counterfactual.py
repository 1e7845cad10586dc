"""A reform against a baseline, as measured and in markets redrawn within their errors, the same for both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np

from ..compiled import as_asked_here
from ..inertia import Inertia
from ..intervals import Frequency, frequency
from ..market import FloatArray, Market
from ..messages import shown
from ..runner import IN_PROCESS, Runner
from ..tolerances import EQUAL
from .ends import NoPricesError, check_searchable
from .outcome import Outcome, outcome_of
from .reforms import Reform, to_data
from .scenario import Scenario

QUANTILES = (0.05, 0.95)
"""Between these quantiles of the draws lies the range of a `Change`."""

FIGURES = (
    "user_value",
    "best",
    "served",
    "profit",
    "consumer_surplus",
    "government",
    "total",
    "hhi",
    "model_hhi",
    "price",
    "entrant",
)
"""The figures of an `Outcome` whose changes are shown, those of money where there is some."""


@dataclass(frozen=True)
class Change:
    """How much a figure changes by a reform.

    Attributes:
        measured: in the market as measured.
        mean: on average over redrawn markets; None without draws.
        low: the 5 % quantile of the draws; None alike.
        high: the 95 % quantile.
        falls: in how many draws it falls.
        rises: in how many it rises; in the others it stays as it is, to rounding.
    """

    measured: float
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    falls: Frequency | None = None
    rises: Frequency | None = None


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """What a reform changes.

    Attributes:
        baseline: the scenario before.
        reforms: in the order in which they are applied.
        reformed: the scenario after.
        before: what the baseline leads to, in the market as measured.
        after: the same of the reformed.
        changes: of the figures of both by name.
        by_type: of what a user of each type gets, in the order of the market.
        surplus_by_type: of what a user of each type has of being served, in money, alike; empty without money.
        payoffs: of what each platform earns; empty if their number changes.
        prices: of what each platform asks, alike; empty too where platforms set no prices.
        draws: how many markets were redrawn and solved.
        without_prices: how many more were redrawn, in which no prices in equilibrium were found on one side or both.
        pure: in how many of them each side has a pure equilibrium, before and after; None without draws.
    """

    baseline: Scenario
    reforms: tuple[Reform, ...]
    reformed: Scenario
    before: Outcome
    after: Outcome
    changes: dict[str, Change]
    by_type: tuple[Change, ...]
    surplus_by_type: tuple[Change, ...]
    payoffs: tuple[Change, ...]
    prices: tuple[Change, ...]
    draws: int
    without_prices: int
    pure: tuple[Frequency, Frequency] | None

    @property
    def in_words(self) -> str:
        """The reform as a clause."""
        return "; ".join(str(reform) for reform in self.reforms)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "reforms": [to_data(reform) for reform in self.reforms],
            "in_words": self.in_words,
            "num_platforms": self.baseline.num_platforms,
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
            "models_before": list(self.baseline.market.model_names),
            "models_after": list(self.reformed.market.model_names),
            "draws": self.draws,
            "changes": {name: asdict(change) for name, change in self.changes.items()},
            "by_type": [
                {"user": user, "mass": mass, **asdict(change)}
                for user, mass, change in zip(
                    self.baseline.market.user_names, self.baseline.market.masses.tolist(), self.by_type, strict=True
                )
            ],
            "surplus_by_type": [asdict(change) for change in self.surplus_by_type],
            "payoffs": [asdict(change) for change in self.payoffs],
            "prices": [asdict(change) for change in self.prices],
            "without_prices": self.without_prices,
            "pure_equilibria": None if self.pure is None else [asdict(one) for one in self.pure],
        }


def counterfactual(
    baseline: Scenario,
    reforms: Reform | Sequence[Reform],
    *,
    redrawn: Market | None = None,
    tell: Callable[[str], None] | None = None,
    runner: Runner = IN_PROCESS,
) -> Counterfactual:
    """What a reform, or several one after the other, changes.

    A difference is far more certain than its ends: each redrawn market is used for both sides.

    Args:
        baseline: the market, its platforms and the rules before.
        reforms: what changes.
        redrawn: a batch of markets that the baseline's may be in truth, such as `market.resample(rng, 200)`; None for
            the market as measured alone.
        tell: is told what is computed next, a few words.
        runner: carries the redrawn markets.

    Raises:
        ValueError: a reform does not fit, there are too many profiles to search, or `redrawn` is no batch of the
            baseline's models and user types.
        TypeError: what is given is no `Scenario`, or no reform.

    Source: derived.

    Example:
        >>> from genmarket_env import Market
        >>> from genmarket_env.policy import Withdraw
        >>> market = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], model_names=["poet", "coder"])
        >>> found = counterfactual(Scenario(market, 2), Withdraw("coder"))
        >>> found.in_words, round(found.changes["user_value"].measured, 2)
        ('coder is withdrawn', -0.28)
        >>> [round(change.measured, 2) for change in found.by_type]
        [0.0, -0.7]
    """
    if not isinstance(baseline, Scenario):
        raise TypeError("baseline must be a Scenario: Scenario(market, num_platforms, ...)")
    told = tell or (lambda _: None)
    asked = _as_tuple(reforms)
    told("before and after")
    reformed = applied(baseline, asked)
    if reformed.inertia is not None and baseline.inertia is None:
        baseline = replace(baseline, inertia=Inertia())  # so that what a late entrant can win is known of both sides
    for scenario in (baseline, reformed):  # what is refused is refused before either side is searched
        check_searchable(scenario)
    before, after = _both(baseline, reformed)

    def named(place: int) -> str:
        return f"redrawn market {place + 1:,}"

    found = runner.each(
        as_asked_here(partial(_before_and_after, baseline, asked)),
        list(_each(redrawn, baseline.market)),
        shared=(baseline,),
        name=named,
        begun=lambda place: told(named(place)),
    )
    pairs = [pair for pair in found if pair is not None]
    if found and not pairs:
        raise ValueError("in no redrawn market prices were found from which no owner would move; redraw none")
    names = [name for name in FIGURES if getattr(before, name) is not None and getattr(after, name) is not None]
    same_number = len({len(found.payoffs) for pair in [(before, after), *pairs] for found in pair}) == 1

    users = range(baseline.market.num_users)

    def change(of: Callable[[Outcome], float]) -> Change:
        return _change(of(after) - of(before), np.array([of(late) - of(early) for early, late in pairs]))

    return Counterfactual(
        baseline=baseline,
        reforms=asked,
        reformed=reformed,
        before=before,
        after=after,
        changes={name: change(attrgetter(name)) for name in names},
        by_type=tuple(change(_entry_of("by_type", k)) for k in users),
        surplus_by_type=tuple(change(_entry_of("surplus_by_type", k)) for k in users if baseline.has_money),
        payoffs=tuple(change(_entry_of("payoffs", i)) for i in range(len(before.payoffs))) if same_number else (),
        prices=tuple(change(_entry_of("prices", i)) for i in range(len(before.prices or ()))) if same_number else (),
        draws=len(pairs),
        without_prices=len(found) - len(pairs),
        pure=None
        if not pairs
        else (
            frequency(sum(early.ends == "equilibria" for early, _ in pairs), len(pairs)),
            frequency(sum(late.ends == "equilibria" for _, late in pairs), len(pairs)),
        ),
    )


def _as_tuple(reforms: Any) -> tuple[Reform, ...]:
    several = isinstance(reforms, Sequence) and not isinstance(reforms, str)
    return tuple(reforms) if several else (reforms,)


def _before_and_after(baseline: Scenario, reforms: Sequence[Reform], market: Market) -> tuple[Outcome, Outcome] | None:
    """What both lead to in another market; None where no prices in equilibrium are found on one side."""
    drawn = baseline.on(market)
    try:
        return _both(drawn, applied(drawn, reforms))
    except NoPricesError:
        return None


def _both(baseline: Scenario, reformed: Scenario) -> tuple[Outcome, Outcome]:
    """What both lead to; the yardstick is solved once where it is the same problem."""
    before = outcome_of(baseline)
    same = baseline.market is reformed.market and baseline.portfolio == reformed.portfolio
    known = same and before.num_platforms == reformed.num_platforms
    return before, outcome_of(reformed, best=before.best if known else None)


def applied(scenario: Scenario, reforms: Sequence[Reform]) -> Scenario:
    """The scenario after all reforms, one after the other.

    Raises:
        ValueError: one does not fit; says which.
        TypeError: one is no reform.
    """
    for reform in reforms:
        if isinstance(reform, type) or not callable(getattr(reform, "apply", None)):
            raise TypeError(f"{shown(reform)} is no reform; give one such as Merge((1, 2)), or a list of them")
        scenario = reform.apply(scenario)
    return scenario


def _entry_of(name: str, index: int) -> Callable[[Outcome], float]:
    def of(found: Outcome) -> float:
        return float(getattr(found, name)[index])

    return of


def _each(redrawn: Market | None, market: Market) -> Iterator[Market]:
    if redrawn is None:
        return
    if len(redrawn.batch_shape) != 1 or redrawn.scores.shape[1:] != market.scores.shape:
        raise ValueError(
            f"redrawn must be a batch of markets with {market.num_models} models and {market.num_users} user types, "
            f"such as market.resample(rng, 200); its scores have the shape {redrawn.scores.shape}"
        )
    for index in range(redrawn.batch_shape[0]):
        yield redrawn[index]


def _change(measured: float, draws: FloatArray) -> Change:
    if not len(draws):
        return Change(measured)
    low, high = np.quantile(draws, QUANTILES)
    falls, rises = (frequency(int((sign * draws > EQUAL).sum()), len(draws)) for sign in (-1, 1))
    return Change(measured, float(draws.mean()), float(low), float(high), falls, rises)
