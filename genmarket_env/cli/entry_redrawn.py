"""How sure the adoption of a release is, in words and as JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..analysis.outlook import spread
from ..choice import ChoiceRule
from ..entry import Adoption
from ..entry.trials import Trials
from ..intervals import Frequency, frequency, normal_interval
from ..market import FloatArray, Market
from ..number_format import interval, number, percent, percent_interval
from ..tolerances import EQUAL
from .affordable_draws import NUMBERS
from .noise import Noise, drawn
from .sections import Section, counted

SURE = 0.95
"""What holds in so many of the draws is said to hold; what holds in so few as the rest is said not to."""

JUDGING_STEPS = 2_000_000_000
"""About so many scores are looked at to judge a release: a second."""

SEARCHES = ((5000, 1, 1), (1000, 256, 50), (1000, 64, 30), (500, 16, 16), (200, 8, 8), (100, 8, 8))
"""Releases tried, markets that they are chosen in, and in how many of these one is tried on average: the first that is
affordable."""

SEARCHING_STEPS = 20_000_000_000

COMPARED = 250
"""In so many markets of each batch the release is compared with others."""

_OTHER_DRAWS = 2**32
"""Added to the seed of the draws in which a release is chosen, so that it is judged in others."""


@dataclass(frozen=True, eq=False)
class EntryRedrawn:
    """What markets redrawn within their errors would make of a release.

    Attributes:
        noise: how they were redrawn.
        adoption: what each of them would make of it.
        share_of_user: the share of each user type that it would serve, `(draws, users)`.
        ahead: whether it is better than every incumbent for each user type, `(draws, users)`.
    """

    noise: Noise
    adoption: Adoption
    share_of_user: FloatArray
    ahead: NDArray[np.bool_]

    @property
    def draws(self) -> int:
        """How many markets."""
        return len(self.adoption.share)

    @property
    def served_somebody(self) -> Frequency:
        """How often it would serve any user."""
        return frequency(int((self.adoption.share > 0).sum()), self.draws)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data.

        Of a figure the mean over the draws with its normal 95 % interval, and the 5 % and 95 % quantiles of the draws.
        """
        return {
            "shared_error": self.noise.shared_error,
            "mass_concentration": self.noise.mass_concentration,
            "reference_errors": self.noise.reference_errors,
            **self.figures_as_dict(),
        }

    def figures_as_dict(self) -> dict[str, Any]:
        """The figures alone."""
        return {
            "draws": self.draws,
            "serves_somebody": asdict(self.served_somebody),
            "share": _figure_as_dict(self.adoption.share),
            "payoff": _figure_as_dict(self.adoption.payoff),
            "share_of_user": self.share_of_user.mean(axis=0).tolist(),
            "ahead": self.ahead.mean(axis=0).tolist(),
        }


def judged(noise: Noise, markets: Market, scores: FloatArray, platforms: int, choice: ChoiceRule) -> EntryRedrawn:
    """What each of the redrawn `markets` would make of a release with these scores."""
    adoption, share_of_user = Trials(markets, platforms, choice).served(scores)
    return EntryRedrawn(noise, adoption, share_of_user, scores > markets.scores.max(axis=-2) + EQUAL)


def pooled(found: Sequence[EntryRedrawn]) -> EntryRedrawn | None:
    """All draws together, those of each size of the shared error as many; None of none."""
    if not found:
        return None
    figures = zip(*(one.adoption for one in found), strict=True)
    return EntryRedrawn(
        found[0].noise,
        Adoption(*(np.concatenate(parts) for parts in figures)),
        np.concatenate([one.share_of_user for one in found]),
        np.concatenate([one.ahead for one in found]),
    )


def as_good(
    scores: FloatArray,
    found: Sequence[EntryRedrawn],
    batches: Sequence[Market],
    platforms: int,
    choice: ChoiceRule,
) -> NDArray[np.bool_]:
    """Whether releases serve as much value as the judged one within two standard errors of the mean difference.

    Args:
        scores: of the releases, `(releases, users)`.
        found: how the judged one fared in each batch.
        batches: the redrawn markets, of which the first `COMPARED` of each are looked at.
        platforms: N.
        choice: how users choose.
    """
    gaps = np.concatenate(
        [
            one.adoption.payoff[:COMPARED, None] - Trials(batch[:COMPARED], platforms, choice).adoption(scores).payoff
            for one, batch in zip(found, batches, strict=True)
        ]
    )
    error = gaps.std(axis=0, ddof=1) / math.sqrt(len(gaps)) if len(gaps) > 1 else np.full(len(scores), np.inf)
    as_much: NDArray[np.bool_] = gaps.mean(axis=0) <= 2 * error + EQUAL
    return as_much


def affordable_to_judge(market: Market, platforms: int) -> int | None:
    """How many markets to redraw to judge a release where nobody says it; None if that takes too long.

    The number depends on the size of the market, not on the machine.
    """
    each = 2 * _steps(market, platforms)
    return next((number for number in NUMBERS if number * each <= JUDGING_STEPS), None)


def search_size(market: Market, platforms: int, releases: int | None, *, redrawn: bool) -> tuple[int, int]:
    """How many releases a search tries, and in how many redrawn markets; 1 stands for the market itself.

    Args:
        market: the incumbents.
        platforms: N.
        releases: how many were asked for; None if nobody did.
        redrawn: whether anything is to be redrawn.

    Example:
        >>> search_size(Market([[0.5]], [1.0]), 2, None, redrawn=True)
        (1000, 256)
    """
    each = _steps(market, platforms)
    found = [(releases or tried, draws, looks) for tried, draws, looks in SEARCHES if (draws > 1) == redrawn]
    affordable = [(tried, draws) for tried, draws, looks in found if tried * looks * each <= SEARCHING_STEPS]
    tried, draws, _ = found[-1]
    if not redrawn:
        tried = releases or max(100, min(tried, SEARCHING_STEPS // each))
    return affordable[0] if affordable else (tried, draws)


def _steps(market: Market, platforms: int) -> int:
    """About how many scores are looked at to find where a market with an entrant rests."""
    models = market.num_models + 1
    return math.comb(models + platforms - 2, platforms - 1) * models * market.num_users * platforms


def markets_to_choose_in(market: Market, noises: Sequence[Noise], draws: int, seed: int) -> Market:
    """The redrawn markets in which a release is chosen, `draws` in all, other ones than those that judge it.

    By turns of each size of the shared error, so that the first few are a fair sample too.
    """
    each = [drawn(market, replace(noise, draws=draws // len(noises)), seed + _OTHER_DRAWS) for noise in noises]
    scores = np.stack([one.scores for one in each], axis=1)
    masses = np.stack([one.masses for one in each], axis=1)
    return Market(
        scores.reshape(-1, *scores.shape[2:]),
        masses.reshape(-1, masses.shape[-1]),
        model_names=market.model_names,
        user_names=market.user_names,
    )


def entry_uncertainty_section(found: Sequence[EntryRedrawn], chosen_in: int) -> Section:
    """How often the release serves anybody, how many users, and what they get.

    Args:
        found: for each size of the shared error, at least one.
        chosen_in: in how many other redrawn markets the release was chosen; 0 if it was not chosen so.
    """
    noise = found[0].noise
    sentences = [
        noise.what.replace(
            f"{counted(noise.draws, 'market')}", f"{counted(sum(one.draws for one in found), 'market')}"
        ),
        _errors_in_words(found),
        "The release keeps its scores; the incumbents and what platforms deploy change.",
    ]
    if chosen_in:
        sentences.append(
            f"Chosen for the largest mean value served over {chosen_in} other redrawn markets, so that these judge it "
            f"fairly."
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
            ("user value served", *errors, *_cells(one.adoption.payoff, number, interval, 3, 2)),
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
        return found[0].noise.sentences[-1] if len(found[0].noise.sentences) > 1 else "Scores are as measured."
    shared = " and ".join(f"{one.noise.shared_error:g}" for one in found)
    return (
        f"The errors of the models' scores for one user type have the correlations {shared}, each in as many markets: "
        f"how far models that answered the same questions err together the scores do not say."
    )


def _short(noise: Noise) -> str:
    return "independent" if not noise.shared_error else f"correlated {noise.shared_error:g}"


def _figure_as_dict(values: FloatArray) -> dict[str, float]:
    low, high = normal_interval(values)
    return {**asdict(spread(values)), "mean_low": low, "mean_high": high}
