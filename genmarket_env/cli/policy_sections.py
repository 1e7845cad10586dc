"""What `genmarket policy` found, as sections of text and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from ..about import NOT_MODELLED, About
from ..analysis.noise import Noise
from ..number_format import number, percent, signed
from ..policy import Change, Counterfactual, Reform
from ..policy.reforms import to_data
from ..tolerances import EQUAL
from .noise import what_is_assumed, what_is_redrawn
from .options import NamedMarket
from .platforms_asked import Baseline
from .policy_cells import TITLES, change_cells, changes_section, shown_figure
from .policy_code import main_change, python_of
from .policy_platforms import (
    before_in_words,
    below_cost,
    concentration_sections,
    deployed_section,
    platforms_section,
    price_sections,
)
from .sections import Section, counted

BOTH_SIDES = "Both sides are solved in the same redrawn markets; ranges: 5% to 95% of them."

SURE = 0.9
"""From this share of the draws on the direction of a change is said without doubt."""


@dataclass(frozen=True)
class Asked:
    """What was asked and what was found.

    Attributes:
        market: which market.
        choice: the choice rule, in words.
        found: what changes.
        noise: how markets were redrawn; None without draws.
        seed: of the draws.
        before: the reforms that hold on both sides.
        begins: how the baseline was asked for; None for a scenario of its own.
    """

    market: NamedMarket
    choice: str
    found: Counterfactual
    noise: Noise | None
    seed: int = 0
    before: tuple[Reform, ...] = ()
    begins: Baseline | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the platforms; empty where they have none."""
        return () if self.begins is None else self.begins.names

    @property
    def about(self) -> About:
        """The caveats."""
        about, found = self.market.about, self.found
        prices, brands, *others = NOT_MODELLED
        if found.baseline.sets_prices:
            prices = "bundles and contracts: a platform asks one price of all its users, and knows what all users like"
        elif found.baseline.has_money:
            prices = "prices that platforms change: they are given"
        if max(found.baseline.portfolio, found.reformed.portfolio) > 1:
            brands = "brand and habit: users can leave at no cost"
        if found.reformed.is_held or found.baseline.is_held:
            brands = "platforms that look further ahead than the coming round, to win users whom they then keep"
        return replace(about, not_modelled=(prices, brands, *others))

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "market": self.market.name,
            "options": self.market.options,
            "about": self.about.as_dict(),
            "version": version("genmarket_env"),
            "seed": self.seed,
            "choice": self.choice,
            "price_sensitivity": self.found.baseline.sensitivity,
            "pricing": self.found.baseline.pricing,
            "platforms": list(self.names),
            "cost_share": self.found.baseline.cost_share,
            "shared_error": self.noise and self.noise.shared_error,
            "reforms_before": [to_data(reform) for reform in self.before],
            **self.found.as_dict(),
        }


def policy_sections(asked: Asked) -> list[Section]:
    """All sections, in the order in which a reader needs them."""
    found = asked.found
    return [
        _verdict(asked),
        *_who(found),
        deployed_section(found),
        *concentration_sections(found),
        platforms_section(found, asked.names),
        *price_sections(found, asked.names),
        _what(found),
        _method(asked),
        Section(
            "The same in Python",
            python_of(asked.market, found, asked.before, asked.noise, asked.seed, asked.begins),
            code=True,
        ),
    ]


def _verdict(asked: Asked) -> Section:
    found, market = asked.found, asked.market.market
    options = "".join(f", {name} {value}" for name, value in asked.market.options.items())
    before = f" Before the reform already: {'; '.join(map(str, asked.before))}." if asked.before else ""
    market = market if not asked.begins or not asked.begins.code else asked.begins.models
    size = (
        f"{counted(market.num_models, 'model')}, {counted(market.num_users, 'user type')}{options}; "
        f"{counted(found.baseline.num_platforms, 'platform')}{_who_is_who(asked.names)}; {asked.choice}.{before}"
    )
    told = (headline(found), *below_cost(found, asked.names), size)
    return Section(f"{asked.market.label}: {found.in_words}", told)


def _standing(begins: Baseline, found: Counterfactual) -> str:
    if not begins.names:
        return "Brands, what users add to the utility of each platform, were given with the command."
    words = (
        "Brands, what users add to the utility of each platform, were calibrated to the shares given with the command, "
        "in the market as measured; they stand for all that the scores lack, and no reform changes them."
    )
    if not begins.code:
        return f"{words} {before_in_words(found, begins.names)}"
    scenario = begins.scenario
    known = scenario.has_money and scenario.cost_share is None
    costs = " Costs are those at which the prices before would be an equilibrium." if known else ""
    return f"{words} Every platform serves each user type by the best model that it offers, at its price.{costs}"


def _who_is_who(names: Sequence[str]) -> str:
    return f" ({', '.join(f'{i + 1} {name}' for i, name in enumerate(names))})" if names else ""


def _method(asked: Asked) -> Section:
    found = asked.found
    if asked.noise is None:
        sentences = ["Nothing is redrawn: this is the answer of the scores as measured."]
    else:
        sentences = [what_is_redrawn(asked.noise), *what_is_assumed(asked.noise), BOTH_SIDES]
    if found.without_prices:
        sentences.append(
            f"In {counted(found.without_prices, 'redrawn market')} no prices were found from which no owner would "
            f"move, on one side or both: {'it is' if found.without_prices == 1 else 'they are'} left out."
        )
    if found.pure is not None:
        early, late = (percent(one.probability, 0) for one in found.pure)
        sentences.append(f"Redrawn markets with a pure equilibrium: {early} before, {late} after.")
    if found.baseline.sets_prices:
        sentences.append(
            "Platforms choose models first and prices second: the models are pure equilibria of the game whose payoffs "
            "are the profits at the prices that follow, from which no owner gains by other prices (Bertrand-Nash)."
        )
    if asked.begins is not None and asked.begins.given:
        sentences.append(_standing(asked.begins, found))
    if below_cost(found, asked.names):
        sentences.append(
            "Platforms cannot leave: one that serves below cost goes on, and what users gain by such prices would last "
            "only as long as it does."
        )
    if found.baseline.is_held or found.reformed.is_held:
        sentences.append(
            "Where users are held, what is deployed is what lasts: users are where they want to be, and no platform "
            "gains in the coming round by another model."
        )
    return Section("How it is computed", tuple(sentences))


def headline(found: Counterfactual) -> str:
    """The answer in one sentence: whether users gain, how much, and how sure that is."""
    name = main_change(found)
    unit = f"{found.baseline.money_unit} a user" if found.baseline.has_money else "of the score"
    change = found.changes[name]
    measured = f"as measured {signed(change.measured)} {unit} on average"
    if change.falls is None or change.low is None or change.high is None:
        ends = f"from {number(getattr(found.before, name))} to {number(getattr(found.after, name))}"
        return f"{_direction(change)}: {measured}, {ends}."
    spread = f"in 90% of redrawn markets between {signed(change.low)} and {signed(change.high)}"
    return f"{_direction(change)}: {measured}, {spread}; they {_often(change)}."


def _direction(change: Change) -> str:
    if change.falls is None or change.rises is None:
        return (
            "Users lose"
            if change.measured < -EQUAL
            else "Users gain"
            if change.measured > EQUAL
            else "Nothing changes for users"
        )
    falls, rises = change.falls.probability, change.rises.probability
    if max(falls, rises) == 0:
        return "Nothing changes for users"
    word, sign = ("lose", -1) if falls > rises else ("gain", 1)
    if max(falls, rises) >= SURE:
        return f"Users {word}"
    if falls + rises < 0.5:
        return "Most likely nothing changes for users"
    likely = max(falls, rises) > 0.5 and sign * change.measured > -EQUAL
    return f"Users most likely {word}" if likely else "It is open whether users gain or lose"


def _often(change: Change) -> str:
    assert change.falls is not None
    assert change.rises is not None
    return f"lose in {percent(change.falls.probability, 0)} of them and gain in {percent(change.rises.probability, 0)}"


def _who(found: Counterfactual) -> list[Section]:
    score = _who_by_score(found)
    before, after = found.before.surplus_by_type, found.after.surplus_by_type
    if before is None or after is None:
        return [replace(score, title="Who gains and who loses")]
    market = found.baseline.market
    rows = [
        (
            market.user_names[k],
            percent(float(market.masses[k])),
            number(before[k]),
            number(after[k]),
            *change_cells(change),
        )
        for k, change in enumerate(found.surplus_by_type)
    ]
    told = (
        f"Users' surplus in {found.baseline.money_unit}: what a user has of being served, after paying. Its changes "
        "can be compared between types; its level is known up to a constant."
    )
    header = ("user type", "users", "before", "after")
    return [changes_section("Who gains and who loses", (told,), header, rows, found.draws, 1), score]


def _who_by_score(found: Counterfactual) -> Section:
    market = found.baseline.market
    worst = min(range(market.num_users), key=lambda k: round(found.after.by_type[k], 12))
    first = min(range(market.num_users), key=lambda k: round(found.before.by_type[k], 12))
    rows = [
        (
            market.user_names[k],
            percent(float(market.masses[k])),
            number(found.before.by_type[k]),
            number(found.after.by_type[k]),
            *change_cells(change),
        )
        for k, change in enumerate(found.by_type)
    ]
    off = (
        f"The worst-off type is {market.user_names[first]} before ({number(found.before.by_type[first])}) and "
        f"{market.user_names[worst]} after ({number(found.after.by_type[worst])})."
    )
    return changes_section(
        "The score that users get", (off,), ("user type", "users", "before", "after"), rows, found.draws, 1
    )


def _what(found: Counterfactual) -> Section:
    rows = [
        (
            TITLES[name],
            shown_figure(name, getattr(found.before, name)),
            shown_figure(name, getattr(found.after, name)),
            *change_cells(change, name),
        )
        for name, change in found.changes.items()
    ]
    units = "User value: the score that users get, by mass, and what those who stay away have elsewhere. " + (
        f"Profit: prices less costs and taxes, in {found.baseline.money_unit} a user. Total: users' surplus in money, "
        "profit and government."
        if found.baseline.has_money
        else "Profit: the score of the users that platforms serve."
    )
    return changes_section("What changes", (units,), ("figure", "before", "after"), rows, found.draws, 1)
