"""What `genmarket policy` found, as sections of text and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from ..about import NOT_MODELLED, About
from ..analysis.noise import Noise
from ..number_format import number, percent, signed
from ..policy import Change, Counterfactual, Merge, Outcome, Reform
from ..policy.reforms import to_data
from ..pricing.outcome import MERGER_HHI, MERGER_HHI_CHANGE
from ..tolerances import EQUAL
from .noise import what_is_assumed, what_is_redrawn
from .options import NamedMarket
from .policy_code import python_of
from .sections import Section, counted, deployed

MAX_PROFILES = 4
"""The most profiles of an outcome that are named."""

BOTH_SIDES = "Both sides are solved in the same redrawn markets; ranges: 5% to 95% of them."

SURE = 0.9
"""From this share of the draws on the direction of a change is said without doubt."""

TITLES = {
    "user_value": "user value",
    "best": "the planner's best user value",
    "served": "users served",
    "profit": "platforms' profit",
    "consumer_surplus": "users' surplus, in money",
    "government": "government",
    "total": "total, in money",
    "hhi": "HHI of platforms",
    "model_hhi": "HHI of models",
    "price": "price paid on average",
}
"""The figures as a reader sees them."""

POINTS = {"hhi", "model_hhi"}
"""Those on the scale from 0 to 10,000."""


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
    """

    market: NamedMarket
    choice: str
    found: Counterfactual
    noise: Noise | None
    seed: int = 0
    before: tuple[Reform, ...] = ()

    @property
    def about(self) -> About:
        """The caveats."""
        about, found = self.market.about, self.found
        prices, brands, *others = NOT_MODELLED
        if found.baseline.has_money:
            prices = "prices that platforms change: they are given"
        if max(found.baseline.portfolio, found.reformed.portfolio) > 1:
            brands = "brand and habit: users can leave at no cost"
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
        _what(found),
        _platforms(found),
        _where(found),
        _concentration(found),
        Section("The same in Python", python_of(asked.market, found, asked.before, asked.noise, asked.seed)),
    ]


def _verdict(asked: Asked) -> Section:
    found, market = asked.found, asked.market.market
    options = "".join(f", {name} {value}" for name, value in asked.market.options.items())
    before = f" Before the reform already: {'; '.join(map(str, asked.before))}." if asked.before else ""
    size = (
        f"{counted(market.num_models, 'model')}, {counted(market.num_users, 'user type')}{options}; "
        f"{counted(found.baseline.num_platforms, 'platform')}; {asked.choice}.{before}"
    )
    sentences = [headline(found), size]
    if asked.noise is not None:
        sentences += [
            what_is_redrawn(asked.noise),
            *what_is_assumed(asked.noise),
            BOTH_SIDES,
        ]
    else:
        sentences.append("Nothing is redrawn: this is the answer of the scores as measured.")
    if found.pure is not None:
        early, late = (percent(one.probability, 0) for one in found.pure)
        sentences.append(f"Redrawn markets with a pure equilibrium: {early} before, {late} after.")
    return Section(f"{asked.market.label}: {found.in_words}", tuple(sentences))


def headline(found: Counterfactual) -> str:
    """The answer in one sentence: whether users gain, how much, and how sure that is."""
    name = "consumer_surplus" if found.baseline.has_money else "user_value"
    unit = f"{found.baseline.market.price_unit} a user" if found.baseline.has_money else "of the score"
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
        (market.user_names[k], percent(float(market.masses[k])), number(before[k]), number(after[k]), *_cells(change))
        for k, change in enumerate(found.surplus_by_type)
    ]
    told = (
        f"Users' surplus in {market.price_unit}: what a user has of being served, after paying. Its changes can be "
        "compared between types; its level is known up to a constant."
    )
    header = ("user type", "users", "before", "after")
    return [_changes("Who gains and who loses", (told,), header, rows, found.draws, 1), score]


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
            *_cells(change),
        )
        for k, change in enumerate(found.by_type)
    ]
    off = (
        f"The worst-off type is {market.user_names[first]} before ({number(found.before.by_type[first])}) and "
        f"{market.user_names[worst]} after ({number(found.after.by_type[worst])})."
    )
    return _changes("The score that users get", (off,), ("user type", "users", "before", "after"), rows, found.draws, 1)


def _what(found: Counterfactual) -> Section:
    rows = [
        (
            TITLES[name],
            _shown(name, getattr(found.before, name)),
            _shown(name, getattr(found.after, name)),
            *_cells(change, name),
        )
        for name, change in found.changes.items()
    ]
    units = "User value: the score that users get, by mass, and what those who stay away have elsewhere. " + (
        "Profit: prices less costs and taxes, in the unit of the market's prices. Total: users' surplus in money, "
        "profit and government."
        if found.baseline.has_money
        else "Profit: the score of the users that platforms serve."
    )
    return _changes("What changes", (units,), ("figure", "before", "after"), rows, found.draws, 1)


def _platforms(found: Counterfactual) -> Section:
    if not found.payoffs:
        told = (
            f"{counted(found.before.num_platforms, 'platform')} before and "
            f"{counted(found.after.num_platforms, 'platform')} after; in all they earn "
            f"{number(found.before.profit)} and {number(found.after.profit)}."
        )
        return Section("What platforms earn", (told,))
    owners = found.reformed.owner_of
    rows = [
        (
            f"platform {i + 1}" + (f" (one owner with {_others(i, owners)})" if owners.count(owners[i]) > 1 else ""),
            number(found.before.payoffs[i]),
            number(found.after.payoffs[i]),
            *_cells(change),
        )
        for i, change in enumerate(found.payoffs)
    ]
    alike = "Platforms that are alike are shown with what they earn on average: which of them is which is chance."
    return _changes("What platforms earn", (alike,), ("platform", "before", "after"), rows, found.draws, 1)


def _others(platform: int, owners: Sequence[int]) -> str:
    return " and ".join(str(i + 1) for i, owner in enumerate(owners) if owner == owners[platform] and i != platform)


def _where(found: Counterfactual) -> Section:
    return Section(
        "What is deployed",
        tuple(
            f"{when}: {_ends(outcome, outcome.names)}"
            for when, outcome in (("Before", found.before), ("After", found.after))
        ),
    )


def _ends(outcome: Outcome, names: Sequence[str]) -> str:
    named = "; ".join(deployed(profile, names) for profile in outcome.profiles[:MAX_PROFILES])
    more = "; ..." if len(outcome.profiles) > MAX_PROFILES else ""
    spread = (
        f"; user value from {number(outcome.lowest)} to {number(outcome.highest)}"
        if outcome.highest - outcome.lowest > EQUAL
        else ""
    )
    count = len(outcome.profiles)
    if outcome.ends == "equilibria":
        return f"{counted(count, 'pure equilibrium', 'pure equilibria')}: {named}{more}{spread}."
    if outcome.ends == "cycles":
        return f"no pure equilibrium; best responses go round in {counted(count, 'profile')}: {named}{more}{spread}."
    return f"no pure equilibrium was found; shown is the profile that comes nearest: {named}{more}."


def _concentration(found: Counterfactual) -> Section:
    before, after = found.before.hhi, found.after.hhi
    rise = after - before
    presumed = after > MERGER_HHI and rise > MERGER_HHI_CHANGE
    verdict = "both hold here" if presumed else "they do not both hold here"
    merger = any(isinstance(reform, Merge) for reform in found.reforms)
    aid = "That is a reading aid" if merger else "This reform is no merger, so that it is a reading aid alone"
    text = (
        f"The HHI of platforms' owners goes from {before:,.0f} to {after:,.0f} ({rise:+,.0f}). The US Merger "
        f"Guidelines of 2023 presume that a merger lessens competition where the HHI is above {MERGER_HHI:,.0f} "
        f"after it and rises by more than {MERGER_HHI_CHANGE:.0f}: {verdict}. {aid}; with so few platforms the level "
        "is high anyway."
    )
    return Section("Concentration", (text,))


def _cells(change: Change, name: str = "") -> tuple[str, ...]:
    cells = (_shown_change(name, change.measured),)
    if change.low is None or change.high is None or change.falls is None or change.rises is None:
        return cells
    return (
        *cells,
        f"{_shown_end(name, change.low)} to {_shown_end(name, change.high)}",
        percent(change.falls.probability, 0),
        percent(change.rises.probability, 0),
    )


def _changes(
    title: str,
    sentences: tuple[str, ...],
    header: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    draws: int,
    texts: int,
) -> Section:
    header = (*header, "change", *(("5% to 95%", "falls in", "rises in") if draws else ()))
    return Section(title, sentences, header, tuple(rows), len(header) - texts)


def _shown(name: str, value: float) -> str:
    if name in POINTS:
        return f"{value:,.0f}"
    return percent(value) if name == "served" else number(value)


def _shown_change(name: str, value: float) -> str:
    """The change of a figure as `_shown` shows the figure, with its sign; of a share in points of per cent."""
    if name in POINTS:
        return f"{value:+,.0f}".replace("-0", "+0") if round(value) == 0 else f"{value:+,.0f}"
    return f"{signed(100 * value, 1)}%" if name == "served" else signed(value)


def _shown_end(name: str, value: float) -> str:
    """An end of the range of a change."""
    if name in POINTS:
        return f"{round(value) + 0:,}"
    return _shown(name, value)
