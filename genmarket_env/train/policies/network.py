"""A player's policy as a neural network of dense layers, evaluated by NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiBinary

from genmarket_env.envs.game_actions import in_units, shown_actions, shown_size
from genmarket_env.exact import candidates
from genmarket_env.market import FloatArray
from genmarket_env.messages import shown
from genmarket_env.protocol import Array, Game, Policy

from ..games.joint import Acting, Mixed, Seen, Sight

Activation = Literal["tanh", "relu"]
Head = Literal["categorical", "greedy", "bernoulli", "likeliest", "deterministic", "tanh", "gaussian"]
Input = Literal["sight", "environment"]

MOST_BITS = 10
"""A MultiBinary space of more bits has no list of actions that a `bernoulli` head could mix."""

ACTIVATIONS: dict[str, Callable[[FloatArray], FloatArray]] = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0.0)}

FINITE: dict[str, type] = {
    "categorical": Discrete, "greedy": Discrete, "bernoulli": MultiBinary, "likeliest": MultiBinary,
}  # fmt: skip
"""The spaces of heads; the others are of a Box."""


@dataclass(frozen=True, eq=False)
class NetworkSeat:
    """Dense layers, with an activation after each but the last.

    Attributes:
        layers: `(W, b)` each, `(out, in)` and `(out,)`: a layer maps x to W x + b.
        activation: "tanh" or "relu".
        head: what the last layer's numbers are: "categorical" logits or "greedy" values of a Discrete space;
            "bernoulli" logits of bits, drawn, or only their "likeliest"; of a Box, where an action is in [-1, 1] from
            the lowest to the highest of the game, "deterministic" (clipped), "tanh" (of it), or "gaussian" (the mean
            of what is drawn, then clipped).
        input: what the first layer takes: the player's "sight" (`genmarket_env.train.games.joint.Sight`), or the
            observation of the game's "environment" (`genmarket_env.envs.game_rounds.GameRounds`) in an episode's first
            round.
        appended: a constant vector behind that, such as which of several players it is.
        log_std: of a "gaussian" head, `(out,)`.

    Example:
        >>> from genmarket_env.games import AccuracyMarket
        >>> seat = NetworkSeat([(np.zeros((11, 1)), np.zeros(11))], "tanh", "categorical")
        >>> seat.play(AccuracyMarket(), 0).at(None, (None, None)).sum().round(6)
        np.float64(1.0)
    """

    layers: Sequence[tuple[Array, Array]]
    activation: Activation
    head: Head
    input: Input = "sight"
    appended: Array | None = None
    log_std: Array | None = None
    kind: ClassVar[str] = "network"

    def options(self) -> dict[str, Any]:
        """`layers` (their number), `activation`, `head` and `input`."""
        return {"layers": len(self.layers), "activation": self.activation, "head": self.head, "input": self.input}

    def arrays(self) -> dict[str, Array]:
        """`w0`, `b0`, `w1`, ..., and `appended` and `log_std` where they are given."""
        found = {
            f"{name}{at}": part for at, layer in enumerate(self.layers) for name, part in zip("wb", layer, strict=True)
        }
        more = {"appended": self.appended, "log_std": self.log_std}
        return {**found, **{name: array for name, array in more.items() if array is not None}}

    @classmethod
    def read(cls, options: dict[str, Any], arrays: Mapping[str, Array], /) -> NetworkSeat:
        """As `SeatPolicy.read`."""
        for name, known in (("activation", Activation), ("head", Head), ("input", Input)):
            if options.get(name) not in get_args(known):
                raise ValueError(
                    f"{name} of a network is {shown(options.get(name))}; known are {', '.join(get_args(known))}"
                )
        count = options.get("layers")
        if type(count) is not int or not 1 <= count <= 50:
            raise ValueError(f"a network has {shown(count)} layers; 1 to 50 are read")
        layers: list[tuple[Array, Array]] = []
        for at in range(count):
            weights, bias = arrays.get(f"w{at}"), arrays.get(f"b{at}")
            if weights is None or bias is None or weights.ndim != 2 or bias.shape != weights.shape[:1]:
                raise ValueError(f"layer {at} of a network has not weights (out, in) and a bias (out,)")
            if layers and weights.shape[1] != len(layers[-1][1]):
                raise ValueError(
                    f"layer {at} of a network takes {weights.shape[1]} numbers; the one before gives "
                    f"{len(layers[-1][1])}"
                )
            layers.append((weights.astype(float), bias.astype(float)))
        out, appended, log_std = len(layers[-1][1]), arrays.get("appended"), arrays.get("log_std")
        if appended is not None and appended.ndim != 1:
            raise ValueError("what is appended to a network's input must be one vector")
        if (options["head"] == "gaussian") != (log_std is not None) or (
            log_std is not None and log_std.shape != (out,)
        ):
            raise ValueError(f"a gaussian head, and no other, needs log_std of the shape ({out},)")
        return cls(layers, options["activation"], options["head"], options["input"], appended, log_std)

    def outputs(self, seen: FloatArray) -> FloatArray:
        """The last layer's numbers for inputs `(*batch, in)`, without what is appended: `(*batch, out)`."""
        found = seen
        if self.appended is not None:
            found = np.concatenate(
                [seen, np.broadcast_to(self.appended, (*seen.shape[:-1], len(self.appended)))], axis=-1
            )
        for at, (weights, bias) in enumerate(self.layers):
            found = found @ np.asarray(weights, float).T + bias
            if at < len(self.layers) - 1:
                found = ACTIVATIONS[self.activation](found)
        return found

    def play(self, game: Game[Any], player: int, rng: np.random.Generator | None = None) -> Policy | Mixed:
        """What the network does; of a finite space probabilities, of a Box actions."""
        view = _view(game, player, self.input)
        self._check(game, player, view(game.draw(np.random.default_rng(0)), _nothing(game, player)).shape[-1])
        space = game.spaces[player]

        def outputs(state: Any, seen: Seen) -> FloatArray:
            return self.outputs(view(state, seen))

        if self.head == "categorical":
            return Mixed(candidates(space), lambda state, seen: softmax(outputs(state, seen)), lambda: self)
        if self.head == "greedy":
            size = len(self.layers[-1][1])
            return Mixed(
                candidates(space), lambda state, seen: np.eye(size)[outputs(state, seen).argmax(axis=-1)], lambda: self
            )
        if self.head == "bernoulli":
            bits = candidates(space)

            def of_bits(state: Any, seen: Seen) -> FloatArray:
                on = 1 / (1 + np.exp(-outputs(state, seen)))[..., None, :]
                return np.asarray(np.where(bits == 1, on, 1 - on).prod(axis=-1))

            return Mixed(bits, of_bits, lambda: self)
        if self.head == "likeliest":
            return Acting(lambda state, seen: (outputs(state, seen) > 0).astype(np.int8), lambda: self)
        return self._in_box(space, outputs, rng)

    def _in_box(
        self, space: Any, outputs: Callable[[Any, Seen], FloatArray], rng: np.random.Generator | None
    ) -> Policy:
        assert isinstance(space, Box)

        def act(state: Any, seen: Seen) -> Array:
            found = outputs(state, seen)
            if self.head == "tanh":
                found = np.tanh(found)
            elif self.log_std is not None:
                drawn = (np.random.default_rng(0) if rng is None else rng).standard_normal(found.shape)
                found = found + np.exp(self.log_std) * drawn
            return in_units(space, found.reshape(*found.shape[:-1], *space.shape))

        return Acting(act, lambda: self, draws=self.head == "gaussian")

    def _check(self, game: Game[Any], player: int, size: int) -> None:
        name, space = game.players[player], game.spaces[player]
        if not isinstance(space, FINITE.get(self.head, Box)):
            raise ValueError(f"the network of {name} has a {self.head} head, which does not play {space}")
        if self.head == "bernoulli" and shown_size(space) > MOST_BITS:
            raise ValueError(
                f"the network of {name} draws {shown_size(space)} bits; more than {MOST_BITS} only as likeliest"
            )
        wide = size + (0 if self.appended is None else len(self.appended))
        if self.layers[0][0].shape[1] != wide:
            raise ValueError(
                f"the network of {name} takes {self.layers[0][0].shape[1]} numbers; in this game it sees {wide}"
            )
        if len(self.layers[-1][1]) != shown_size(space):
            raise ValueError(
                f"the network of {name} gives {len(self.layers[-1][1])} numbers; its space {space} takes "
                f"{shown_size(space)}"
            )


def softmax(logits: FloatArray) -> FloatArray:
    """Probabilities of logits `(*batch, n)`.

    Example:
        >>> softmax(np.array([0.0, np.log(3.0)]))
        array([0.25, 0.75])
    """
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def _nothing(game: Game[Any], player: int) -> Seen:
    """Earlier moves that the player may see, the first of each space."""
    found: list[Array | None] = [None] * len(game.players)
    for stage in game.stages:
        if player in stage:
            break
        for other in stage:
            space = game.spaces[other]
            found[other] = space.low.astype(float) if isinstance(space, Box) else np.zeros(space.shape, np.int64)
    return tuple(found)


def _view(game: Game[Any], player: int, of: Input) -> Callable[[Any, Seen], FloatArray]:
    """What the player's network is shown, `(*batch, size)`."""
    if of == "sight":
        sight = Sight(game)
        return lambda state, seen: sight.of(state, seen, player)
    stage = next(at for at, movers in enumerate(game.stages) if player in movers)
    clock = np.eye(len(game.stages) + 1)[stage]

    def observed(state: Any, seen: Seen) -> FloatArray:
        parts = [clock, np.asarray(game.observe(state, player), float)]
        for space, action in zip(game.spaces, seen, strict=True):
            moved = np.zeros(shown_size(space)) if action is None else shown_actions(space, action).astype(float)
            parts += [np.full((*moved.shape[:-1], 1), float(action is not None)), moved]
        parts.append(np.zeros(sum(1 + shown_size(space) for space in game.spaces)))
        leading = np.broadcast_shapes(*(part.shape[:-1] for part in parts))
        return np.concatenate([np.broadcast_to(part, (*leading, part.shape[-1])) for part in parts], axis=-1)

    return observed
