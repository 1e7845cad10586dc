"""How far the joint play of learners is from an equilibrium, and what it pays: as exactly as the game allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from gymnasium.spaces import Box, Discrete

from genmarket_env import MarketGame, expected_deviation_payoffs
from genmarket_env.exact import expected_payoffs, mixed_regret, payoff_tensor, unfold
from genmarket_env.intervals import student_mean
from genmarket_env.market import FloatArray
from genmarket_env.protocol import Actions, Array, Described, Game, Policy, Private, Replies

from .joint import Mixed, Play, Seen, as_mixtures
from .tried import tried_actions

MAX_TENSOR = 1_000_000
"""Up to so many entries a finite game is evaluated by its payoff tensor."""
GROUPS, DRAWS = 32, 32
"""Types of a player, and draws of what it does not know for each, of the interim regret."""
SAMPLE = 256
"""Rounds that are drawn where neither a tensor nor one round tells all."""

Distance = Literal["exact", "interim", "grid", "ex post"]

IN_WORDS: dict[Distance, str] = {
    "exact": "NashConv, exact",
    "interim": "sum of interim regrets, over draws",
    "grid": "NashConv, from a grid: a lower bound",
    "ex post": "sum of ex-post regrets, over draws",
}
"""What the distance from equilibrium is called."""


@dataclass(frozen=True, eq=False)
class Measured:
    """What a joint play amounts to.

    Attributes:
        nash_conv: the sum over players of what each could gain.
        half_width: of its 95 % interval over what was drawn (Student's t); 0 where nothing was.
        regrets: what each player could gain, `(N,)`.
        payoffs: of each player, on average, `(N,)`.
        figures: of the game, on average, by name.
        payoff_half_widths: of the 95 % intervals of the payoffs over what was drawn, `(N,)`; None where nothing was.
    """

    nash_conv: float
    half_width: float
    regrets: FloatArray
    payoffs: FloatArray
    figures: dict[str, float] = field(default_factory=dict)
    payoff_half_widths: FloatArray | None = None


class Evaluator:
    """Measures joint plays of one game, always on the same draws.

    Four ways, by what the game is:

    * nothing is drawn, all move at once, spaces are Discrete: by the payoff tensor, exact for mixtures;
    * a market whose tensor is too large: by the expectations of mixed play, exact; figures are means over draws;
    * all move at once and what others know can be drawn anew (`Private`): the interim regret, as the mean over types of
      a player of the gain of the action that is best on average over the others' types;
    * else by rounds that are played: a mover of the first stage of a game without types gains by the action that is
      best on average, any other by the best one in each round, given all else that is done in it.

    A player's own mixture counts by its exact mean. Actions of a Box are on a grid (of one of many dimensions those of
    `scattered`, and the reference's where there are no types), which makes regret a lower bound, and exact replies are
    added where the game knows them (`Replies`) and one round tells all.

    Args:
        game: the game.
        seed: of the draws.
    """

    def __init__(self, game: Game[Any], seed: int = 0) -> None:
        self.game = game
        rng = np.random.default_rng(seed)
        self._typed = game.draw(np.random.default_rng(0)) is not None
        self._finite = all(isinstance(space, Discrete) for space in game.spaces)
        self._tensor = self._tensors() if self._finite and not self._typed and len(game.stages) == 1 else None
        self._market = game if self._tensor is None and isinstance(game, MarketGame) and game.pays_scores else None
        self._interim = self._typed and len(game.stages) == 1 and isinstance(game, Private)
        if self._interim:
            assert isinstance(game, Private)
            types = game.draw(rng, (GROUPS,))
            self._unknown = [game.unknown(types, i, rng, (DRAWS,)) for i in range(len(game.players))]
        self.batch: tuple[int, ...] = (DRAWS, GROUPS) if self._interim else (SAMPLE,)
        self.states = game.draw(rng, self.batch)
        """The states on which payoffs and figures are averaged; None where the game has none."""
        self.figure_names = self._figure_names()
        """The names of the game's figures, the welfare first; none where it describes none."""
        self._uniform = [rng.random(self.batch) for _ in game.players]

    @property
    def distance(self) -> Distance:
        """Which distance from equilibrium is measured."""
        if self._tensor is not None or self._market is not None:
            return "exact"
        if self._interim:
            return "interim"
        return "ex post" if self._typed else "grid"

    def measure(self, play: Play) -> Measured:
        """What a joint play amounts to."""
        if self._tensor is not None:
            mixtures = as_mixtures(self.game, play)
            if mixtures is not None:
                return self._by_tensor(mixtures)
        if self._market is not None:
            mixtures = as_mixtures(self.game, play)
            assert mixtures is not None
            return self._by_expectations(self._market, np.array(mixtures))
        return self._by_rounds(play)

    def _figure_names(self) -> tuple[str, ...]:
        if not isinstance(self.game, Described):
            return ()
        first = (space.low if isinstance(space, Box) else np.zeros(space.shape, int) for space in self.game.spaces)
        state = self.states if self.states is None else self.game.draw(np.random.default_rng(0))
        return tuple(self.game.figures(state, tuple(first)))

    def _tensors(self) -> tuple[FloatArray, tuple[str, ...], FloatArray] | None:
        """The payoffs, and the names and values of the figures, of all profiles."""
        sizes = [int(space.n) for space in self.game.spaces if isinstance(space, Discrete)]
        if float(np.prod([float(n) for n in sizes])) * len(sizes) > MAX_TENSOR:
            return None
        profiles = tuple(np.meshgrid(*map(np.arange, sizes), indexing="ij"))
        figures = dict(self.game.figures(None, profiles)) if isinstance(self.game, Described) else {}
        values = [np.broadcast_to(figure, sizes) for figure in figures.values()]
        return payoff_tensor(self.game), tuple(figures), np.stack([*values, np.zeros(sizes)], axis=-1)

    def _by_tensor(self, mixtures: list[FloatArray]) -> Measured:
        assert self._tensor is not None
        payoffs, names, figures = self._tensor
        regrets = mixed_regret(payoffs, mixtures)
        return Measured(
            float(regrets.sum()),
            0.0,
            regrets,
            expected_payoffs(payoffs, mixtures),
            dict(zip(names, map(float, expected_payoffs(figures, mixtures)), strict=False)),
        )

    def _by_expectations(self, game: MarketGame, policies: FloatArray) -> Measured:
        deviations = expected_deviation_payoffs(game.market, policies, game.choice)
        payoffs = (policies * deviations).sum(axis=-1)
        regrets = np.maximum(deviations.max(axis=-1) - payoffs, 0.0)
        cumulative = policies.cumsum(axis=-1)
        drawn = tuple(
            np.minimum((uniform[:, None] * own[-1] >= own).sum(axis=-1), game.num_models - 1)
            for uniform, own in zip(self._uniform, cumulative, strict=True)
        )
        figures = {name: float(np.mean(values)) for name, values in game.figures(None, drawn).items()}
        return Measured(float(regrets.sum()), 0.0, regrets, payoffs, figures)

    def _by_rounds(self, play: Play) -> Measured:
        game = self.game
        policies, batch = self._policies(play)
        single = batch == (1,)
        actions = unfold(game, self.states, policies)
        payoffs = np.broadcast_to(game.payoffs(self.states, actions), (*batch, len(play)))
        figures = game.figures(self.states, actions) if isinstance(game, Described) else {}
        gains = []
        for player, played in enumerate(play):
            states = self._unknown[player] if self._interim else self.states
            gain = self._gains(states, policies, player, played, batch)
            if self._interim:
                gains.append(np.maximum(gain.mean(axis=1).max(axis=0), 0.0))
            elif not self._typed and player in game.stages[0]:
                best = gain[gain.mean(axis=1).argmax()]
                gains.append(best if best.mean() > 0 else np.zeros_like(best))
            else:
                gains.append(np.maximum(gain.max(axis=0), 0.0))
        total = np.sum(gains, axis=0)
        return Measured(
            float(total.mean()),
            half_width(total),
            np.mean(gains, axis=1),
            payoffs.reshape(-1, len(play)).mean(axis=0),
            {name: float(np.mean(figure)) for name, figure in figures.items()},
            None if single else np.array([half_width(own) for own in payoffs.reshape(-1, len(play)).T]),
        )

    def gains_in_hindsight(self, play: Play, player: int) -> FloatArray:
        """What a player would gain in each draw by its best action, had all been known: `(draws,)`, >= 0.

        On average this is no less than what it can gain by what it knows. Actions of a Box are those that are tried,
        and exact replies where the game knows them (`Replies`).
        """
        policies, batch = self._policies(play)
        gains = self._gains(self.states, policies, player, play[player], batch, replies=True)
        return np.maximum(gains.max(axis=0), 0.0).ravel()

    def best_action(self, play: Play, player: int) -> Array:
        """The one action, whatever a player sees, that pays it most on average over the draws; of those tried."""
        policies, batch = self._policies(play)
        actions = tried_actions(self.game, player, batch, typed=self._typed)
        gains = self._gains(self.states, policies, player, play[player], batch)[: len(actions)]
        best: Array = actions[gains.reshape(len(actions), -1).mean(axis=1).argmax()]
        return best

    def paid(self, play: Play) -> FloatArray:
        """What each player gets in each draw, `(draws, N)`; the same draws at every call."""
        policies, batch = self._policies(play)
        payoffs = self.game.payoffs(self.states, unfold(self.game, self.states, policies))
        return np.broadcast_to(payoffs, (*batch, len(play))).reshape(-1, len(play))

    def _policies(self, play: Play) -> tuple[tuple[Policy, ...], tuple[int, ...]]:
        """What is played as policies that always draw alike, and the batch of the draws."""
        # One round tells all where nothing is drawn and nobody mixes.
        single = not self._typed and not any(isinstance(p, Mixed) or getattr(p, "draws", False) for p in play)
        uniform = [numbers[:1] if single else numbers for numbers in self._uniform]
        policies = tuple(_drawing(played, numbers) for played, numbers in zip(play, uniform, strict=True))
        return policies, (1,) if single else self.batch

    def _gains(
        self,
        states: Any,
        policies: tuple[Policy, ...],
        player: int,
        played: Array | Policy | Mixed,
        batch: tuple[int, ...],
        *,
        replies: bool = False,
    ) -> FloatArray:
        """What a player gains by each of some actions over what it does, `(C, *batch)`; by exact `replies` too."""
        game, space = self.game, self.game.spaces[player]

        def paid(actions: Array) -> FloatArray:
            """What the player gets by actions `(C, *batch, *shape)`."""
            acted = unfold(game, states, policies, {player: actions})
            return np.broadcast_to(game.payoffs(states, acted)[..., player], (len(actions), *batch))

        def everywhere(actions: Array) -> Array:
            """Actions `(C, *shape)` for each element of the batch."""
            number, shape = len(actions), space.shape or ()
            return np.broadcast_to(actions.reshape(number, *(1,) * len(batch), *shape), (number, *batch, *shape))

        known, seen = _on_path(game, states, policies, player)
        if isinstance(played, Mixed):
            own = paid(everywhere(np.asarray(played.actions)))
            weights = np.moveaxis(np.broadcast_to(played.at(states, seen), (*batch, len(own))), -1, 0)
            now = (weights * own).sum(axis=0)
        else:
            now = paid(np.broadcast_to(known[player], (1, *batch, *(space.shape or ()))))[0]
        values = paid(everywhere(tried_actions(game, player, batch, typed=self._typed)))
        if isinstance(played, Mixed):
            values = np.concatenate([values, own])
        if isinstance(game, Replies) and (replies or batch == (1,)) and player in game.stages[-1]:
            reply = np.asarray(game.best_reply(states, known, player))
            values = np.concatenate([values, paid(np.broadcast_to(reply, (1, *batch, *(space.shape or ()))))])
        return values - now


def half_width(values: FloatArray) -> float:
    """Half the 95 % interval of the mean of some draws, by Student's t; 0 of one.

    Example:
        >>> round(half_width(np.array([0.0, 1.0, 2.0])), 3)  # 4.303 * 1 / sqrt(3)
        2.484
    """
    if len(values) < 2:
        return 0.0
    found = student_mean(values)
    return found.high - found.mean


def _drawing(played: Array | Policy | Mixed, uniform: FloatArray) -> Policy:
    """What is played as a policy that always picks by the same uniform numbers."""
    if isinstance(played, Mixed):
        mixed = played
        return lambda state, seen: mixed.drawn(state, seen, uniform)
    if callable(played):
        return played
    action = np.asarray(played)
    return lambda *_: action


def _on_path(game: Game[Any], states: Any, policies: tuple[Policy, ...], player: int) -> tuple[Actions, Seen]:
    """What all do, and what of it the player has seen when it moves."""
    actions = unfold(game, states, policies)
    stage = next(index for index, movers in enumerate(game.stages) if player in movers)
    before = {other for movers in game.stages[:stage] for other in movers}
    return actions, tuple(action if index in before else None for index, action in enumerate(actions))
