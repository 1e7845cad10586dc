"""How sure an answer is: what was found in markets redrawn within their errors, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..analysis.answer import Answer
from ..analysis.noise import Noise
from ..analysis.redrawn import Redrawn
from ..analysis.spread import Spread
from ..analysis.structure_probabilities import MarketStructure
from ..economy import Economy
from ..equilibrium.profile_structure import Structure
from ..intervals import Frequency
from ..number_format import interval, number, percent, percent_interval
from .noise import what_is_assumed, what_is_redrawn
from .sections import Section, deployed, in_the_json, words

KINDS = {"several": "equilibria of several structures", "none": "no pure equilibrium"}
"""The structures that do not say what they are in one word."""

PROFILES = 6
"""The equilibria that are shown: the most frequent, over both sizes of the shared error if there are two."""

ABOUT_EVEN = 0.1
"""Verdicts whose shares of the draws differ by no more are about even: none of them is called the likeliest."""

MODELS, LEAST_DEPLOYED = 8, 0.02
"""The most models whose deployment is shown, and the least probability of it."""


class Measured(NamedTuple):
    """What the scores as measured say, beside which redrawn markets are told.

    Attributes:
        names: of the models.
        equilibria: the pure ones and the structure of each.
        epsilon: the least epsilon; 0 where there is a pure equilibrium.
        in_words: a profile as it is told.
    """

    names: tuple[str, ...]
    equilibria: tuple[tuple[tuple[int, ...], Structure], ...]
    epsilon: float
    in_words: Callable[[Sequence[int], Sequence[str]], str]

    @classmethod
    def of(cls, answer: Answer) -> Measured:
        """The verdict of an answer about platforms that are alike."""
        equilibria = tuple((found.profile, found.structure) for found in answer.equilibria)
        return cls(answer.model_names, equilibria, answer.least.epsilon, deployed)

    def told(self, profile: Sequence[int]) -> str:
        """A profile in words."""
        return self.in_words(profile, self.names)


def headline(answer: Measured, redrawn: Sequence[Redrawn]) -> str:
    """The likeliest verdict, or those that are about even, and how likely; then what the scores as measured say."""
    return f"{_likely(redrawn)}; as measured: {_measured(answer, redrawn)}."


def first_sentences(answer: Measured, redrawn: Sequence[Redrawn], left_out: Sequence[str]) -> list[str]:
    """How likely the verdict is; where that was not asked for and `left_out` says how to ask, that it is not known."""
    if redrawn:
        return [headline(answer, redrawn)]
    if left_out:
        return [f"This is the answer of the scores as measured, which have errors. {' '.join(left_out)}"]
    return []


def _likely(redrawn: Sequence[Redrawn]) -> str:
    even = about_even(redrawn)
    if even:
        first, *others = (f"{_kind(kind)} in {_percents(_shares_of(kind, redrawn))}" for kind in even)
        return f"About even: {', '.join([f'{first} of redrawn markets', *others])}"
    kinds = [one.likeliest for one in redrawn]
    if len(set(kinds)) == 1:
        return f"Most likely {_kind(kinds[0])} (in {_percents(_shares_of(kinds[0], redrawn))} of redrawn markets)"
    return "Most likely " + ", or ".join(
        f"{_kind(kind)} (in {percent(share, 0)} of redrawn markets) {_assumed(one.noise)}"
        for one, kind in zip(redrawn, kinds, strict=True)
        for share in _shares_of(kind, [one])
    )


def about_even(redrawn: Sequence[Redrawn]) -> list[MarketStructure]:
    """The verdicts about as frequent as the likeliest, whatever the shared error; none if it is alone."""
    total = {kind: sum(_shares_of(kind, redrawn)) for kind in redrawn[0].found.structures}
    even = [
        kind
        for kind in total
        if all(
            most - share <= ABOUT_EVEN + 1e-9
            for one in redrawn
            for most, share in zip(_shares_of(one.likeliest, [one]), _shares_of(kind, [one]), strict=True)
        )
    ]
    return sorted(even, key=lambda kind: -round(total[kind], 9)) if len(even) > 1 else []


def _shares_of(kind: MarketStructure, redrawn: Sequence[Redrawn]) -> list[float]:
    return [one.found.structures[kind].probability for one in redrawn]


def _measured(answer: Measured, redrawn: Sequence[Redrawn]) -> str:
    if not answer.equilibria:
        return f"none, {_least_epsilon(answer, redrawn)}"
    shares = {
        profile: [dict(one.found.reference_profiles or ())[profile].probability for one in redrawn]
        for profile, _ in answer.equilibria
    }
    best, structure = max(answer.equilibria, key=lambda found: sum(shares[found[0]]))
    named = f"{words(structure)}, {answer.told(best)}"
    often = f"this profile in {_percents(shares[best])}"
    if len(answer.equilibria) == 1:
        return f"{named} ({often})"
    return f"{len(answer.equilibria):,} equilibria, the likeliest of them {named} ({often})"


def _least_epsilon(answer: Measured, redrawn: Sequence[Redrawn]) -> str:
    """The least epsilon beside the standard error of what it measures."""
    errors = [one.gain_error for one in redrawn if one.gain_error]
    epsilon = f"with a least epsilon of {number(answer.epsilon)}"
    if not errors:
        return epsilon
    ratios = [answer.epsilon / error for error in errors]
    low, high = (_times(ratio, digits=1 if max(ratios) >= 1 else 2) for ratio in (min(ratios), max(ratios)))
    sizes = low if low == high else f"{low} to {high}"
    within = ", within noise" if max(ratios) < 1 else ""
    return f"{epsilon}, {sizes} standard errors of that gain{within}"


def _times(ratio: float, *, digits: int) -> str:
    least = 10**-digits
    return f"less than {least:g}" if ratio < least else f"{ratio:.{digits}f}"


def uncertainty_sections(answer: Measured, redrawn: Sequence[Redrawn], economy: Economy | None = None) -> list[Section]:
    """How often each structure occurs, what is likely deployed, and what that is worth."""
    if not redrawn:
        return []
    return [_structures(answer, redrawn, economy), _deployment(answer, redrawn), _worth(redrawn)]


def what_stays(economy: Economy) -> str:
    """Which parts of an economy move with the scores that are redrawn."""
    parts = {"utilities": economy.utilities, "worths": economy.worths}
    stay = [name for name, part in parts.items() if part is not None and name not in (economy.follows or ())]
    move = [name for name in parts if name not in stay]
    moving = f"{' and '.join(move)} are derived anew from the scores of every draw"
    staying = f"{' and '.join(stay)} that are given stay as they are"
    told = "; ".join(text for text, names in ((moving, move), (staying, stay)) if names)
    return f"{told[0].upper()}{told[1:]}."


def _structures(answer: Measured, redrawn: Sequence[Redrawn], economy: Economy | None) -> Section:
    first = redrawn[0]
    counts = [dict(one.found.profiles) for one in redrawn]
    every = {profile: answer.told(profile) for shares in counts for profile in shares}
    # Ties by name, not by the order in which a table happens to hold its models.
    frequent = sorted(every, key=lambda profile: (-_total(counts, profile), every[profile]))[:PROFILES]
    rows = [
        (KINDS.get(name, words(name)), *_shares([one.found.structures[name] for one in redrawn]))
        for name in first.found.structures
    ]
    rows += [
        (f"equilibrium {every[profile]}", *_shares([shares.get(profile) for shares in counts])) for profile in frequent
    ]
    level = percent(first.found.level, 0)
    same = " and ".join(percent(one.found.same_equilibria.probability) for one in redrawn if one.found.same_equilibria)
    as_measured = (
        f"In {same} of the draws there is no pure equilibrium, as with the scores as measured."
        if first.found.reference == "none"
        else f"In {same} of the draws the pure equilibria are exactly those of the scores as measured."
    )
    sentences = (
        what_is_redrawn(first.noise),
        *([] if economy is None or economy.utilities is economy.worths is None else [what_stays(economy)]),
        *_assumptions(redrawn),
        f"Intervals: {level} Wilson intervals of the number of draws.",
        *(["An equilibrium is told by the model of each platform, in their order."] if first.outlook.owners else []),
    )
    header = [title for one in redrawn for title in (f"share of draws{if_shared(one)}", f"interval{if_shared(one)}")]
    return Section(
        "How sure is that?", (*sentences, as_measured), ("pure equilibria", *header), tuple(rows), len(header)
    )


def _deployment(answer: Measured, redrawn: Sequence[Redrawn]) -> Section:
    found = [{one.model: one for one in each.outlook.models} for each in redrawn]
    chances = {
        model: max(each[model].deployed if model in each else 0.0 for each in found)
        for model in dict.fromkeys(model for each in found for model in each)
    }
    ranked = sorted(chances, key=lambda model: (-round(chances[model], 12), answer.names[model]))
    likely = [model for model in ranked if chances[model] >= LEAST_DEPLOYED][:MODELS]
    rows = tuple(
        (
            answer.names[model],
            *(
                cell
                for each in found
                for cell in (
                    (
                        percent(each[model].deployed),
                        percent(each[model].share.mean),
                        percent_interval(each[model].share.low, each[model].share.high, 0),
                    )
                    if model in each
                    else (percent(0.0), percent(0.0), percent_interval(0.0, 0.0, 0))
                )
            ),
        )
        for model in likely
    )
    sentences = [
        "Over the draws, each with its pure equilibria or, where it has none, with its cycle of best responses in "
        "turn. Deployed: how likely some platform has the model; users: the share of all that it serves, on average "
        "and from the 5% to the 95% quantile of the draws."
    ]
    if len(chances) > len(likely):
        sentences.append(in_the_json(len(chances) - len(likely), "rarer model", "rarer models"))
    titles = ("deployed", "users", "5% to 95%")
    header = [f"{title}{if_shared(each)}" for each in redrawn for title in titles]
    return Section("What is likely deployed", tuple(sentences), ("model", *header), rows, len(header))


def _worth(redrawn: Sequence[Redrawn]) -> Section:
    figures = {"welfare": "welfare", "lost": "lost to the planner's optimum"}
    losing = {"types_losing": "types that lose if homogeneous", "users_losing": "users of these types"}
    rows = [
        (title, *(cell for one in redrawn for cell in _cells(getattr(one.outlook, name))))
        for name, title in figures.items()
    ]
    rows += [
        (title, *(cell for one in redrawn for cell in _percent_cells(getattr(one.outlook, name))))
        for name, title in losing.items()
    ]
    header = [f"{title}{if_shared(one)}" for one in redrawn for title in ("mean", "5% to 95%")]
    sentence = (
        "Homogeneous: in the homogeneous equilibria of a draw or, where it has none, with everybody on its model of "
        "the best average score; types lose for whom another model scores better in that draw."
    )
    return Section("What it is worth within the errors", (sentence,), ("figure", *header), tuple(rows), len(header))


def _cells(spread: Spread) -> tuple[str, str]:
    return number(spread.mean), interval(spread.low, spread.high)


def _percent_cells(spread: Spread) -> tuple[str, str]:
    return percent(spread.mean), percent_interval(spread.low, spread.high, 0)


def _assumptions(redrawn: Sequence[Redrawn]) -> list[str]:
    shared = [one.noise.shared_error for one in redrawn if one.noise.shared_error is not None]
    if len(shared) < 2:
        return list(what_is_assumed(redrawn[0].noise))
    return [
        f"The errors of the models' scores are independent, or, in the columns 'if shared', have for one user type the "
        f"correlation {shared[-1]:g}, as the models answered the same questions: which it is the scores do not say."
    ]


def if_shared(redrawn: Redrawn) -> str:
    """What is added to the title of a column, where there are columns for errors that are shared and not."""
    return " if shared" if redrawn.noise.shared_error else ""


def _assumed(noise: Noise) -> str:
    return (
        f"if errors have the correlation {noise.shared_error:g}" if noise.shared_error else "if errors are independent"
    )


def likeliest_in_words(redrawn: Sequence[Redrawn]) -> tuple[str, str]:
    """The likeliest verdict and its share of redrawn markets; all where they are about even or assumptions differ."""
    even = about_even(redrawn)
    if even:
        shares = [share for kind in even for share in _shares_of(kind, redrawn)]
        return " or ".join(words(kind) for kind in even), _percents(shares)
    kinds = dict.fromkeys(words(one.likeliest) for one in redrawn)
    return " or ".join(kinds), _percents([one.found.structures[one.likeliest].probability for one in redrawn])


def _kind(name: str) -> str:
    return KINDS.get(name, words(name))


def _shares(found: Sequence[Frequency | None]) -> list[str]:
    return [
        text
        for share in found
        for text in (
            ("0.0%", "-") if share is None else (percent(share.probability), percent_interval(share.low, share.high))
        )
    ]


def _total(counts: Sequence[dict[tuple[int, ...], Frequency]], profile: tuple[int, ...]) -> int:
    return sum(shares[profile].count for shares in counts if profile in shares)


def _percents(shares: Sequence[float]) -> str:
    low, high = percent(min(shares), 0), percent(max(shares), 0)
    return low if low == high else f"{low} to {high}"
