"""The answer of `genmarket solve` about a game: as plain data, as sections, and as a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import typer
from gymnasium.spaces import Box

from .. import games
from ..about import TITLE
from ..command_line import check_folder, note
from ..games.answer import GameAnswer
from ..number_format import NONE, interval
from ..protocol import Counting, Described, Game, Spoken
from ..status import Status
from .game_options import NamedGame, load_game, plain
from .sections import Section, counted, export_sections, in_the_json, number, print_sections, words

DOCUMENT = "solve.json"

MOST_NUMBERS = 12
"""The most numbers of a state or an action that are printed."""

LONGEST_NUMBER = 20
"""An action of more characters than this may be broken over lines in a table, as texts are."""

MOST_EQUILIBRIA = 20
"""The most pure equilibria that are printed."""

LEAST_SHOWN = 5e-5
"""Less likely actions of a mixture are not printed."""

ENDED = {Status.CONVERGED: "exact", Status.CYCLED: "best replies cycle", Status.MAX_ROUNDS: "not found"}


def answer_game(
    name: str,
    settings: Sequence[str] | None,
    seed: int,
    state: str | None,
    out: Path | None,
    export: Path | None,
    as_json: bool,
) -> None:
    """Print the exact answer to a game; with `out` write the page, the numbers and the figure too."""
    if out is not None:
        check_folder(out)
    solved = SolvedGame.of(load_game(name, settings, seed, state))
    document = json.dumps(solved.as_dict(), indent=2, allow_nan=False) + "\n"
    if out is not None:
        from .page import write_game_page

        note(f"report: {write_game_page(out, solved.sections, solved.named, DOCUMENT, document)}")
    export_sections(solved.sections, solved.named.about, export)
    if as_json:
        typer.echo(document, nl=False)
    else:
        print_sections([*solved.sections, origin(solved.named)])


def origin(named: NamedGame) -> Section:
    """Where an answer comes from, for who reads it in a terminal."""
    return Section(TITLE, (f"source: {named.entry.source}", *named.about.notes))


@dataclass(frozen=True, eq=False)
class SolvedGame:
    """A game and what theory says of it."""

    named: NamedGame
    answer: GameAnswer

    @classmethod
    def of(cls, named: NamedGame) -> SolvedGame:
        """The exact answer, computed now."""
        return cls(named, games.solve(named.game, named.state))

    def as_dict(self) -> dict[str, Any]:
        """The answer as plain data."""
        named = self.named
        return {
            "name": named.name,
            "title": named.entry.title,
            "players": list(named.game.players),
            "parameters": named.parameters,
            "state": plain(named.state),
            "seed": named.seed if named.drawn else None,
            "reference": reference_as_dict(named, self.answer),
            "about": named.about.as_dict(),
        }

    @property
    def sections(self) -> list[Section]:
        """The answer, what it is worth, and the game it is of."""
        named, answer = self.named, self.answer
        parameters = ", ".join(f"{key} {value}" for key, value in named.shown_parameters)
        first = Section(named.heading, (verdict(named, answer), named.rules, f"Parameters: {parameters}."))
        stable = _equilibrium_sections(named, answer)
        return [first, *state_sections(named), *answer_sections(named, answer), *stable]


def reference_as_dict(named: NamedGame, answer: GameAnswer) -> dict[str, Any]:
    """The exact answer as plain data; `play` and `figures` are missing where there is no solution."""
    document: dict[str, Any] = {
        "concept": answer.concept,
        "status": None if answer.status is None else answer.status.name.lower(),
        "source": answer.source,
    }
    if answer.equilibria is not None:
        document["pure_equilibria"] = answer.equilibria.tolist()
        document["pure_equilibria_up_to_order"] = answer.up_to_order
    if answer.least is not None:
        document["least_epsilon"] = {"value": answer.least.value, "profile": answer.least.profile.tolist()}
    if answer.mixed is not None:
        mixed = answer.mixed
        document["symmetric_mixed_equilibrium"] = {
            "status": mixed.status.name.lower(),
            "mixture": mixed.mixture.tolist(),
            "payoff": mixed.value,
            "nash_conv": mixed.nash_conv,
        }
    for name, ends in (("correlated", answer.correlated), ("coarse_correlated", answer.coarse)):
        if ends is not None:
            document[f"welfare_of_{name}_equilibria"] = list(ends)
    if answer.truth_gap is not None:
        document["truth_gap"] = answer.truth_gap.tolist()
    if answer.actions is not None and answer.payoffs is not None and answer.regret is not None:
        document["play"] = {
            player: {"action": plain(action), "payoff": float(payoff), "regret": float(regret)}
            for player, action, payoff, regret in zip(
                named.game.players, answer.actions, answer.payoffs, answer.regret, strict=True
            )
        }
        document["figures"] = dict(answer.figures)
    return document


def verdict(named: NamedGame, answer: GameAnswer) -> str:
    """The answer in a sentence."""
    if answer.actions is None or answer.payoffs is None:
        return f"{_begun(answer.concept)}{f' ({answer.source})' if answer.source else ''}."
    each = "; ".join(
        f"{player} {said(named.game, action)} for {number(payoff)}"
        for player, action, payoff in zip(named.game.players, answer.actions, answer.payoffs, strict=True)
    )
    return f"{answer.concept}: {each}." if len(each) <= 200 else f"{answer.concept}, of {len(answer.payoffs)} players."


def answer_sections(named: NamedGame, answer: GameAnswer) -> list[Section]:
    """The solution by player, and what it is worth."""
    if answer.actions is None or answer.payoffs is None or answer.regret is None:
        told = (
            ()
            if answer.truth_gap is None
            else (f"In this state a lie gains up to {number(float(answer.truth_gap.max()))}.",)
        )
        return [Section("Exact answer", (f"{_begun(answer.concept)}.", *told))]
    grid = any(isinstance(space, Box) for space in named.game.spaces)
    bound = f"; of prices, bids and the like from {answer.points} values of each, a lower bound" if grid else ""
    rows = tuple(
        (player, said(named.game, action), number(payoff), number(regret))
        for player, action, payoff, regret in zip(
            named.game.players, answer.actions, answer.payoffs, answer.regret, strict=True
        )
    )
    ended = NONE if answer.status is None else ENDED[answer.status]
    solution = Section(
        "Exact answer",
        (
            f"{answer.concept} ({ended}): {answer.source}",
            f"Regret: what a player could gain by another action, measured now{bound}.",
        ),
        ("player", "action", "payoff", "regret"),
        rows,
        numbers_beside(rows, 3),
    )
    if not answer.figures:
        return [solution]
    figures = tuple((words(name), figure(named.game, name, value)) for name, value in answer.figures.items())
    return [solution, Section("What it is worth", (), ("figure", "value"), figures, 1)]


def numbers_beside(rows: Sequence[tuple[str, ...]], numbers: int) -> int:
    """How many of the last columns are set as numbers, the first of which is an action: a long one is a text."""
    return numbers if all(len(row[-numbers]) <= LONGEST_NUMBER for row in rows) else numbers - 1


def _equilibrium_sections(named: NamedGame, answer: GameAnswer) -> list[Section]:
    """Every pure Nash equilibrium, with its payoffs and its figures, of a finite game."""
    found, game = answer.equilibria, named.game
    if found is None:
        return []
    others = _other_play(answer)
    order = ", up to the order of players" if answer.up_to_order else ""
    if not len(found):
        sentences = ["There is none: in every profile somebody gains by another action."]
        if answer.least is not None:
            sentences.append(
                f"The least epsilon is {number(answer.least.value)}: so much a player must forgo for a profile to "
                f"last, such as {all_said(game, answer.least.profile)}."
            )
        return [Section("Pure Nash equilibria", tuple(sentences)), *others]
    shown = found[:MOST_EQUILIBRIA]
    actions = tuple(shown.T)
    state = named.state
    if state is not None:
        state = type(state)(*(np.broadcast_to(part, (len(shown), *np.shape(part))) for part in state))
    payoffs = game.payoffs(state, actions)
    figures = dict(game.figures(state, actions)) if isinstance(game, Described) else {}
    rows = tuple(
        (
            all_said(game, profile),
            ", ".join(map(number, pays)),
            *(figure(game, name, float(np.broadcast_to(value, len(shown))[at])) for name, value in figures.items()),
        )
        for at, (profile, pays) in enumerate(zip(shown, payoffs.tolist(), strict=True))
    )
    more = f" {in_the_json(len(found) - len(shown), 'more', 'more')}" if len(found) > len(shown) else ""
    told = f"{counted(len(found), 'equilibrium', 'equilibria')}{order}; nobody gains by another action.{more}"
    header = ("actions", "payoffs", *map(words, figures))
    return [Section("Pure Nash equilibria", (told,), header, rows, len(figures)), *others]


def _other_play(answer: GameAnswer) -> list[Section]:
    """Mixed and correlated play, where players are alike."""
    mixed, told = answer.mixed, []
    if mixed is not None and mixed.status is Status.CONVERGED:
        likely = np.flatnonzero(mixed.mixture >= LEAST_SHOWN)
        drawn = " and ".join(f"{action} with probability {number(float(mixed.mixture[action]))}" for action in likely)
        told.append(f"In a symmetric mixed equilibrium each player draws {drawn}, and gets {number(mixed.value)}.")
    ranges = (("correlated", answer.correlated), ("coarse correlated", answer.coarse))
    rows = tuple((name, interval(*ends)) for name, ends in ranges if ends is not None)
    if not (told or rows):
        return []
    header = ("equilibria", "welfare, least to largest") if rows else ()
    return [Section("Mixed and correlated play", tuple(told), header, rows, 1 if rows else 0)]


def _begun(text: str) -> str:
    """With a capital letter at the beginning."""
    return text[:1].upper() + text[1:]


def said(game: Game[Any], action: Any) -> str:
    """An action as people are told of it, by the game's own words where it has some.

    Example:
        >>> from genmarket_env import games
        >>> said(games.make("algorithmic-pricing"), 0)
        '1.4277'
    """
    return game.action_in_words(action) if isinstance(game, Spoken) else in_words(action)


def all_said(game: Game[Any], profile: Any) -> str:
    """The actions of all players of a finite game."""
    if not isinstance(game, Spoken):
        return in_words(profile)
    return ", ".join(said(game, action) for action in np.ravel(profile).tolist())


def figure(game: Game[Any], name: str, value: float) -> str:
    """A figure of the game; a count without decimals where it is whole."""
    is_count = isinstance(game, Counting) and name in game.counts and float(value).is_integer()
    return f"{value:,.0f}" if is_count else number(value)


def in_words(action: Any) -> str:
    """An action, or a part of a state, as a text.

    Example:
        >>> in_words(np.array([0.5, 2.0])), in_words(np.array(3))
        ('0.5000, 2.0000', '3')
    """
    values = np.ravel(action).tolist()
    shown = [str(value) if isinstance(value, int) else number(value) for value in values[:MOST_NUMBERS]]
    return ", ".join([*shown, *(["..."] if len(values) > MOST_NUMBERS else [])])


def state_sections(named: NamedGame) -> list[Section]:
    """What is fixed before the round, a line a player where it has one each."""
    if named.state is None:
        return []
    fields = plain(named.state)
    where = f"Drawn with the seed {named.seed}." if named.drawn else "As given."
    rows = []
    for name, value in fields.items():
        of_each = isinstance(value, list) and len(value) == len(named.game.players)
        for who, part in zip(named.game.players, value, strict=True) if of_each else (("", value),):
            rows.append((name, who, in_words(part)))
    return [Section("What is fixed before the round", (where,), ("what", "of", "value"), tuple(rows))]
