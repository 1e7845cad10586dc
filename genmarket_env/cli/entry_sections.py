"""What `genmarket entry` found, as sections of text and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..analysis.entry_answer import EntryAnswer
from ..analysis.entry_redrawn import EntryRedrawn, pooled
from ..analysis.spread import spread
from ..entry import EntryFrontier, Rest, Span
from ..equilibrium.limit_set import IN_WORDS
from ..market import FloatArray, IntArray, Market
from ..number_format import number, percent, percent_interval, signed
from ..plain import to_data
from ..tolerances import EQUAL
from .entry_redrawn import SURE, entry_uncertainty_section
from .entry_types import who_gains
from .move_sections import MAX_ROWS
from .options import NamedMarket
from .sections import Section, counted, deployed, in_order, in_the_json

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
        best_redrawn: the same as `redrawn` of the best release found; empty if that is not another one.
        as_good: the parameters of releases that lie apart and serve as much in redrawn markets, within two standard
            errors, `(releases, d)`; empty if none were compared.
        left_out: what was not asked of redrawn markets, and why.
    """

    market: NamedMarket
    choice: str
    technology: str
    scheme: str
    answer: EntryAnswer
    redrawn: tuple[EntryRedrawn, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)
    best_redrawn: tuple[EntryRedrawn, ...] = ()
    as_good: FloatArray = field(default_factory=lambda: np.empty((0, 0)))
    left_out: tuple[str, ...] = ()

    @property
    def technology_in_words(self) -> str:
        """The technology with its options."""
        options = ", ".join(f"{name} {value}" for name, value in self.asked.get("technology_options", {}).items())
        return f"{self.technology} ({options})" if options else self.technology

    @cached_property
    def expected(self) -> EntryRedrawn | None:
        """What all redrawn markets together would make of the release; None if none were drawn."""
        return pooled(self.redrawn)

    @property
    def regret(self) -> float | None:
        """The user value that the best release found serves more: the mean over the redrawn markets, if there are any.

        Over those it may be a little negative, as the release was found in others.
        """
        expected = pooled(self.best_redrawn)
        if expected is None or self.expected is None:
            return self.answer.regret
        return float((expected.adoption.payoff - self.expected.adoption.payoff).mean())

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
            **({} if self.answer.economy is None else {"economy": to_data(self.answer.economy)}),
            **self.asked,
            **self.answer.as_dict(),
            "regret": self.regret,
            "as_good": self.as_good.tolist(),
            "training_ranges": self.answer.training_ranges(self.as_good),
            "left_out": [*self.left_out, *self.answer.left_out],
            "expected": None if self.expected is None else self.expected.figures_as_dict(),
            "uncertainty": [found.as_dict() for found in self.redrawn] or None,
        }


def entry_sections(entered: Entered) -> list[Section]:
    """All sections, in the order in which a reader needs them."""
    answer = entered.answer
    sections = [verdict(entered)]
    if entered.redrawn:
        chosen_in = answer.chosen_in if answer.chosen_redrawn else 0
        sections.append(entry_uncertainty_section(entered.redrawn, chosen_in, answer.economy))
    sections.append(_users(answer, entered.expected))
    if answer.training_shares is not None:
        sections.append(_training(answer.training_shares, answer.training_ranges(entered.as_good)))
    sections += [who_gains(answer.by_type), _before_and_after(answer), _rests(answer)]
    if answer.frontier:
        sections.append(_frontier(answer))
    left_out = (*entered.left_out, *answer.left_out)
    if left_out:
        sections.append(Section("Not computed", left_out))
    return sections


def verdict(entered: Entered) -> Section:
    """What was asked, whom the release serves, and how far it is from the best found."""
    answer, market, expected = entered.answer, entered.market.market, entered.expected
    outcome = answer.entry.outcome
    options = "".join(f", {name} {value}" for name, value in entered.market.options.items())
    asked = (
        f"{counted(market.num_models, 'incumbent')}, {counted(market.num_users, 'user type')}{options}; "
        f"{counted(answer.num_platforms, 'platform')}; {entered.choice}."
    )
    release = f"The entrant of {entered.scheme} with {entered.technology_in_words}"
    kind = "equilibria" if outcome.after.rests[0].is_equilibrium else "cycles of best replies"
    served = (
        f"serves {percent(outcome.share.mean)} of all users{_worth(answer, number(outcome.payoff.mean))}, the mean "
        f"over the {kind} after its entry. Platforms deploy it "
        f"{_where(outcome.adopted_in_every, outcome.adopted_in_some, kind)}."
    )
    said = [f"{release} {served}"]
    if expected is not None:
        said = [_expected(answer, release, expected), f"As measured it {served}"]
    surrogate = f"The surrogate F of the same scores is {number(outcome.objective)}."
    return Section(f"{entered.market.label}: entry", (asked, *said, surrogate, *_compared(entered)))


def _worth(answer: EntryAnswer, amount: str) -> str:
    """What serving users is worth, behind how many they are."""
    return f" and {amount} of user value" if answer.economy is None else f", from whom platforms earn {amount}"


def _expected(answer: EntryAnswer, release: str, expected: EntryRedrawn) -> str:
    """The first thing to know where scores have errors: what the release serves on average, and how often nothing."""
    share, value = (spread(values) for values in (expected.adoption.share, expected.adoption.payoff))
    return (
        f"{release} is expected to serve {percent(share.mean, 0)} of all users"
        f"{_worth(answer, number(value.mean, 2))}, and in "
        f"{percent(1 - expected.served_somebody.probability, 0)} of cases nobody: the means over "
        f"{counted(expected.draws, 'market')} redrawn within their errors, of which 90% lie between "
        f"{percent(share.low, 0)} and {percent(share.high, 0)}, and between {number(value.low, 2)} and "
        f"{number(value.high, 2)}."
    )


def _where(in_every: bool, in_some: bool, kind: str) -> str:
    if in_every:
        return f"in all {kind}"
    return f"in some {kind}, not in all" if in_some else f"in none of the {kind}"


def _compared(entered: Entered) -> list[str]:
    answer, regret = entered.answer, entered.regret
    if answer.best is None or regret is None:
        return []
    best, expected = answer.best.outcome, pooled(entered.best_redrawn)
    found = f"The best entry found, among {counted(answer.searched, 'release')} of a global search,"
    shown = " --scheme best shows that release." if regret > WORTH_SHOWING else ""
    if expected is None:
        return [
            f"{found} serves {percent(best.share.mean)} of all users{_worth(answer, number(best.payoff.mean))}: the "
            f"regret is {number(regret)}.{shown}"
        ]
    return [
        f"{found} is expected to serve {percent(float(expected.adoption.share.mean()), 0)} of all users"
        f"{_worth(answer, number(float(expected.adoption.payoff.mean()), 2))}: the expected regret is "
        f"{number(regret, 2)}.{shown}"
    ]


def _users(answer: EntryAnswer, expected: EntryRedrawn | None) -> Section:
    """The user types, those whom the entrant serves most first."""
    market, outcome, scores = answer.market, answer.entry.outcome, answer.entry.scores
    of_user = outcome.share_of_user if expected is None else expected.share_of_user.mean(axis=0)
    order = np.lexsort((-market.masses.round(9), -(market.masses * of_user).round(9)))
    incumbents = market.scores.max(axis=0)
    ahead = None if expected is None else expected.ahead.mean(axis=0)
    rows = [
        (
            market.user_names[user],
            percent(market.masses[user]),
            number(incumbents[user], 3),
            number(scores[user], 3),
            signed(scores[user] - incumbents[user], 3),
            *([] if ahead is None else [percent(ahead[user])]),
            percent(of_user[user]),
            *([] if ahead is None else [percent(outcome.share_of_user[user])]),
        )
        for user in order[:MAX_ROWS]
    ]
    if ahead is None:
        sentences = [
            f"It is better than every incumbent for {_of_all(order, scores > incumbents + EQUAL, market)}.",
            f"It serves half or more of {_of_all(order, of_user >= 0.5 - EQUAL, market)}.",
        ]
    else:
        sentences = [
            f"In {percent(SURE, 0)} of the draws or more it is better than every incumbent for "
            f"{_of_all(order, ahead >= SURE, market)}; in {percent(1 - SURE, 0)} or fewer for "
            f"{_of_all(order, ahead <= 1 - SURE, market)}; whether it is for "
            f"{_of_all(order, (ahead > 1 - SURE) & (ahead < SURE), market)} is within the noise.",
            f"On average it serves half or more of {_of_all(order, of_user >= 0.5 - EQUAL, market)}.",
            "Ahead in: of the draws. Served: the mean over the draws, and as measured.",
        ]
    more = market.num_users - MAX_ROWS
    if more > 0:
        sentences.append(in_the_json(more, "more user type", "more user types"))
    header: tuple[str, ...] = ("user type", "mass", "best incumbent", "entrant", "lead")
    header += ("served",) if ahead is None else ("ahead in", "served", "as measured")
    return Section("Which users the entrant goes for", tuple(sentences), header, tuple(rows), len(header) - 1)


def _of_all(order: IntArray, chosen: NDArray[np.bool_], market: Market) -> str:
    """The user types that are chosen, in their order, in words."""
    names = [market.user_names[user] for user in order if chosen[user]]
    if len(names) == market.num_users:
        return "every user type"
    if not names:
        return "no user type"
    return ", ".join(names) if len(names) <= MAX_ROWS else counted(len(names), "user type")


def _training(shares: dict[str, float], ranges: dict[str, tuple[float, float]] | None) -> Section:
    """The mixture of data that the model is trained on, the largest share first."""
    largest = sorted(shares.items(), key=lambda item: -round(item[1], 9))[:MAX_ROWS]
    sentences = ["The mixture of classes that makes these scores, as the technology models training."]
    if ranges is not None:
        sentences.append(
            "As good: the shares in other releases of the search that serve as much value in redrawn markets, within "
            "two standard errors of the difference."
        )
    if len(shares) > MAX_ROWS:
        sentences.append(in_the_json(len(shares) - MAX_ROWS, "more class", "more classes"))
    rows = tuple(
        (name, percent(share, 0 if ranges else 1), *([percent_interval(*ranges[name], 0)] if ranges else []))
        for name, share in largest
    )
    header = ("class", "share of the data", *(["as good"] if ranges else []))
    return Section("What the entrant is trained on", tuple(sentences), header, rows, len(header) - 1)


def _before_and_after(answer: EntryAnswer) -> Section:
    outcome = answer.entry.outcome
    rows = []
    for name, title in (FIGURES if answer.economy is None else {**FIGURES, "profit": "profit"}).items():
        then, now = getattr(outcome.before, name), getattr(outcome.after, name)
        rows.append((title, _span(then), _span(now), f"{now.mean - then.mean:+.4f}"))
    before, after = (IN_WORDS[figures.kind] for figures in (outcome.before, outcome.after))
    where = f"{before} before and after" if before == after else f"before, {before}; after, {after}"
    sentence = f"Means over where the market rests ({where}), with the smallest and the largest where these differ."
    return Section("Before and after", (sentence,), ("figure", "before", "after", "change"), tuple(rows), 3)


def _rests(answer: EntryAnswer) -> Section:
    """What platforms deploy before and after."""
    outcome = answer.entry.outcome
    names = outcome.market.model_names
    rows, hidden = [], []
    in_words = deployed if answer.alike else in_order
    said = [] if answer.alike else ["Of profiles the models are in the order of the platforms."]
    for when, figures in (("before", outcome.before), ("after", outcome.after)):
        rows += [(when, *_rest_in_words(rest, names, in_words)) for rest in figures.rests[:MAX_ROWS]]
        if len(figures.rests) > MAX_ROWS:
            more = len(figures.rests) - MAX_ROWS
            hidden.append(in_the_json(more, f"more {when} entry", f"more {when} entry"))
    return Section("What platforms deploy", (*said, *hidden), ("when", "rest", "models"), tuple(rows))


def _rest_in_words(rest: Rest, names: tuple[str, ...], in_words: Callable[[Any, Any], str]) -> tuple[str, str]:
    if rest.is_equilibrium:
        return "equilibrium", in_words(rest.profiles[0], names)
    longest = np.argsort(-rest.weights.round(9), kind="stable")[:MAX_ROWS]
    parts = [
        f"{in_words(rest.profiles[index], names)} ({percent(float(rest.weights[index]), 0)} of the time)"
        for index in longest
    ]
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
