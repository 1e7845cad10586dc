"""The catalogue's `paper-synthetic`: a showcase pool, markets drawn from a law of ours, or from a document."""

from __future__ import annotations

import os
from importlib import resources
from typing import Any

import numpy as np

from ...arguments import checked_seed
from ...market import Market
from ..entries import Entry
from ..files import decoded, named, text_at
from .synthetic import SyntheticMarkets, first_models
from .synthetic_format import Document, parse

SHOWCASE = "paper-synthetic-showcase"
DRAWN = "paper-synthetic-drawn"

OPTIONS = {
    "num_models": "so many models, the first of the pool; all by default",
    "seed": "an integer >= 0: a market drawn with it, in place of the showcase pool",
    "config": "the path of a JSON document of the format genmarket-synthetic, in place of the package's own",
}


def synthetic_markets(config: str | os.PathLike[str] | None = None) -> SyntheticMarkets:
    """The law of markets in a JSON document of the format `genmarket-synthetic`.

    Args:
        config: the path of the document; by default the law of the package: users from three groups in the plane, five
            models with two bumps each, of parameters that are drawn too.

    Raises:
        ValueError: the file is missing or no such document; one line that names the file and the place in it.
        TypeError: `config` is no path.

    Example:
        >>> market = synthetic_markets()(np.random.default_rng(0))
        >>> market.num_models, market.num_users
        (5, 40)
    """
    return (_packaged(DRAWN) if config is None else _at(config)).markets


def showcase() -> SyntheticMarkets:
    """The users and the five models of the showcase pool, all fixed, as parameters.

    Example:
        >>> showcase().models.names
        ('g1', 'g2', 'g3', 'g4', 'g5')
    """
    return _packaged(SHOWCASE).markets


def entry(*, num_models: int | None = None, seed: int | None = None, config: Any = None) -> Entry:
    """What the catalogue knows of the showcase pool, or of the market that the options ask for, and how to build it."""
    document = _packaged(SHOWCASE if seed is None else DRAWN) if config is None else _at(config)
    title = document.title or f"Synthetic market of {named(config)}"
    title += "" if seed is None else f"; drawn with seed {seed}"
    title += "" if num_models is None else f"; the first {num_models} models"
    return Entry(title, document.source, document.licence, document.notes, OPTIONS, load)


def load(*, num_models: int | None = None, seed: int | None = None, config: Any = None) -> Market:
    """The showcase pool, or the market that the options of `OPTIONS` ask for.

    Raises:
        ValueError: an option is out of range, the document is missing or wrong, or its draws differ and there is no
            seed.
        TypeError: an option has another type.
    """
    seed = checked_seed(seed)
    law = showcase() if config is None and seed is None else synthetic_markets(config)
    if seed is None and law.drawn:
        raise ValueError(f"{named(config)} has parts that are drawn: give a seed")
    market = law(np.random.default_rng(seed))
    return market if num_models is None else first_models(market, num_models)


def _at(config: str | os.PathLike[str]) -> Document:
    return parse(text_at(config), named(config))


def _packaged(name: str) -> Document:
    file = resources.files(__package__).joinpath("..", "data", f"{name}.json")
    return parse(decoded(file.read_bytes(), name), name)
