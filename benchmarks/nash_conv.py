"""Exact NashConv of pure and of mixed play, as it is logged at every step of learning."""

from __future__ import annotations

import numpy as np

from genmarket_env import mixed_nash_conv, nash_conv

from .games import dense_payoffs, random_market
from .lines import Aim, Case, Line
from .timing import interleaved

SIZE = (24, 7, 3)
"""That of the market of language models."""
LARGE = (30, 50, 6)
AIM = Aim(seconds=100e-6)
"""Microseconds: less than one inference of a small policy network."""


def dense_mixed_nash_conv(tensor: np.ndarray, policies: np.ndarray) -> float:
    """NashConv by contracting the payoff tensor with the policies of the others."""
    total = 0.0
    for platform, own in enumerate(policies):
        payoffs = tensor
        for other in np.delete(policies, platform, axis=0):
            payoffs = np.tensordot(payoffs, other, axes=(1, 0))
        total += payoffs.max() - own @ payoffs
    return float(total)


def compare(quick: bool) -> list[Line]:
    models, users, platforms = SIZE
    market = random_market(models, users)
    rng = np.random.default_rng(1)
    profile = rng.integers(0, models, platforms)
    policies = rng.dirichlet(np.ones(models), platforms)
    degenerate = np.eye(models)[profile]
    tensor = dense_payoffs(market, platforms)
    times = interleaved(
        {
            "pure": lambda: nash_conv(market, profile),
            "pure, dense": lambda: dense_mixed_nash_conv(tensor, degenerate),
            "mixed": lambda: mixed_nash_conv(market, policies),
            "mixed, dense": lambda: dense_mixed_nash_conv(tensor, policies),
        },
        quick=quick,
    )
    assert abs(nash_conv(market, profile) - dense_mixed_nash_conv(tensor, degenerate)) < 1e-12
    assert abs(mixed_nash_conv(market, policies) - dense_mixed_nash_conv(tensor, policies)) < 1e-12
    return [
        Line(
            f"NashConv {SIZE}, {play} play",
            times.median(play),
            "dense tensor",
            times.median(f"{play}, dense"),
            times.ratio(f"{play}, dense", play),
            aim=AIM,
        )
        for play in ("pure", "mixed")
    ]


def absolute(quick: bool) -> list[Line]:
    models, users, platforms = LARGE
    market = random_market(models, users)
    rng = np.random.default_rng(1)
    profile, policies = rng.integers(0, models, platforms), rng.dirichlet(np.ones(models), platforms)
    times = interleaved(
        {"pure": lambda: nash_conv(market, profile), "mixed": lambda: mixed_nash_conv(market, policies)}, quick=quick
    )
    peer = f"dense tensor ({8 * models**platforms / 1e9:.1f} GB)"
    return [Line(f"NashConv {LARGE}, {play} play", times.median(play), peer) for play in ("pure", "mixed")]


CASES = [
    Case(f"NashConv {SIZE}", compare),
    Case(f"NashConv {LARGE}", absolute),
]
