"""What `genmarket solve` found, as sections of text and tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..analysis.answer import Answer, ProfileFigures, Range
from ..analysis.paths import Step
from ..analysis.structure_probabilities import StructureProbabilities
from ..status import Status
from .options import NamedMarket
from .sections import Section, deployed, number

MAX_ROWS = 20
"""The most equilibria, steps or ends that are listed; all are in the JSON."""

LEAST_PROBABILITY = 5e-4
"""Models of a mixture that are less likely are not listed."""

FIGURES = ("welfare", "lost", "epsilon", "model HHI", "platform HHI")


@dataclass(frozen=True)
class Solved:
    """What was asked and what was found.

    Attributes:
        market: which market.
        choice: the choice rule, in words.
        answer: what the theory says.
        redrawn: how often each structure occurs within the errors of the scores; None if that was not asked for.
    """

    market: NamedMarket
    choice: str
    answer: Answer
    redrawn: StructureProbabilities | None

    def as_dict(self) -> dict[str, Any]:
        """The same as plain numbers, lists and dicts."""
        return {
            "market": self.market.name,
            "options": self.market.options,
            "title": self.market.title,
            "source": self.market.source,
            **self.answer.as_dict(),
            "uncertainty": None if self.redrawn is None else redrawn_as_dict(self.redrawn),
        }


def redrawn_as_dict(redrawn: StructureProbabilities) -> dict[str, Any]:
    """How often each structure occurs, as plain data."""
    return {
        "draws": redrawn.draws,
        "level": redrawn.level,
        "structures": {name: asdict(found) for name, found in redrawn.structures.items()},
        "profiles": [{"profile": list(profile), **asdict(found)} for profile, found in redrawn.profiles],
        "reference": redrawn.reference,
        "same_structure": None if redrawn.same_structure is None else asdict(redrawn.same_structure),
        "same_equilibria": None if redrawn.same_equilibria is None else asdict(redrawn.same_equilibria),
    }


def solve_sections(solved: Solved) -> list[Section]:
    """All sections, in the order in which a reader needs them."""
    answer = solved.answer
    sections = [verdict(solved), *_outcomes(answer)]
    if answer.path.status is not Status.CONVERGED or answer.path.steps:
        sections.append(dynamics(answer))
    if answer.ends is not None:
        sections.append(_ends(answer))
    sections.append(_welfare(answer))
    if solved.redrawn is not None:
        sections.append(_uncertainty(solved.redrawn, answer.model_names))
    if answer.left_out:
        sections.append(Section("Not computed", answer.left_out))
    return sections


def verdict(solved: Solved) -> Section:
    """What the market is, and whether it has an equilibrium."""
    answer, market = solved.answer, solved.market.market
    options = "".join(f", {name} {value}" for name, value in solved.market.options.items())
    asked = (
        f"{counted(market.num_models, 'model')}, {counted(market.num_users, 'user type')}{options}; "
        f"{counted(answer.num_platforms, 'platform')}; {solved.choice}."
    )
    return Section(f"{solved.market.name}: {solved.market.title}", (asked, *_equilibria_in_words(answer)))


def _equilibria_in_words(answer: Answer) -> Iterator[str]:
    if answer.equilibria:
        count = len(answer.equilibria)
        structures = sorted({_words(found.structure) for found in answer.equilibria})
        yield f"{counted(count, 'pure Nash equilibrium', 'pure Nash equilibria')}, {' and '.join(structures)}."
    else:
        yield (
            f"There is no pure Nash equilibrium: in every profile some platform gains by another model. "
            f"The least epsilon is {number(answer.least.epsilon)}: so much a platform must forgo for a profile to last."
        )
    if answer.mixed is not None:
        *most, last = [f"{name} with probability {number(p)}" for name, p in mixture_of(answer)]
        play = f"{', '.join(most)} and {last}" if most else last
        exact = "" if answer.mixed.converged else f" (not solved: exploitability {answer.mixed.exploitability:.2g})"
        yield f"In the symmetric mixed equilibrium{exact} each platform deploys {play}."


def mixture_of(answer: Answer) -> list[tuple[str, float]]:
    """The models of the mixed equilibrium with their probabilities, the likeliest first."""
    assert answer.mixed is not None
    named = zip(answer.model_names, answer.mixed.mixture, strict=True)
    return sorted(((name, p) for name, p in named if p >= LEAST_PROBABILITY), key=lambda pair: -pair[1])


def _outcomes(answer: Answer) -> list[Section]:
    """What platforms deploy in each outcome, and its figures."""
    profiles = _profiles_of(answer)
    deployments = [
        (name, _words(found.structure), deployed(found.profile, answer.model_names)) for name, found in profiles
    ]
    more = len(answer.equilibria) - MAX_ROWS
    hidden = (f"{more} more equilibria are in the JSON.",) if more > 0 else ()
    figures = [
        (name, *map(number, (found.welfare, found.welfare_lost, found.epsilon, found.model_hhi, found.platform_hhi)))
        for name, found in profiles
    ]
    if answer.mixed is not None:
        figures.append(("mixed equilibrium", number(answer.mixed.welfare), number(answer.mixed.welfare_lost), *"---"))
    optimum = answer.planner.welfare
    figures += [
        (name, _between(found), _between(Range(optimum - found.high, optimum - found.low)), *"---")
        for name, found in (("correlated", answer.correlated), ("coarse correlated", answer.coarse_correlated))
        if found is not None
    ]
    units = "Welfare, and what it lacks to the planner's optimum, in units of the score; HHIs in [0, 1]."
    return [
        Section("What is deployed", hidden, ("outcome", "structure", "models"), tuple(deployments)),
        Section("What it is worth", (units,), ("outcome", *FIGURES), tuple(figures), len(FIGURES)),
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


def _between(found: Range) -> str:
    return f"{number(found.low)} to {number(found.high)}"


def dynamics(answer: Answer) -> Section:
    """The cycle of best responses that platforms run through, or the way to an equilibrium."""
    path, names = answer.path, answer.model_names
    begins = f"Platforms move in turn, from everybody on {names[path.start[0]]}."
    rounds = counted(path.rounds, "round")
    if path.cycle:
        title = f"The cycle of best responses: {counted(len(path.cycle), 'move')}, after which it begins again"
        mean = number(float(np.mean([step.welfare for step in path.cycle])))
        return steps_section(title, (f"{begins} The mean welfare over the cycle is {mean}.",), path.cycle, names)
    ending = "reach an equilibrium" if path.status is Status.CONVERGED else "have not settled"
    return steps_section(f"Best responses {ending} in {rounds}", (begins,), path.steps, names)


def steps_section(title: str, sentences: tuple[str, ...], steps: tuple[Step, ...], names: tuple[str, ...]) -> Section:
    """Moves, one a row; simultaneous ones share the number of their step."""
    rows = [
        (
            str(index + 1),
            f"platform {move.platform}",
            names[move.before],
            names[move.after],
            number(move.gain),
            number(step.welfare),
        )
        for index, step in enumerate(steps)
        for move in step.moves
    ]
    if len(rows) > MAX_ROWS:
        sentences += (f"The first {MAX_ROWS} of {len(rows)} moves; all are in the JSON.",)
    header = ("step", "mover", "from", "to", "gain", "welfare")
    return Section(title, sentences, header, tuple(rows[:MAX_ROWS]), numbers=2)


def _ends(answer: Answer) -> Section:
    assert answer.ends is not None
    rows = tuple(
        (end.kind, _profiles(end.profiles, answer.model_names), f"{end.share:.1%}") for end in answer.ends[:MAX_ROWS]
    )
    sentence = (
        "A random platform of those that gain moves to a random best reply. Share: of all starting profiles, of those "
        "that end there."
    )
    return Section("Where best responses in random order end", (sentence,), ("end", "deployed", "share"), rows, 1)


def _profiles(profiles: tuple[tuple[int, ...], ...], names: tuple[str, ...]) -> str:
    shown = "; ".join(deployed(profile, names) for profile in profiles[:3])
    return shown if len(profiles) <= 3 else f"{shown}; and {len(profiles) - 3} more profiles"


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
    sentence = f"The planner's optimum, {number(answer.planner.welfare)}, over the welfare of an outcome."
    return Section("Prices of anarchy and stability", (sentence,), ("price", "of", "ratio"), tuple(rows), 1)


def _uncertainty(redrawn: StructureProbabilities, names: tuple[str, ...]) -> Section:
    rows = [
        (_words(name), f"{found.probability:.1%}", f"{found.low:.1%} to {found.high:.1%}")
        for name, found in redrawn.structures.items()
    ]
    rows += [
        (f"equilibrium {deployed(profile, names)}", f"{found.probability:.1%}", f"{found.low:.1%} to {found.high:.1%}")
        for profile, found in redrawn.profiles[:5]
    ]
    sentences = [
        f"{redrawn.draws:,} markets with scores redrawn within their errors; {redrawn.level:.0%} Wilson intervals of "
        f"the number of draws."
    ]
    if redrawn.same_equilibria is not None:
        sentences.append(
            f"The pure equilibria are those of the scores as measured in {redrawn.same_equilibria.probability:.1%}."
        )
    return Section(
        "How sure is that?", tuple(sentences), ("pure equilibria", "share of draws", "interval"), tuple(rows), 2
    )


def _words(structure: str) -> str:
    return structure.replace("_", " ")


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number of things in words.

    Example:
        >>> counted(1, "move"), counted(2, "move")
        ('1 move', '2 moves')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"
