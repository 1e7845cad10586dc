"""What agents have played: as plain data, as sections, and as a picture of payoffs over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import agents, pictures
from ..about import About
from ..agents import Hindsight, Seat
from ..market import FloatArray
from ..messages import listed, shown
from ..number_format import number, percent
from ..protocol import Direct, Game
from .game_answer import said
from .game_options import plain
from .sections import Section, counted

WINDOWS = 50
"""Over how many parts of the rounds payoffs are averaged for the picture and in JSON."""

LAST = 10
"""The last rounds that are shown apart are one of so many parts."""

MOST_DRAWN = 6
STYLES = (("-", "black"), ("--", "black"), (":", "black"), ("-", "0.6"), ("--", "0.6"), (":", "0.6"))
"""The lines of the players, at most `MOST_DRAWN`."""


@dataclass(frozen=True, eq=False)
class Playground:
    """What is played, and how it is spoken of.

    Attributes:
        name: of the game or market, as it was asked for.
        heading: its name and what it is.
        game: the game.
        told: its rules in a sentence.
        parameters: with which it was made, by name.
        about: what stands beside the answer.
        origin: the same in short, for a terminal.
        action_names: of the actions of a market's platforms, its models; empty of a game.
    """

    name: str
    heading: str
    game: Game[Any]
    told: str
    parameters: Mapping[str, Any]
    about: About
    origin: Section
    action_names: tuple[str, ...] = ()

    def in_words(self, action: Any) -> str:
        """An action as a text."""
        return self.action_names[int(action)] if self.action_names else said(self.game, action)


@dataclass(frozen=True, eq=False)
class Played:
    """Rounds that have been played, with what they brought."""

    ground: Playground
    policies: tuple[str, ...]
    rounds: int
    seed: int
    found: Hindsight

    @classmethod
    def of(cls, ground: Playground, policy: str | None, rounds: int, seed: int) -> Played:
        """Play.

        Args:
            ground: what is played.
            policy: the agents' names with commas between them, one for all players or one each; None for `truthful`
                where types are reported, else `best_reply`.
            rounds: how many.
            seed: draws the states, and what is random in the agents.

        Raises:
            ValueError: there is no such agent, it does not fit its player, or there are too few or too many names.
        """
        game = ground.game
        names = _names(policy, game)
        of_states, *own = np.random.default_rng(seed).spawn(1 + len(names))
        crowd = []
        for player, (name, rng) in enumerate(zip(names, own, strict=True)):
            try:
                crowd.append(agents.make(name, Seat(game, player), rng=rng))
            except ValueError as error:
                raise ValueError(f"--policy: {error}; these fit every player: {_fitting(game)}") from None
        played = list(agents.play(crowd, rounds, rng=of_states))
        return cls(ground, names, rounds, seed, agents.hindsight(game, played))

    @property
    def last(self) -> int:
        """How many of the last rounds are shown apart."""
        return max(1, self.rounds // LAST)

    def as_dict(self) -> dict[str, Any]:
        """The answer as plain data."""
        found, ground = self.found, self.ground
        reference = found.reference_payoffs
        return {
            "name": ground.name,
            "parameters": dict(ground.parameters),
            "rounds": self.rounds,
            "seed": self.seed,
            "last_rounds": self.last,
            "action_names": list(ground.action_names) or None,
            "players": [
                {
                    "name": player,
                    "policy": self.policies[i],
                    "action_at_the_end": plain(found.actions[i][-1]),
                    "payoff": float(found.payoffs[:, i].mean()),
                    "payoff_of_last_rounds": float(found.payoffs[-self.last :, i].mean()),
                    "regret_of_one_action": float(found.fixed_regret[i]),
                    "regret_of_every_round": float(found.round_regret[i]),
                    "payoff_of_reference": None if reference is None else float(reference[i]),
                }
                for i, player in enumerate(ground.game.players)
            ],
            "welfare": None if found.welfare is None else float(found.welfare.mean()),
            "welfare_of_last_rounds": None if found.welfare is None else float(found.welfare[-self.last :].mean()),
            "reference": found.concept or None,
            "over_time": {
                "until_round": _ends(self.rounds).tolist(),
                "payoffs": _averages(found.payoffs).tolist(),
                "welfare": None if found.welfare is None else _averages(found.welfare).tolist(),
            },
            "about": ground.about.as_dict(),
        }

    @property
    def sections(self) -> list[Section]:
        """Who plays, what it brings, and what is meant."""
        found, ground = self.found, self.ground
        same = len(set(self.policies)) == 1
        who = f"all play {self.policies[0]}" if same else ", ".join(self.policies)
        first = Section(
            f"{ground.heading}",
            (f"{counted(self.rounds, 'round')}, seed {self.seed}: {who}.{self._welfare_in_words()}", ground.told),
        )
        sentences = [
            f"Payoffs are averages a round; last: over the last {self.last:,}. At the end: the most frequent action of "
            "those rounds, of prices and the like the last one.",
            "Regret: what a player would have gained a round by the best single action (one), or by the best action of "
            "every round (each), the others' actions as they were, also of those who move "
            f"later{self._grid_in_words()}.",
        ]
        header = ["player", "policy", "at the end", "payoff", "last", "regret: one", "each"]
        if found.reference_payoffs is not None:
            header.append("reference")
            drawn = ", on average over what was drawn" if found.is_drawn else ""
            sentences.append(f"Reference, exact: {found.concept}{drawn}.")
        elif found.concept:
            sentences.append(f"Reference, exact: {found.concept}.")
        rows = []
        for i, player in enumerate(ground.game.players):
            cells = [player, self.policies[i], self._at_the_end(i), number(float(found.payoffs[:, i].mean()))]
            cells.append(number(float(found.payoffs[-self.last :, i].mean())))
            cells += [number(float(found.fixed_regret[i])), number(float(found.round_regret[i]))]
            if found.reference_payoffs is not None:
                cells.append(number(float(found.reference_payoffs[i])))
            rows.append(tuple(cells))
        return [first, Section("Who plays what", tuple(sentences), tuple(header), tuple(rows), len(header) - 3)]

    def drawings(self) -> dict[str, str]:
        """The payoffs over time, by the caption, as an SVG element."""
        caption = "Payoffs over time"
        return {caption: pictures.inline(pictures.svg(self._figure(caption)))}

    def _figure(self, title: str) -> Any:
        found = self.found
        ends, payoffs = _ends(self.rounds), _averages(found.payoffs)
        players = self.ground.game.players
        drawn = range(min(len(players), MOST_DRAWN))
        with pictures.styled():
            figure = pictures.new_figure(7.5, 3.6)
            axes = figure.subplots()
            for i, (style, colour) in zip(drawn, STYLES, strict=False):
                label = f"{players[i]} ({self.policies[i]})"
                axes.plot(ends, payoffs[:, i], style, color=colour, label=label)
                if found.reference_payoffs is not None:
                    pays = float(found.reference_payoffs[i])
                    axes.plot(
                        [1.02 * self.rounds, 1.14 * self.rounds], [pays, pays], style, color=colour, linewidth=2.5
                    )
            part = -(-self.rounds // min(WINDOWS, self.rounds))
            axes.set(xlabel="round", ylabel=f"payoff a round, averages of {part:,}" if part > 1 else "payoff")
            more = f", the first {MOST_DRAWN} of {len(players)} players" if len(players) > MOST_DRAWN else ""
            marks = "; bold, at the right: the exact reference" if found.reference_payoffs is not None else ""
            axes.set_title(f"{title}{more}{marks}", loc="left")
            figure.legend(loc="outside lower center", ncols=3, frameon=False)
        return figure

    def _welfare_in_words(self) -> str:
        welfare = self.found.welfare
        if welfare is None:
            return ""
        return (
            f" Welfare {number(float(welfare.mean()))} a round, {number(float(welfare[-self.last :].mean()))} at last."
        )

    def _grid_in_words(self) -> str:
        if all(action.dtype.kind in "iub" for action in self.found.actions):
            return ""
        return f" (of prices, bids and the like {self.found.points} values of each are tried)"

    def _at_the_end(self, player: int) -> str:
        """What the player did the most often in the last rounds, with how often where it varies; else the last one."""
        actions = self.found.actions[player][-self.last :]
        if actions.ndim > 1 or actions.dtype.kind not in "iu":
            return self.ground.in_words(actions[-1])
        values, counts = np.unique(actions, return_counts=True)
        most = int(counts.argmax())
        share = counts[most] / len(actions)
        return self.ground.in_words(values[most]) + ("" if share == 1 else f" ({percent(share, 0)})")


def _names(policy: str | None, game: Game[Any]) -> tuple[str, ...]:
    """The agents' names, one a player."""
    players = len(game.players)
    if policy is None:
        return ("truthful" if isinstance(game, Direct) else "best_reply",) * players
    names = tuple(name.strip() for name in policy.split(","))
    for name in names:
        if name not in agents.names():
            raise ValueError(f"--policy: no agent is called {shown(name)}; the agents are: {listed(agents.names())}")
    if len(names) not in {1, players}:
        raise ValueError(f"--policy names {len(names)} agents for {players} players: give one for all, or one a player")
    return names * players if len(names) == 1 else names


def _fitting(game: Game[Any]) -> str:
    return listed(agents.fitting(game))


def _ends(rounds: int) -> FloatArray:
    """The last rounds, counted from 1, of the parts over which averages are taken."""
    return np.linspace(0, rounds, min(WINDOWS, rounds) + 1)[1:].round()


def _averages(values: FloatArray) -> FloatArray:
    """The averages over each part of the rounds, `(parts, ...)`."""
    ends = _ends(len(values)).astype(int)
    return np.array([part.mean(axis=0) for part in np.split(values, ends[:-1])])
