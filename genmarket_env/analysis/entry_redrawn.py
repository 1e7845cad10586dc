"""What markets redrawn within their errors make of a release, and in how many of them one is chosen and judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..economy import Economy
from ..entry import Adoption
from ..entry.trials import Trials
from ..equilibrium.market_game import MarketGame
from ..intervals import Frequency, frequency, normal_interval
from ..market import FloatArray, Market
from ..runner import IN_PROCESS, Runner
from ..tolerances import EQUAL
from .affordable_draws import NUMBERS
from .entry_answer import EntryAnswer, answer_entry
from .noise import Noise, drawn
from .spread import spread

JUDGING_STEPS = 2_000_000_000
"""About so many scores are looked at to judge a release: a second."""

SEARCHES = ((5000, 1, 1), (1000, 256, 50), (1000, 64, 30), (500, 16, 16), (200, 8, 8), (100, 8, 8))
"""Releases tried, markets that they are chosen in, and in how many of these one is tried on average: the first that is
affordable."""

SEARCHING_STEPS = 20_000_000_000

COMPARED, LEAST_COMPARED = 250, 10
"""In so many markets of each batch the release is compared with others; beside an economy in as many as are affordable,
and at least so many."""

STEPS_BY_GAME, STEPS_A_GAME = 20, 1_000_000
"""Beside an economy each market is solved by itself: that takes as long as so many times the scores that are looked at,
and as so many more."""

UNLIKE = 3
"""So many times as long where platforms differ."""

SEARCHES_BY_GAME = ((500, 16, 16), (200, 8, 8), (100, 8, 8), (100, 4, 4), (50, 4, 4))
"""As `SEARCHES`, beside an economy, in the time of the next."""

SEARCHING_STEPS_BY_GAME, JUDGING_STEPS_BY_GAME = 10_000_000_000, 2_500_000_000

DRAWS_A_PART = 50
"""So many redrawn markets are judged by one worker at a time."""

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


def judged(
    game: MarketGame,
    noise: Noise,
    markets: Market,
    scores: FloatArray,
    economy: Economy | None = None,
    runner: Runner = IN_PROCESS,
) -> EntryRedrawn:
    """What each of the redrawn `markets` would make of a release with these scores.

    Args:
        game: the incumbents' market as measured, its platforms and the users' choice rule.
        noise: how the markets were redrawn.
        markets: a batch with one axis.
        scores: of the release, `(users,)`.
        economy: of the market with the entrant, as in `entry_outcome`.
        runner: carries the markets, some at a time.
    """
    found = runner.each(partial(_served, game, economy, scores), _parts(markets), shared=(game,))
    figures = zip(*(adoption for adoption, _ in found), strict=True)
    share_of_user = np.concatenate([shares for _, shares in found])
    adoption = Adoption(*(np.concatenate(parts) for parts in figures))
    return EntryRedrawn(noise, adoption, share_of_user, scores > markets.scores.max(axis=-2) + EQUAL)


def _parts(markets: Market) -> list[Market]:
    return [markets[start : start + DRAWS_A_PART] for start in range(0, markets.batch_shape[0], DRAWS_A_PART)]


def _served(
    game: MarketGame, economy: Economy | None, scores: FloatArray, markets: Market
) -> tuple[Adoption, FloatArray]:
    return _trials(game, economy, markets).served(scores)


def _payoffs(game: MarketGame, economy: Economy | None, scores: FloatArray, markets: Market) -> FloatArray:
    return _trials(game, economy, markets).adoption(scores).payoff


def _trials(game: MarketGame, economy: Economy | None, markets: Market) -> Trials:
    return Trials(markets, game.num_platforms, game.choice, economy=economy, reference=game.market)


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
    game: MarketGame,
    scores: FloatArray,
    found: Sequence[EntryRedrawn],
    batches: Sequence[Market],
    economy: Economy | None = None,
    runner: Runner = IN_PROCESS,
) -> NDArray[np.bool_]:
    """Whether releases serve as much value as the judged one within two standard errors of the mean difference.

    Args:
        game: the incumbents' market as measured, its platforms and the users' choice rule.
        scores: of the releases, `(releases, users)`.
        found: how the judged one fared in each batch.
        batches: the redrawn markets, of which the first `COMPARED` of each are looked at, or fewer beside an economy.
        economy: of the market with the entrant, as in `entry_outcome`.
        runner: carries the markets, some at a time.
    """
    compared = COMPARED
    if economy is not None:
        affordable = JUDGING_STEPS_BY_GAME // (_steps(game) * len(scores) * len(batches))
        compared = min(COMPARED, max(LEAST_COMPARED, affordable))
    parts = [part for batch in batches for part in _parts(batch[:compared])]
    payoffs = runner.each(partial(_payoffs, game, economy, scores), parts, shared=(game,))
    gaps = np.concatenate([one.adoption.payoff[:compared, None] for one in found]) - np.concatenate(payoffs)
    error = gaps.std(axis=0, ddof=1) / math.sqrt(len(gaps)) if len(gaps) > 1 else np.full(len(scores), np.inf)
    as_much: NDArray[np.bool_] = gaps.mean(axis=0) <= 2 * error + EQUAL
    return as_much


def affordable_to_judge(game: MarketGame) -> int | None:
    """How many markets to redraw to judge a release where nobody says it; None if that takes too long.

    The number depends on the size of the market, not on the machine.
    """
    each = 2 * _steps(game)
    most = JUDGING_STEPS if game.economy is None else JUDGING_STEPS_BY_GAME
    return next((number for number in NUMBERS if number * each <= most), None)


def search_size(game: MarketGame, releases: int | None, *, redrawn: bool) -> tuple[int, int]:
    """How many releases a search tries, and in how many redrawn markets; 1 stands for the market itself.

    Args:
        game: the incumbents' market and its platforms.
        releases: how many were asked for; None if nobody did.
        redrawn: whether anything is to be redrawn.

    Example:
        >>> search_size(MarketGame(Market([[0.5]], [1.0]), 2), None, redrawn=True)
        (1000, 256)
    """
    each, most, searches = _steps(game), SEARCHING_STEPS, SEARCHES
    if game.economy is not None:
        most, searches = SEARCHING_STEPS_BY_GAME, (SEARCHES[0], *SEARCHES_BY_GAME)
    found = [(releases or tried, draws, looks) for tried, draws, looks in searches if (draws > 1) == redrawn]
    affordable = [(tried, draws) for tried, draws, looks in found if tried * looks * each <= most]
    tried, draws, _ = found[-1]
    if not redrawn:
        tried = releases or max(100, min(tried, most // each))
    return affordable[0] if affordable else (tried, draws)


def _steps(game: MarketGame) -> int:
    """About how many scores are looked at to find where a market with an entrant rests."""
    models, platforms = game.num_models + 1, game.num_platforms
    if game.economy is None:
        return math.comb(models + platforms - 2, platforms - 1) * models * game.num_users * platforms
    alike = math.comb(models + platforms - 2, platforms - 1)
    opponents = alike if game.alike else UNLIKE * models ** (platforms - 1)
    return STEPS_BY_GAME * opponents * models * game.num_users * platforms + STEPS_A_GAME


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


@dataclass(frozen=True, eq=False)
class JudgedEntry:
    """A release, and what markets redrawn within their errors make of it and of the best one found.

    Attributes:
        answer: the release and what it is compared with.
        search: how many releases a search tries.
        redrawn: what each batch of redrawn markets would make of it; empty without batches.
        best_redrawn: the same of the best release found; empty if that is not another one.
        as_good: the parameters of releases that lie apart and serve as much in redrawn markets, within two standard
            errors, `(releases, d)`; empty if none were compared.
    """

    answer: EntryAnswer
    search: int
    redrawn: tuple[EntryRedrawn, ...]
    best_redrawn: tuple[EntryRedrawn, ...]
    as_good: FloatArray


def judge_entry(
    game: MarketGame,
    batches: Sequence[tuple[Noise, Market]],
    *,
    technology: str,
    technology_options: Mapping[str, Any],
    scheme: str,
    search: int | None,
    seed: int,
    economy: Economy | None = None,
    runner: Runner = IN_PROCESS,
) -> JudgedEntry:
    """Choose a release in some redrawn markets, and judge it in others.

    Args:
        game: the incumbents' market as measured, its platforms and the users' choice rule.
        batches: the markets that judge it, each with how they were redrawn; none to judge it by the scores as measured.
        technology: as `answer_entry`.
        technology_options: as `answer_entry`.
        scheme: as `answer_entry`.
        search: how many releases the search tries; None for as many as a few seconds allow.
        seed: draws whatever is random.
        economy: of the market with the entrant, as in `entry_outcome`; `game` has that of the incumbents.
        runner: carries the markets that judge a release, some at a time.

    Raises:
        ValueError, ImportError: as `answer_entry`.
    """
    noises, markets = [noise for noise, _ in batches], [batch for _, batch in batches]
    releases, chosen_in = search_size(game, search, redrawn=bool(batches))
    tried = releases if search is None else search
    answer = answer_entry(
        game,
        technology=technology,
        technology_options=technology_options,
        scheme=scheme,
        search=tried,
        rng=np.random.default_rng(seed),
        redrawn=markets_to_choose_in(game.market, noises, chosen_in, seed) if batches else None,
        economy=economy,
    )
    found, best = (
        tuple(judged(game, noise, batch, entry.scores, economy, runner) for noise, batch in batches) if entry else ()
        for entry in (answer.entry, answer.best)
    )
    others = answer.entry.trace.get("rivals", np.empty((0, 0)))[1:] if batches else np.empty((0, 0))
    if len(others):
        scores = np.asarray(answer.technology.scores(others, game.market.scores))
        others = others[as_good(game, scores, found, markets, economy, runner)]
    return JudgedEntry(answer, tried, found, best, others)


def _figure_as_dict(values: FloatArray) -> dict[str, float]:
    low, high = normal_interval(values)
    return {**asdict(spread(values)), "mean_low": low, "mean_high": high}
