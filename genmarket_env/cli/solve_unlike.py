"""The answer of `genmarket solve` about platforms that differ in access, brand or owner: as data and as sections."""

from __future__ import annotations

import json
from collections.abc import Hashable
from dataclasses import dataclass
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import typer

from .. import kernel
from ..command_line import note
from ..equilibrium.market_game import MarketGame
from ..exact import least_epsilon, mixed_equilibrium, pure_equilibria
from ..exact.effort import TooLarge
from ..exact.mixed_equilibrium import MixedProfile
from ..market import FloatArray, IntArray
from ..plain import to_data
from ..status import Status
from .options import NamedMarket
from .progress import progress
from .sections import Section, about_section, counted, export_sections, in_the_json, number, print_sections

DOCUMENT = "solve.json"

MAX_SHOWN = 10
"""The most equilibria that are shown; all are in the JSON."""

LEAST_PROBABILITY = 5e-4
"""What is less likely in a mixture is not listed."""

MOST_PLAYED = 100_000
"""Of so many profiles that a mixture plays the welfare is told."""

EARNS = (
    "Users: the share of all users on the platform; earns: what the platform itself earns by them; owner earns: what "
    "all platforms of its owner do together, which is what the owner maximises."
)


@dataclass(frozen=True, eq=False)
class SolvedUnlike:
    """What was asked and what was found.

    Attributes:
        market: which market.
        in_words: how users choose and what platforms earn.
        game: the platforms.
        profiles: the pure equilibria, `(E, N)`; where there is none the profile of the least epsilon alone.
        epsilon: the most that an owner gains by other models in them; 0 in equilibria.
        mixed: an equilibrium in mixtures where there is no pure one; None elsewhere, or where it is too large.
        left_out: what was not computed, and why.
    """

    market: NamedMarket
    in_words: str
    game: MarketGame
    profiles: IntArray
    epsilon: float
    mixed: MixedProfile | None
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, market: NamedMarket, in_words: str, game: MarketGame) -> SolvedUnlike:
        """Solve the market.

        Raises:
            ValueError: there are too many profiles to search, or the rule knows platforms by more than what they offer.
        """
        known = market.market.standard_errors
        left_out = (
            () if known is None else ("markets redrawn within the errors of the scores: not where platforms differ",)
        )
        profiles = pure_equilibria(game)
        if len(profiles):
            return cls(market, in_words, game, profiles, 0.0, None, left_out)
        least, mixed = least_epsilon(game), None
        try:
            mixed = mixed_equilibrium(game)
        except TooLarge as error:
            left_out = (*left_out, f"an equilibrium in mixtures: {error}")
        return cls(market, in_words, game, least.profile[None], least.value, mixed, left_out)

    @property
    def is_pure(self) -> bool:
        """Whether there is a pure equilibrium."""
        return self.mixed is None and not self.epsilon

    @property
    def owners(self) -> tuple[Hashable, ...]:
        """The owner of each platform; its number, from 1, where each has its own."""
        economy = self.game.economy
        if economy is None or economy.owners is None:
            return tuple(range(1, self.game.num_platforms + 1))
        return economy.owners

    def figures(self) -> list[dict[str, Any]]:
        """Of each profile what users and platforms have, platforms in their order."""
        game, profiles = self.game, self.profiles
        scores, rows, _ = game.offered(profiles)
        shares = kernel.market_shares(scores, game.market.masses, rows, game.asked)
        earned = game.earned(profiles)
        owned = game.of_owners(earned)
        told = game.figures(None, tuple(profiles.T))
        return [
            {
                "profile": profiles[i].tolist(),
                "welfare": float(told["welfare"][i]),
                "profit": float(earned[i].sum()),
                "shares": shares[i].tolist(),
                "earned": earned[i].tolist(),
                "owner_earns": owned[i].tolist(),
            }
            for i in range(len(profiles))
        ]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain numbers, lists and dicts."""
        market, game = self.market.market, self.game
        return {
            "market": self.market.name,
            "options": self.market.options,
            "title": self.market.title,
            "source": self.market.source,
            "about": self.market.about.as_dict(),
            "version": version("genmarket_env"),
            "masses": market.masses.tolist(),
            "scores": market.scores.tolist(),
            "model_names": list(market.model_names),
            "user_names": list(market.user_names),
            "num_platforms": game.num_platforms,
            "economy": to_data(game.economy),
            "owners": list(self.owners),
            "equilibria": self.figures() if self.is_pure else [],
            "least": None if self.is_pure else {"epsilon": self.epsilon, **self.figures()[0]},
            "mixed": None if self.mixed is None else self._mixed_as_dict(self.mixed),
            "left_out": list(self.left_out),
        }

    def _mixed_as_dict(self, mixed: MixedProfile) -> dict[str, Any]:
        expected = expected_figures(self.game, mixed)
        return {
            "converged": mixed.status is Status.CONVERGED,
            "nash_conv": mixed.nash_conv,
            "welfare": None if expected is None else expected["welfare"],
            "profit": None if expected is None else expected["profit"],
            "owners": [
                {
                    "owner": self.owners[players[0]],
                    "platforms": players.tolist(),
                    "strategies": strategies[mixture > 0].tolist(),
                    "probabilities": mixture[mixture > 0].tolist(),
                    "earns": payoff,
                }
                for players, strategies, mixture, payoff in zip(
                    mixed.players, mixed.strategies, mixed.mixtures, mixed.payoffs.tolist(), strict=True
                )
            ],
        }


def answer_unlike(
    market: NamedMarket, in_words: str, game: MarketGame, out: Path | None, export: Path | None, as_json: bool
) -> None:
    """Print the answer about platforms that differ; with `out` write the page and the numbers too."""
    with progress() as tell:
        tell("the search of all profiles")
        solved = SolvedUnlike.of(market, in_words, game)
    document = json.dumps(solved.as_dict(), indent=2, allow_nan=False) + "\n"
    sections = unlike_sections(solved)
    if out is not None:
        from .page import rendered, write_page

        page = rendered(sections, market.about, dict, DOCUMENT)
        note(f"report: {write_page(out, page, DOCUMENT, document)}")
    export_sections(sections, market.about, export)
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections([*sections, about_section(market.about)])


def expected_figures(game: MarketGame, mixed: MixedProfile) -> dict[str, float] | None:
    """The expected welfare and profit of independent mixtures; None if they play more than `MOST_PLAYED` profiles."""
    supports = [np.flatnonzero(mixture > 0) for mixture in mixed.mixtures]
    if np.prod([float(len(support)) for support in supports]) > MOST_PLAYED:
        return None
    played = np.array(list(product(*supports)))
    profiles = np.empty((len(played), game.num_platforms), np.int64)
    probabilities: FloatArray = np.ones(len(played))
    for place, players, strategies, mixture in zip(
        played.T, mixed.players, mixed.strategies, mixed.mixtures, strict=True
    ):
        profiles[:, players] = strategies[place]
        probabilities *= mixture[place]
    welfare = game.figures(None, tuple(profiles.T))["welfare"]
    return {
        "welfare": float(probabilities @ welfare),
        "profit": float(probabilities @ game.earned(profiles).sum(axis=1)),
    }


def unlike_sections(solved: SolvedUnlike) -> list[Section]:
    """All sections, in the order in which a reader needs them."""
    sections = [_verdict(solved), _who_earns(solved)]
    if solved.mixed is not None:
        sections.append(_mixtures(solved, solved.mixed))
    if solved.left_out:
        sections.append(Section("Not computed", solved.left_out))
    return sections


def _verdict(solved: SolvedUnlike) -> Section:
    market, game, economy = solved.market, solved.game, solved.game.economy
    differ = [name for name in ("access", "brands", "owners") if getattr(economy, name) is not None]
    options = "".join(f", {name} {value}" for name, value in market.options.items())
    asked = (
        f"{counted(game.num_models, 'model')}, {counted(game.num_users, 'user type')}{options}; "
        f"{counted(game.num_platforms, 'platform')} that differ by {' and '.join(differ)}; {solved.in_words}."
    )
    if solved.is_pure:
        count = counted(len(solved.profiles), "pure Nash equilibrium", "pure Nash equilibria")
        found = f"{count}, where an exchange of platforms that are alike counts as the same."
    else:
        found = (
            "There is no pure Nash equilibrium: in every profile some owner gains by other models. The least epsilon "
            f"is {number(solved.epsilon)}: so much an owner must forgo for a profile to last."
        )
    return Section(market.heading, (asked, found))


def _who_earns(solved: SolvedUnlike) -> Section:
    names = solved.market.market.model_names
    told = solved.figures()
    rows = []
    for place, found in enumerate(told[:MAX_SHOWN], start=1):
        outcome = f"equilibrium {place}" if solved.is_pure else "least epsilon"
        for i, model in enumerate(found["profile"]):
            mine = (found["shares"][i], found["earned"][i], found["owner_earns"][i])
            users = (outcome, f"{i + 1}", str(solved.owners[i]), names[model])
            rows.append((*users, *map(number, mine), number(found["welfare"]), number(found["profit"])))
    sentences = [EARNS, "Welfare: the score that users get, on average by mass; profit: the sum over platforms."]
    if len(told) > MAX_SHOWN:
        sentences.append(in_the_json(len(told) - MAX_SHOWN, "more equilibrium", "more equilibria"))
    header = ("outcome", "platform", "owner", "model", "users", "earns", "owner earns", "welfare", "profit")
    return Section("Who deploys and earns what", tuple(sentences), header, tuple(rows), numbers=5)


def _mixtures(solved: SolvedUnlike, mixed: MixedProfile) -> Section:
    names = solved.market.market.model_names
    rows = []
    for players, strategies, mixture, payoff in zip(
        mixed.players, mixed.strategies, mixed.mixtures, mixed.payoffs.tolist(), strict=True
    ):
        for place in np.argsort(-mixture, kind="stable"):
            if mixture[place] >= LEAST_PROBABILITY:
                platforms = ", ".join(str(player + 1) for player in players)
                models = ", ".join(names[model] for model in strategies[place])
                owner = str(solved.owners[players[0]])
                rows.append((platforms, owner, models, number(float(mixture[place])), number(payoff)))
    expected = expected_figures(solved.game, mixed)
    sentences = ["Owners draw what they deploy, each by its own probabilities; of several such equilibria this is one."]
    if mixed.status is not Status.CONVERGED:
        sentences.append(f"It is not solved: together owners could gain {mixed.nash_conv:.2g}.")
    if expected is not None:
        sentences.append(f"Expected welfare {number(expected['welfare'])}, profit {number(expected['profit'])}.")
    header = ("platforms", "owner", "models", "probability", "owner earns")
    return Section("An equilibrium in mixtures", tuple(sentences), header, tuple(rows), numbers=2)
