"""What `genmarket solve` found, as sections of text and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from ..about import About
from ..analysis.answer import Answer, ProfileFigures, Range
from ..analysis.redrawn import Redrawn
from ..economy import Economy
from ..number_format import percent, signed
from ..plain import to_data
from ..status import Status
from ..tolerances import EQUAL
from .move_sections import MAX_ROWS, dynamics, ends
from .options import NamedMarket
from .redrawn import Measured, first_sentences, uncertainty_sections
from .sections import Section, counted, deployed, in_the_json, number, words

MAX_TYPES = 10
"""The most user types that are listed; all are in the JSON."""

MAX_NAMED = 3
"""The most equilibria whose models the first section names."""

LEAST_PROBABILITY = 5e-4
"""Models of a mixture that are less likely are not listed."""

STRUCTURES = (
    "Homogeneous: all platforms deploy the same model; fully differentiated: no two do; partially: some of them do. "
    "The planner's optimum is a profile of the largest {what}, without models that serve nobody; where several reach "
    "it, the one nearest to an equilibrium is shown."
)

UNITS = (
    "Welfare: the score that users get, on average by mass; lost: what it lacks to the planner's optimum; epsilon: the "
    "most that a platform gains by another model. HHI: how concentrated users are on models, or on platforms, in [0, "
    "1]; 1 is all on one."
)

AWAY = "The HHI of models is of the users served, that of platforms of all users, those who stay away among them."

SURPLUS = (
    "Surplus: the welfare and the reservation of the users who stay away, whom the welfare counts as 0. It is what the "
    "planner makes large, what lost and the prices are of, and what correlated play has between two values."
)

PROFIT = "Profit: what all platforms earn together, in units of the worths; epsilon is in these units too."

FIGURES = ("welfare", "lost", "epsilon", "model HHI", "platform HHI")


@dataclass(frozen=True)
class SolvedMarket:
    """What was asked and what was found.

    Attributes:
        market: which market.
        choice: the choice rule, in words.
        answer: what the theory says.
        redrawn: how often each structure occurs within the errors, for one or more sizes of the shared error; empty
            if that was not asked for.
        seed: of the draws.
        left_out: what was not computed beside the answer, and why: one line each.
        economy: what users choose by and platforms earn, where it is not the score.
    """

    market: NamedMarket
    choice: str
    answer: Answer
    redrawn: tuple[Redrawn, ...] = ()
    seed: int = 0
    left_out: tuple[str, ...] = ()
    economy: Economy | None = None

    @property
    def about(self) -> About:
        """The caveats."""
        return self.market.about

    def as_dict(self) -> dict[str, Any]:
        """The same as plain numbers, lists and dicts."""
        return {
            "market": self.market.name,
            "options": self.market.options,
            "title": self.market.title,
            "source": self.market.source,
            "about": self.about.as_dict(),
            "version": version("genmarket_env"),
            "seed": self.seed,
            "masses": self.market.market.masses.tolist(),
            "scores": self.market.market.scores.tolist(),
            **self.answer.as_dict(),
            **({} if self.economy is None else {"economy": to_data(self.economy)}),
            "left_out": [*self.answer.left_out, *self.left_out],
            "uncertainty": [found.as_dict() for found in self.redrawn] or None,
        }


def solve_sections(solved: SolvedMarket) -> list[Section]:
    """All sections, in the order in which a reader needs them."""
    answer = solved.answer
    how_sure = uncertainty_sections(Measured.of(answer), solved.redrawn, solved.economy)
    sections = [verdict(solved), *_outcomes(answer), *how_sure, who_loses(answer)]
    if answer.path.status is not Status.CONVERGED or answer.path.steps:
        sections.append(dynamics(answer))
    if answer.ends is not None:
        sections.append(ends(answer))
    sections.append(_welfare(answer))
    if left_out := (*answer.left_out, *solved.left_out):
        sections.append(Section("Not computed", left_out))
    return sections


def verdict(solved: SolvedMarket) -> Section:
    """What the market is, and whether it has an equilibrium."""
    answer, market = solved.answer, solved.market.market
    options = "".join(f", {name} {value}" for name, value in solved.market.options.items())
    asked = (
        f"{counted(market.num_models, 'model')}, {counted(market.num_users, 'user type')}{options}; "
        f"{counted(answer.num_platforms, 'platform')}; {solved.choice}."
    )
    first = first_sentences(Measured.of(answer), solved.redrawn, solved.left_out)
    return Section(solved.market.heading, (*first, asked, *_equilibria_inwords(answer)))


def _equilibria_inwords(answer: Answer) -> Iterator[str]:
    if not answer.searched:
        yield _what_is_reached(answer)
    elif answer.equilibria:
        count = len(answer.equilibria)
        structures = Counter(words(found.structure) for found in answer.equilibria)
        kinds = [name if count == 1 else f"{number:,} {name}" for name, number in sorted(structures.items())]
        named = "; ".join(deployed(found.profile, answer.model_names) for found in answer.equilibria[:MAX_NAMED])
        equilibria = counted(count, "pure Nash equilibrium", "pure Nash equilibria")
        if count == 1:
            yield f"{equilibria}, {kinds[0]}: {named}."
        else:
            they = "They are" if count <= MAX_NAMED else "Among them are"
            yield f"{equilibria}: {', '.join(kinds)}. {they} {named}."
    else:
        yield (
            f"There is no pure Nash equilibrium: in every profile some platform gains by another model. "
            f"The least epsilon is {'' if answer.least_of_all else 'at most '}{number(answer.least.epsilon)}: so much "
            f"a platform must forgo for a profile to last."
        )
    if answer.mixed is not None:
        *most, last = [f"{name} with probability {number(p)}" for name, p in mixture_of(answer)]
        play = f"{', '.join(most)} and {last}" if most else last
        exact = "" if answer.mixed.converged else f" (not solved: exploitability {answer.mixed.exploitability:.2g})"
        yield f"In a symmetric mixed equilibrium{exact} each platform deploys {play}."


def _what_is_reached(answer: Answer) -> str:
    unknown = "Whether there are others is not known, as not all profiles were searched."
    if not answer.equilibria:
        return (
            f"Best responses reach no pure Nash equilibrium; the profile of the least epsilon that they reach has "
            f"{number(answer.least.epsilon)}. Whether there is one is not known, as not all profiles were searched."
        )
    structures = " and ".join(sorted({words(found.structure) for found in answer.equilibria}))
    count = counted(len(answer.equilibria), "pure Nash equilibrium", "pure Nash equilibria")
    return f"Best responses reach {count}, {structures}. {unknown}"


def mixture_of(answer: Answer) -> list[tuple[str, float]]:
    """The models of the mixed equilibrium with their probabilities, the likeliest first."""
    assert answer.mixed is not None
    named = zip(answer.model_names, answer.mixed.mixture, strict=True)
    return sorted(((name, p) for name, p in named if p >= LEAST_PROBABILITY), key=lambda pair: -pair[1])


def _outcomes(answer: Answer) -> list[Section]:
    """What platforms deploy in each outcome, and its figures."""
    profiles = _profiles_of(answer)
    # Where users stay away, what they have elsewhere counts too.
    away = any(abs(found.surplus - found.welfare) > EQUAL for _, found in profiles)
    deployments = [
        (name, words(found.structure), deployed(found.profile, answer.model_names)) for name, found in profiles
    ]
    more = len(answer.equilibria) - MAX_ROWS
    sentences = [STRUCTURES.format(what="surplus" if away else "welfare")] if answer.num_platforms > 1 else []
    if more > 0:
        sentences.append(in_the_json(more, "more equilibrium", "more equilibria"))
    notes = (UNITS, SURPLUS, AWAY) if away else (UNITS,)
    paid = answer.planner.profit is not None
    notes = (*notes, PROFIT) if paid else notes
    header = ("outcome", *FIGURES, *(["surplus"] if away else []), *(["profit"] if paid else []))
    figures = [
        (
            name,
            *map(number, (found.welfare, found.welfare_lost, found.epsilon)),
            *(number(hhi or None) for hhi in (found.model_hhi, found.platform_hhi)),  # nobody is served: there is none
            *([number(found.surplus)] if away else []),
            *([number(found.profit)] if paid else []),
        )
        for name, found in profiles
    ]
    dashes = ("-",) * (len(FIGURES) - 2)
    if answer.mixed is not None:
        mixed = answer.mixed
        last = [number(mixed.surplus)] if away else []
        last += [number(answer.num_platforms * mixed.payoff)] if paid else []
        figures.append(("mixed equilibrium", number(mixed.welfare), number(mixed.welfare_lost), *dashes, *last))
    optimum = answer.planner.surplus
    figures += [
        (
            name,
            "-" if away else _between(found),
            _between(Range(optimum - found.high, optimum - found.low)),
            *dashes,
            *([_between(found)] if away else []),
            *(["-"] if paid else []),
        )
        for name, found in (("correlated", answer.correlated), ("coarse correlated", answer.coarse_correlated))
        if found is not None
    ]
    return [
        Section("What is deployed", tuple(sentences), ("outcome", "structure", "models"), tuple(deployments)),
        Section("What it is worth", notes, header, tuple(figures), len(header) - 1),
    ]


def _profiles_of(answer: Answer) -> list[tuple[str, ProfileFigures]]:
    """The profiles to show, with what they are called."""
    several = len(answer.equilibria) > 1
    named = [
        (f"equilibrium {index + 1}" if several else "equilibrium", found)
        for index, found in enumerate(answer.equilibria[:MAX_ROWS])
    ]
    least = [] if answer.equilibria else [("least epsilon", answer.least)]
    return [*named, *least, ("planner's optimum", answer.planner)]


def who_loses(answer: Answer) -> Section:
    """What the users of each type get, of what there is and of what a planner would give them."""
    found = answer.by_type
    largest = sorted(range(len(found.gets)), key=lambda user: (-round(found.lost[user], 12), user))
    # Those that lose the most, and the one that gets the least.
    others = [user for user in largest if user != found.worst_off]
    shown = sorted([*others[: MAX_TYPES - 1], found.worst_off])
    rows = tuple(
        (
            found.user_names[user],
            percent(found.masses[user]),
            *(number(values[user]) for values in (found.gets, found.best, found.planner, found.lost)),
            signed(found.lost_to_planner[user]),
        )
        for user in shown
    )
    outcome = "the profile of the least epsilon"
    if answer.equilibria:
        outcome = "equilibrium 1" if len(answer.equilibria) > 1 else "the equilibrium"
    least, most = found.worst_off, found.loses_most
    everybody = "every type" if min(found.masses) > 0 else "every type with users"
    loses = (
        f"{everybody} has the best there is for it"
        if most is None
        else f"{found.user_names[most]} loses the most to the best there is for it, {number(found.lost[most])}"
    )
    sentence = f"In {outcome} {found.user_names[least]} gets the least, {number(found.gets[least])}, and {loses}."
    sentences = [
        sentence,
        *_homogeneous_in_words(answer),
        "Lost: to the best there is. To the planner: what a type would get more, or less, under the planner's optimum.",
    ]
    if len(largest) > len(shown):
        sentences.append(
            in_the_json(len(largest) - len(shown), "user type that loses less", "user types that lose less")
        )
    header = ("user type", "mass", "gets", "best there is", "under the planner", "lost", "to the planner")
    return Section("Who loses", tuple(sentences), header, rows, len(header) - 1)


def _homogeneous_in_words(answer: Answer) -> Iterator[str]:
    """Whom it costs something that all platforms deploy one model, a sentence for each homogeneous outcome."""
    count = sum(mass > 0 for mass in answer.by_type.masses)
    for found in answer.homogeneous[:MAX_NAMED]:
        name = answer.model_names[found.model]
        kind = "an equilibrium" if found.equilibrium else "no equilibrium"
        costs = (
            f"costs {found.types:,} of {counted(count, 'user type')} something, {percent(found.share_of_users)} of all "
            f"users: another model is better for them. By mass users lack {number(found.lost)} to the best there is."
            if found.types
            else "costs no user type anything: no other model is better for any."
        )
        yield f"A homogeneous outcome, all platforms on {name} ({kind}), {costs}"
    more = len(answer.homogeneous) - MAX_NAMED
    if more > 0:
        yield in_the_json(more, "more homogeneous equilibrium", "more homogeneous equilibria")


def _between(found: Range) -> str:
    return f"{number(found.low)} to {number(found.high)}"


def _welfare(answer: Answer) -> Section:
    prices = answer.prices
    rows = [
        ("price of anarchy", "the worst pure equilibrium", number(prices.price_of_anarchy)),
        ("price of stability", "the best pure equilibrium", number(prices.price_of_stability)),
        ("price of mixed play", "the symmetric mixed equilibrium", number(prices.price_of_mixed_play)),
        ("coarse price of anarchy", "the worst coarse correlated equilibrium", number(prices.coarse_price_of_anarchy)),
        (
            "coarse price of stability",
            "the best coarse correlated equilibrium",
            number(prices.coarse_price_of_stability),
        ),
    ]
    what = "surplus" if abs(answer.planner.surplus - answer.planner.welfare) > EQUAL else "welfare"
    sentence = f"The planner's optimum, {number(answer.planner.surplus)}, over the {what} of an outcome: 1 is no loss."
    if any(price is None for price in asdict(prices).values()):
        sentence += " A dash: there is no such outcome, or it was not computed."
    return Section("Prices of anarchy and stability", (sentence,), ("price", "of", "ratio"), tuple(rows), 1)
