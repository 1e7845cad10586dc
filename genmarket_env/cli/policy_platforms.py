"""What `genmarket policy` found of platforms: what they deploy, earn and ask, and how concentrated they are."""

from __future__ import annotations

from collections.abc import Sequence

from ..messages import listed
from ..number_format import number, percent
from ..policy import Counterfactual, Merge, Outcome
from ..policy.outcome import HHI, alike
from ..pricing.outcome import MERGER_HHI, MERGER_HHI_CHANGE
from ..tolerances import EQUAL
from .policy_cells import change_cells, changes_section
from .sections import Section, counted, deployed

MAX_PROFILES = 4
"""The most profiles of an outcome that are named."""

ALIKE = "Platforms that are alike are shown with what they earn on average: which of them is which is chance."


def platforms_section(found: Counterfactual, names: Sequence[str] = ()) -> Section:
    """What each platform earns before and after."""
    if not found.payoffs:
        told = (
            f"{counted(found.before.num_platforms, 'platform')} before and "
            f"{counted(found.after.num_platforms, 'platform')} after; in all they earn "
            f"{number(found.before.profit)} and {number(found.after.profit)}."
        )
        return Section("What platforms earn", (told,))
    rows = [
        (
            _named(found, i, names),
            number(found.before.payoffs[i]),
            number(found.after.payoffs[i]),
            *change_cells(change),
        )
        for i, change in enumerate(found.payoffs)
    ]
    some_alike = any(len(players) > 1 for side in (found.baseline, found.reformed) for players in alike(side.game))
    sentences = (ALIKE,) if some_alike else ()
    return changes_section("What platforms earn", sentences, ("platform", "before", "after"), rows, found.draws, 1)


def below_cost(found: Counterfactual, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Which platforms serve below cost, in a sentence; none where nobody does."""
    if not found.baseline.has_money:
        return ()
    losing = {
        when: [_label(i, names) for i, earned in enumerate(outcome.payoffs) if earned < -EQUAL]
        for when, outcome in (("before the reform", found.before), ("after the reform", found.after))
    }
    told = ", ".join(f"{when} {' and '.join(those)}" for when, those in losing.items() if those)
    if not told:
        return ()
    one = sum(map(len, losing.values())) == 1
    verb, who = ("serves", "it") if one else ("serve", "they")
    return (
        f"{told[0].upper()}{told[1:]} {verb} below cost and would leave if {who} could: platforms cannot leave here.",
    )


def before_in_words(found: Counterfactual, names: Sequence[str]) -> str:
    """What is deployed, served and asked before the reform, beside what a file of shares says."""
    before = found.before
    shares = listed([f"{name} {percent(share)}" for name, share in zip(names, before.shares, strict=False)])
    prices = ""
    if before.prices is not None:
        asked = listed([f"{name} {number(price)}" for name, price in zip(names, before.prices, strict=False)])
        prices = f"; prices there are {asked}"
    ends = "; ".join(deployed(profile, before.names) for profile in before.profiles[:MAX_PROFILES])
    more = "; ..." if len(before.profiles) > MAX_PROFILES else ""
    return (
        "The models, shares and prices of the file need not last: before the reform platforms deploy "
        f"{ends}{more}; shares there are {shares}{prices}."
    )


def _others(platform: int, owners: Sequence[int], names: Sequence[str]) -> str:
    return " and ".join(
        names[i] if names else str(i + 1)
        for i, owner in enumerate(owners)
        if owner == owners[platform] and i != platform
    )


def deployed_section(found: Counterfactual) -> Section:
    """Where play ends before and after."""
    return Section(
        "What is deployed",
        tuple(
            f"{when}: {_ends(outcome, side.is_held)}"
            for when, outcome, side in (
                ("Before", found.before, found.baseline),
                ("After", found.after, found.reformed),
            )
        ),
    )


def _ends(outcome: Outcome, is_held: bool) -> str:
    names = outcome.names
    named = "; ".join(deployed(profile, names) for profile in outcome.profiles[:MAX_PROFILES])
    more = "; ..." if len(outcome.profiles) > MAX_PROFILES else ""
    spread = (
        f"; user value from {number(outcome.lowest)} to {number(outcome.highest)}"
        if outcome.highest - outcome.lowest > EQUAL
        else ""
    )
    count = len(outcome.profiles)
    if outcome.ends == "equilibria":
        kind = ("profile that lasts", "profiles that last") if is_held else ("pure equilibrium", "pure equilibria")
        return f"{counted(count, *kind)}: {named}{more}{spread}."
    if outcome.ends == "cycles":
        return f"no pure equilibrium; best responses go round in {counted(count, 'profile')}: {named}{more}{spread}."
    none = "no profile lasts" if is_held else "no pure equilibrium was found"
    return f"{none}; shown is the profile that comes nearest: {named}{more}."


def price_sections(found: Counterfactual, names: Sequence[str] = ()) -> list[Section]:
    """What platforms ask, where they set it: one section, or none."""
    if found.before.prices is None or found.after.prices is None:
        return []
    capped = any(side.price_cap is not None for side in (found.baseline, found.reformed))
    allowed = " that the cap allows" if capped else ""
    told = [f"In {found.baseline.money_unit}. No owner gains by another price{allowed} of any of its platforms."]
    for when, outcome in (("before", found.before), ("after", found.after)):
        several = max(outcome.price_equilibria or (1,))
        if several > 1 and outcome.highest_price is not None and outcome.price is not None:
            told.append(
                f"Up to {several} price equilibria were found {when} the reform: that of the lowest prices is taken; "
                f"at the highest users pay {number(outcome.highest_price)} on average, not {number(outcome.price)}."
            )
        if outcome.unpriced:
            told.append(
                f"At {counted(outcome.unpriced, 'profile')} of models no price equilibrium was found {when} the "
                "reform: no platform counts on such prices."
            )
    if not found.prices:
        told.append(
            f"Users pay {number(found.before.price or 0)} on average before and {number(found.after.price or 0)} after."
        )
        return [Section("Prices", tuple(told))]
    rows = [
        (_named(found, i, names), number(found.before.prices[i]), number(found.after.prices[i]), *change_cells(change))
        for i, change in enumerate(found.prices)
    ]
    return [changes_section("Prices", tuple(told), ("platform", "before", "after"), rows, found.draws, 1)]


def _named(found: Counterfactual, platform: int, names: Sequence[str]) -> str:
    owners = found.reformed.owner_of
    label = _label(platform, names)
    several = owners.count(owners[platform]) > 1
    return label + (f" (one owner with {_others(platform, owners, names)})" if several else "")


def _label(platform: int, names: Sequence[str]) -> str:
    return names[platform] if names else f"platform {platform + 1}"


def concentration_sections(found: Counterfactual) -> list[Section]:
    """How concentrated the market gets by a merger: one section, or none where none is asked."""
    if not any(isinstance(reform, Merge) for reform in found.reforms):
        return []
    before, after = found.before, found.after
    early, late = (_hhi(before.shares, side.owner_of) for side in (found.baseline, found.reformed))
    presumed = late > MERGER_HHI and late - early > MERGER_HHI_CHANGE
    return [
        Section(
            "Concentration",
            (
                f"At the shares before the merger the HHI of owners goes from {early:,.0f} to {late:,.0f} "
                f"({late - early:+,.0f}; of two owners with the shares a and b that is 2ab). The US Merger "
                "Guidelines of 2023 presume that a merger lessens competition where it is above "
                f"{MERGER_HHI:,.0f} after and rises by more than {MERGER_HHI_CHANGE:.0f}: "
                f"{'both hold' if presumed else 'they do not both hold'} here.",
                f"In equilibrium, where users and platforms have answered, it goes from {before.hhi:,.0f} to "
                f"{after.hhi:,.0f} ({after.hhi - before.hhi:+,.0f}). Both are reading aids: with so few platforms the "
                "level is high anyway.",
            ),
        )
    ]


def _hhi(shares: Sequence[float], owners: Sequence[int]) -> float:
    """The HHI of owners among the users served, from 0 to 10,000."""
    total = sum(shares)
    of_owner = (sum(s for s, other in zip(shares, owners, strict=True) if other == one) for one in set(owners))
    return HHI * sum(share**2 for share in of_owner) / total**2 if total else 0.0
