"""How sure the adoption of a release is, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..analysis.entry_redrawn import EntryRedrawn
from ..analysis.noise import Noise
from ..analysis.spread import spread
from ..economy import Economy
from ..intervals import normal_interval
from ..market import FloatArray
from ..number_format import interval, number, percent, percent_interval
from .noise import what_is_assumed, what_is_redrawn
from .redrawn import what_stays
from .sections import Section, counted

SURE = 0.95
"""What holds in so many of the draws is said to hold; what holds in so few as the rest is said not to."""


def entry_uncertainty_section(found: Sequence[EntryRedrawn], chosen_in: int, economy: Economy | None = None) -> Section:
    """How often the release serves anybody, how many users, and what they get.

    Args:
        found: for each size of the shared error, at least one.
        chosen_in: in how many other redrawn markets the release was chosen; 0 if it was not chosen so.
        economy: of the market with the entrant.
    """
    noise = found[0].noise
    sentences = [
        what_is_redrawn(noise).replace(
            f"{counted(noise.draws, 'market')}", f"{counted(sum(one.draws for one in found), 'market')}"
        ),
        _errors_in_words(found),
        "The release keeps its scores; the incumbents and what platforms deploy change.",
        *([] if economy is None or economy.utilities is economy.worths is None else [what_stays(economy)]),
    ]
    value = "user value served" if economy is None else "earned from these"
    if chosen_in:
        what = "value served" if economy is None else "earned with it"
        sentences.append(
            f"Chosen for the largest mean {what} over {chosen_in} other redrawn markets, so that these judge it fairly."
        )
    sentences.append(
        "The 95% interval is that of the mean (normal) or of the share of draws (Wilson's) behind so many draws; of "
        "the range of 90% of the draws 5% are below and 5% above."
    )
    several = len(found) > 1
    rows = []
    for one in found:
        errors = [_short(one.noise)] if several else []
        often = one.served_somebody
        rows += [
            ("users served", *errors, *_cells(one.adoption.share, percent, percent_interval, 1, 0)),
            (value, *errors, *_cells(one.adoption.payoff, number, interval, 3, 2)),
            ("serves somebody", *errors, f"{percent(often.probability)}", percent_interval(often.low, often.high), "-"),
        ]
    order = [row[0] for row in rows[:3]]
    rows.sort(key=lambda row: order.index(row[0]))
    header = ("figure", *(["errors"] if several else []), "mean", "its 95% interval", "range of 90% of the draws")
    return Section("How sure is that?", tuple(sentences), header, tuple(rows), 3)


def _cells(
    values: FloatArray, shown: Callable[..., str], between: Callable[..., str], digits: int, coarse: int
) -> tuple[str, str, str]:
    """The mean over draws, its interval, and the range of the draws, which is known to fewer digits."""
    found = spread(values)
    return shown(found.mean, digits), between(*normal_interval(values), digits), between(found.low, found.high, coarse)


def _errors_in_words(found: Sequence[EntryRedrawn]) -> str:
    if len(found) == 1:
        return " ".join(what_is_assumed(found[0].noise)) or "Scores are as measured."
    shared = " and ".join(f"{one.noise.shared_error:g}" for one in found)
    return (
        f"The errors of the models' scores for one user type have the correlations {shared}, each in as many markets: "
        f"how far models that answered the same questions err together the scores do not say."
    )


def _short(noise: Noise) -> str:
    return "independent" if not noise.shared_error else f"correlated {noise.shared_error:g}"
