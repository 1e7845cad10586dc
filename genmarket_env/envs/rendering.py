"""A round as a text or a picture: who deploys what, and which users go where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import kernel
from ..market import FloatArray
from .dynamics import MarketDynamics, MarketState
from .outcome import Outcome

MAX_NAME = 44
"""Longer names are cut: they would leave no room for the users."""

MAX_LABELLED_USERS = 16
"""With more user types than this, cells are too narrow for a number and columns too narrow for a name."""


@dataclass(frozen=True, eq=False)
class RoundView:
    """What there is to show of a round, or of a market before the first one.

    Attributes:
        title: the round and the figures of the market.
        platforms: the name of each platform, `(platforms,)`.
        deployed: the name of the model that each deploys; a dash before the first round.
        users: the name of each user type, `(users,)`; like those of models on one line, and cut.
        masses: `(users,)`.
        demand: the share of each user type that each platform serves, `(platforms, users)`.
        shares: the market shares of the platforms, `(platforms,)`.
        payoffs: of the platforms, `(platforms,)`.
        notes: a line on each provider.
    """

    title: str
    platforms: tuple[str, ...]
    deployed: tuple[str, ...]
    users: tuple[str, ...]
    masses: FloatArray
    demand: FloatArray
    shares: FloatArray
    payoffs: FloatArray
    notes: tuple[str, ...]


def view_before(dynamics: MarketDynamics, state: MarketState) -> RoundView:
    """The market of a batch of one, before its first round."""
    nothing = np.zeros(dynamics.num_platforms)
    offers = _offers(dynamics, state.scores[0])
    return RoundView(
        title="before the first round",
        platforms=dynamics.actions.platforms,
        deployed=("-",) * dynamics.num_platforms,
        users=tuple(map(_cut, state.incumbents.user_names)),
        masses=state.incumbents.masses[0],
        demand=np.zeros((dynamics.num_platforms, dynamics.num_users)),
        shares=nothing,
        payoffs=nothing,
        notes=tuple(offers),
    )


def view_of(
    dynamics: MarketDynamics, state: MarketState, scores: FloatArray, outcome: Outcome, round_number: int
) -> RoundView:
    """The last round of a batch of one: `scores` were on offer in it, `(1, models, users)`, `state` is after it."""
    names = [*state.incumbents.model_names, *(f"{provider}'s model" for provider in dynamics.actions.providers)]
    served = [
        f"{offer}; {share:.1%} of the users, payoff {payoff:.3f}"
        for offer, share, payoff in zip(
            _offers(dynamics, scores[0]), outcome.provider_shares[0], outcome.provider_payoffs[0], strict=True
        )
    ]
    return RoundView(
        title=f"round {round_number}: welfare {outcome.welfare[0]:.3f}, coverage {outcome.coverage[0]:.3f}, "
        f"NashConv {outcome.nash_conv[0]:.3f}",
        platforms=dynamics.actions.platforms,
        deployed=tuple(_cut(names[model]) for model in state.profile[0]),
        users=tuple(map(_cut, state.incumbents.user_names)),
        masses=state.incumbents.masses[0],
        demand=kernel.demand(scores, state.profile, dynamics.choice)[0],
        shares=outcome.market_shares[0],
        payoffs=outcome.payoffs[0],
        notes=tuple(served),
    )


def text(view: RoundView) -> str:
    """The round as lines of text: who deploys what, share, payoff, and each platform's users."""
    platform_width = max(len(name) for name in view.platforms)
    model_width = max(len("deploys"), *(len(name) for name in view.deployed))
    lines = [view.title, f"{'':{platform_width}}  {'deploys':{model_width}}   share  payoff  users served"]
    for i, platform in enumerate(view.platforms):
        served = ", ".join(
            f"{user} {share:.0%}" for user, share in zip(view.users, view.demand[i], strict=True) if share > 0
        )
        lines.append(
            f"{platform:{platform_width}}  {view.deployed[i]:{model_width}}  {view.shares[i]:6.1%}  "
            f"{view.payoffs[i]:6.3f}  {served or '-'}"
        )
    return "\n".join([*lines, *view.notes])


def picture(view: RoundView) -> NDArray[np.uint8]:
    """The round as an RGB picture `(height, width, 3)`: a row a platform, a column a user type, darker = more users.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(
            "render_mode='rgb_array' needs matplotlib: pip install 'genmarket_env[plot]', or use render_mode='ansi'"
        ) from None
    platforms = len(view.platforms)
    # A dollar sign in a name is no formula.
    with rc_context({"text.parse_math": False}):
        figure = Figure(figsize=(11, 3.4 + 0.5 * platforms + 0.2 * len(view.notes)), dpi=100, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        above, grid = figure.subplots(2, 1, sharex=True, height_ratios=(1.2, 0.5 * platforms))
        figure.suptitle(view.title, fontsize=11)
        _draw_masses(above, view)
        _draw_demand(grid, view)
        canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def _draw_masses(axes: Any, view: RoundView) -> None:
    axes.bar(np.arange(len(view.users)), view.masses, width=0.96, color="0.6")
    axes.set_ylabel("share of\nall users", fontsize=8)
    axes.margins(y=0.25)
    axes.set_yticks([])
    axes.tick_params(bottom=False)
    axes.spines[["top", "right", "left"]].set_visible(False)
    if len(view.users) <= MAX_LABELLED_USERS:
        for k, mass in enumerate(view.masses):
            axes.text(k, mass, f"{mass:.1%}", ha="center", va="bottom", fontsize=8)


def _draw_demand(axes: Any, view: RoundView) -> None:
    platforms, users = view.demand.shape
    axes.imshow(view.demand, cmap="Greys", vmin=0, vmax=1.15, aspect="auto", interpolation="nearest")
    axes.set_yticks(
        np.arange(platforms),
        [f"{name}: {model}" for name, model in zip(view.platforms, view.deployed, strict=True)],
        fontsize=9,
    )
    axes.set_yticks(np.arange(platforms - 1) + 0.5, minor=True)
    axes.grid(which="minor", axis="y", color="0.5", linewidth=0.8)
    axes.tick_params(which="both", length=0)
    for i in range(platforms):
        axes.text(
            1.01, i, f"{view.shares[i]:.1%} of users\npayoff {view.payoffs[i]:.3f}",
            transform=axes.get_yaxis_transform(), va="center", fontsize=8,
        )  # fmt: skip
    if users <= MAX_LABELLED_USERS:
        axes.set_xticks(np.arange(users), view.users, fontsize=9, rotation=25, ha="right")
        for i, k in np.argwhere(view.demand > 0):
            share = view.demand[i, k]
            axes.text(k, i, f"{share:.0%}", ha="center", va="center", fontsize=8, color="w" if share > 0.7 else "k")
    label = "share of each user type that the platform serves, darker = more"
    axes.set_xlabel("\n".join([label, *view.notes]), fontsize=9)


def _offers(dynamics: MarketDynamics, scores: FloatArray) -> list[str]:
    entrants = scores[dynamics.num_models :]
    return [
        f"{provider}: a model of mean score {entrant.mean():.3f}, best {entrant.max():.3f}"
        for provider, entrant in zip(dynamics.actions.providers, entrants, strict=True)
    ]


def _cut(name: str) -> str:
    """The name on one line, and short."""
    name = "".join(character if character.isprintable() else " " for character in name)
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 3]}..."
