"""What `genmarket entry` found, as sections of text and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..entry import EntryFrontier, Rest, Span
from ..market import IntArray, Market
from .entry_answer import EntryAnswer
from .entry_redrawn import EntryRedrawn, entry_uncertainty_section
from .options import NamedMarket
from .sections import Section, counted, deployed, in_the_json, number
from .solve_sections import MAX_ROWS

WORTH_SHOWING = 0.01
"""From this regret on the reader is pointed to the better release, in units of user value."""

FIGURES = {
    "welfare": "welfare",
    "coverage": "coverage",
    "model_hhi": "model HHI",
    "platform_hhi": "platform HHI",
}


@dataclass(frozen=True, eq=False)
class Entered:
    """What was asked and what was found.

    Attributes:
        market: which market.
        choice: the choice rule, in words.
        technology: the name of the technology.
        scheme: the name of the scheme.
        answer: the release and what it is compared with.
        redrawn: what markets redrawn within their errors would make of it, for one or more sizes of the shared error;
            empty if that was not asked for.
        asked: what else the answer depends on, by name.
    """

    market: NamedMarket
    choice: str
    technology: str
    scheme: str
    answer: EntryAnswer
    redrawn: tuple[EntryRedrawn, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def technology_in_words(self) -> str:
        """The technology with its options."""
        options = ", ".join(f"{name} {value}" for name, value in self.asked.get("technology_options", {}).items())
        return f"{self.technology} ({options})" if options else self.technology

    def as_dict(self) -> dict[str, Any]:
        """The same as plain numbers, lists and dicts."""
        return {
            "market": self.market.name,
            "options": self.market.options,
            "title": self.market.title,
            "source": self.market.source,
            "about": self.market.about.as_dict(),
            "choice": self.choice,
            "technology": self.technology,
            "scheme": self.scheme,
            "version": version("genmarket_env"),
            **self.asked,
            **self.answer.as_dict(),
            "uncertainty": [found.as_dict() for found in self.redrawn] or None,
        }


def entry_sections(entered: Entered) -> list[Section]:
    """All sections, in the order in which a reader needs them."""
    answer = entered.answer
    sections = [verdict(entered), _users(answer)]
    if answer.training_shares is not None:
        sections.append(_training(answer.training_shares))
    sections += [_before_and_after(answer), _rests(answer)]
    if answer.frontier:
        sections.append(_frontier(answer))
    sections += [entry_uncertainty_section(found) for found in entered.redrawn]
    if answer.left_out:
        sections.append(Section("Not computed", answer.left_out))
    return sections


def verdict(entered: Entered) -> Section:
    """What was asked, whom the release serves, and how far it is from the best found."""
    answer, market = entered.answer, entered.market.market
    outcome = answer.entry.outcome
    options = "".join(f", {name} {value}" for name, value in entered.market.options.items())
    asked = (
        f"{counted(market.num_models, 'incumbent')}, {counted(market.num_users, 'user type')}{options}; "
        f"{counted(answer.num_platforms, 'platform')}; {entered.choice}."
    )
    kind = "equilibria" if outcome.after.rests[0].is_equilibrium else "cycles of best replies"
    served = (
        f"The entrant of {entered.scheme} with {entered.technology_in_words} serves {outcome.share.mean:.1%} of all "
        f"users and {number(outcome.payoff.mean)} of user value, the mean over the {kind} after its entry. Platforms "
        f"deploy it "
        f"{_where(outcome.adopted_in_every, outcome.adopted_in_some, kind)}."
    )
    surrogate = f"The surrogate F of the same scores is {number(outcome.objective)}."
    return Section(f"{entered.market.name}: entry", (asked, served, surrogate, *_compared(answer)))


def _where(in_every: bool, in_some: bool, kind: str) -> str:
    if in_every:
        return f"in all {kind}"
    return f"in some {kind}, not in all" if in_some else f"in none of the {kind}"


def _compared(answer: EntryAnswer) -> list[str]:
    if answer.best is None:
        return []
    best = answer.best.outcome
    return [
        f"The best entry found, among {answer.searched:,} releases of a global search, serves {best.share.mean:.1%} of "
        f"all users and {number(best.payoff.mean)} of user value: the regret is {number(answer.regret)}."
        + (" --scheme best shows that release." if answer.regret and answer.regret > WORTH_SHOWING else "")
    ]


def _users(answer: EntryAnswer) -> Section:
    """The user types, those whom the entrant serves most first."""
    market, outcome, scores = answer.market, answer.entry.outcome, answer.entry.scores
    served = market.masses * outcome.share_of_user
    order = np.lexsort((-market.masses, -served))
    incumbents = market.scores.max(axis=0)
    rows = [
        (
            market.user_names[user],
            f"{market.masses[user]:.1%}",
            number(incumbents[user], 3),
            number(scores[user], 3),
            f"{scores[user] - incumbents[user]:+.3f}",
            f"{outcome.share_of_user[user]:.1%}",
        )
        for user in order[:MAX_ROWS]
    ]
    sentences = [
        f"It is better than every incumbent for {_of_all(order, scores > incumbents, market)}.",
        f"It serves half or more of {_of_all(order, outcome.share_of_user >= 0.5, market)}.",
    ]
    more = market.num_users - MAX_ROWS
    if more > 0:
        sentences.append(in_the_json(more, "more user type", "more user types"))
    header = ("user type", "mass", "best incumbent", "entrant", "lead", "served")
    return Section("Which users the entrant goes for", tuple(sentences), header, tuple(rows), 5)


def _of_all(order: IntArray, chosen: NDArray[np.bool_], market: Market) -> str:
    """The user types that are chosen, in their order, in words."""
    names = [market.user_names[user] for user in order if chosen[user]]
    if len(names) == market.num_users:
        return "every user type"
    if not names:
        return "no user type"
    return ", ".join(names) if len(names) <= MAX_ROWS else counted(len(names), "user type")


def _training(shares: dict[str, float]) -> Section:
    """The mixture of data that the model is trained on, the largest share first."""
    largest = sorted(shares.items(), key=lambda item: -item[1])[:MAX_ROWS]
    sentences = ["The mixture of classes that makes these scores, as the technology models training."]
    if len(shares) > MAX_ROWS:
        sentences.append(in_the_json(len(shares) - MAX_ROWS, "more class", "more classes"))
    rows = tuple((name, f"{share:.1%}") for name, share in largest)
    return Section("What the entrant is trained on", tuple(sentences), ("class", "share of the data"), rows, 1)


def _before_and_after(answer: EntryAnswer) -> Section:
    outcome = answer.entry.outcome
    rows = []
    for name, title in FIGURES.items():
        before, after = getattr(outcome.before, name), getattr(outcome.after, name)
        rows.append((title, _span(before), _span(after), f"{after.mean - before.mean:+.4f}"))
    sentence = "Means over where the market rests, with the smallest and the largest where these differ."
    return Section("Before and after", (sentence,), ("figure", "before", "after", "change"), tuple(rows), 3)


def _rests(answer: EntryAnswer) -> Section:
    """What platforms deploy before and after."""
    outcome = answer.entry.outcome
    names = outcome.market.model_names
    rows, hidden = [], []
    for when, figures in (("before", outcome.before), ("after", outcome.after)):
        rows += [(when, *_rest_in_words(rest, names)) for rest in figures.rests[:MAX_ROWS]]
        if len(figures.rests) > MAX_ROWS:
            more = len(figures.rests) - MAX_ROWS
            hidden.append(in_the_json(more, f"more {when} entry", f"more {when} entry"))
    return Section("What platforms deploy", tuple(hidden), ("when", "rest", "models"), tuple(rows))


def _rest_in_words(rest: Rest, names: tuple[str, ...]) -> tuple[str, str]:
    if rest.is_equilibrium:
        return "equilibrium", deployed(rest.profiles[0], names)
    longest = np.argsort(-rest.weights, kind="stable")[:MAX_ROWS]
    parts = [f"{deployed(rest.profiles[index], names)} ({rest.weights[index]:.0%} of the time)" for index in longest]
    more = [] if len(rest.profiles) <= MAX_ROWS else [f"{len(rest.profiles) - MAX_ROWS} more"]
    return f"cycle of {len(rest.profiles)} profiles", "; ".join(parts + more)


def _frontier(answer: EntryAnswer) -> Section:
    market = answer.market
    rows = [(market.model_names[found.base], *_least(found, market.user_names)) for found in answer.frontier]
    sentences = (
        "The least improvement over a copy of an incumbent with which a model is deployed wherever the market rests, "
        "in units of the score: for the user type where it is least, and in the mean score of all users. A dash: none "
        "suffices. 0.0000: the incumbent is deployed, and some arbitrarily small improvement makes the copy the better "
        "choice. The improvements count whatever the technology can make.",
    )
    header = ("copy of", "one user type", "for that type", "for all users")
    return Section("The frontier of entry", sentences, header, tuple(rows), 2)


def _least(found: EntryFrontier, users: tuple[str, ...]) -> tuple[str, str, str]:
    total = number(found.total) if np.isfinite(found.total) else "-"
    user = int(found.per_user.argmin())
    if not np.isfinite(found.per_user[user]):
        return "-", "-", total
    return users[user], number(float(found.per_user[user])), total


def _span(values: Span) -> str:
    if values.max - values.min < 5e-5:
        return number(values.mean)
    return f"{number(values.mean)} ({number(values.min)} to {number(values.max)})"
