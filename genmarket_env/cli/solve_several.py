"""What `genmarket solve` found for several numbers of platforms or weightings: one table over all."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any

from ..about import About
from ..analysis.answer import ProfileFigures
from ..number_format import NONE, interval, number
from .redrawn import likeliest_in_words
from .sections import Section, counted, deployed, words
from .solve_sections import SolvedMarket, solve_sections
from .weightings import about_of_all, weighting_of

MEANS = (
    "Verdict: the structure of the pure Nash equilibrium, how many there are if they are several, or none. Models: of "
    "the equilibrium, of several that of the largest welfare; of none, the profile of the least epsilon. Lost: what "
    "the welfare lacks to the planner's optimum; epsilon: the most that a platform gains by another model."
)
LIKELY = (
    "Most likely: the verdict that the most markets redrawn within their errors have, and their share, or those that "
    "are about even; the rest is of the scores as measured."
)


@dataclass(frozen=True)
class SeveralSolved:
    """Answers of one market, for several numbers of platforms or weightings of users.

    Attributes:
        answers: at least one, of the same market and choice rule.
    """

    answers: tuple[SolvedMarket, ...]

    @property
    def about(self) -> About:
        """The caveats of all; each answer has those of its own masses."""
        return about_of_all([solved.market for solved in self.answers])

    @property
    def weightings(self) -> list[str]:
        """The masses of each answer, in a word."""
        return [weighting_of(solved.market) for solved in self.answers]

    def as_dict(self) -> dict[str, Any]:
        """The table as plain data, and every answer whole."""
        first = self.answers[0].market
        return {
            "market": first.name,
            "title": first.title,
            "about": self.about.as_dict(),
            "version": version("genmarket_env"),
            "table": [_record(solved, masses) for solved, masses in zip(self.answers, self.weightings, strict=True)],
            "answers": [solved.as_dict() for solved in self.answers],
        }


def several_sections(several: SeveralSolved) -> list[Section]:
    """The table."""
    first = several.answers[0]
    weighted = len(set(several.weightings)) > 1
    sure = any(solved.redrawn for solved in several.answers)
    unknown = dict.fromkeys(line for solved in several.answers for line in solved.left_out)
    later = [f"A dash: {line[0].lower()}{line[1:]}" for line in unknown] if sure else unknown
    rows = []
    for solved, masses in zip(several.answers, several.weightings, strict=True):
        answer, shown = solved.answer, _shown(solved)
        welfare = number(shown.welfare)
        if len(answer.equilibria) > 1:
            values = [found.welfare for found in answer.equilibria]
            welfare = interval(min(values), max(values)) if number(min(values)) != number(max(values)) else welfare
        rows.append(
            (
                str(answer.num_platforms),
                *([masses] if weighted else []),
                *([*(likeliest_in_words(solved.redrawn) if solved.redrawn else (NONE, NONE))] if sure else []),
                verdict_in_words(solved),
                deployed(shown.profile, answer.model_names),
                welfare,
                number(shown.welfare_lost),
                number(shown.epsilon),
            )
        )
    options = "".join(f", {name} {value}" for name, value in first.market.options.items() if name != "masses")
    masses = "" if weighted or "masses" not in first.market.options else f", masses {several.weightings[0]}"
    asked = (
        f"{counted(first.market.market.num_models, 'model')}, {counted(first.market.market.num_users, 'user type')}"
        f"{masses}{options}; {first.choice}."
    )
    found = ("most likely", "share", "as measured") if sure else ("verdict",)
    header = ("N", *(["masses"] if weighted else []), *found, "models", "welfare", "lost", "epsilon")
    return [
        Section(
            first.market.heading,
            (asked, *([LIKELY] if sure else []), *later, MEANS),
            header,
            tuple(rows),
            3,
        )
    ]


def page_sections(several: SeveralSolved) -> list[Section]:
    """The table, then every answer under a title that tells which it is."""
    sections = several_sections(several)
    for title, solved in titled(several):
        first, *others = solve_sections(solved)
        sections += [replace(first, title=title, part=True), *others]
    return sections


def titled(several: SeveralSolved) -> list[tuple[str, SolvedMarket]]:
    """Each answer with what tells it from the others."""
    weighted = len(set(several.weightings)) > 1
    return [
        (counted(solved.answer.num_platforms, "platform") + (f", masses {masses}" if weighted else ""), solved)
        for solved, masses in zip(several.answers, several.weightings, strict=True)
    ]


def verdict_in_words(solved: SolvedMarket) -> str:
    """The verdict in a word or two."""
    equilibria = solved.answer.equilibria
    if not solved.answer.searched:
        return f"{len(equilibria):,} or more" if equilibria else "not known"
    if len(equilibria) > 1:
        return f"{len(equilibria):,} equilibria"
    return words(equilibria[0].structure) if equilibria else "none"


def _shown(solved: SolvedMarket) -> ProfileFigures:
    """The profile that stands for an answer."""
    answer = solved.answer
    return max(answer.equilibria, key=lambda found: found.welfare, default=answer.least)


def _record(solved: SolvedMarket, masses: str) -> dict[str, Any]:
    answer, shown = solved.answer, _shown(solved)
    return {
        "num_platforms": answer.num_platforms,
        "masses": masses,
        "verdict": verdict_in_words(solved),
        "pure_equilibria": len(answer.equilibria),
        "profile": list(shown.profile),
        "models": [answer.model_names[model] for model in shown.profile],
        "welfare": shown.welfare,
        "welfare_lost": shown.welfare_lost,
        "planner_welfare": answer.planner.welfare,
        "planner_surplus": answer.planner.surplus,
        "epsilon": shown.epsilon,
        "most_likely": [
            {"shared_error": one.noise.shared_error, "verdict": one.likeliest, "share": asdict(share)}
            for one in solved.redrawn
            for share in [one.found.structures[one.likeliest]]
        ],
    }
