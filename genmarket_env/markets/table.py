"""The content of a market file, whatever its format: a score table, masses, errors, and where they come from."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from ..market import FloatArray, Market
from ..market_checks import AMOUNTS
from ..messages import listed, shown
from ..tolerances import GIVEN
from ..uncertainty import binomial_standard_errors
from .amounts import Amounts, arguments

UNIFORM = "uniform"
"""The mass scheme that every file offers: all user types have the same mass."""


class UniformMassesWarning(UserWarning):
    """A file gives no masses, so every user type gets the same one."""


@dataclass(frozen=True)
class MassScheme:
    """Shares of the user types in any unit, where they come from, and of about how many users they are, if known."""

    shares: tuple[float, ...]
    source: str = ""
    mass_concentration: float | None = None


@dataclass(frozen=True)
class Table:
    """What a market file holds. Numbers are as they stand in the file; `market` checks and normalises.

    Attributes:
        where: the file, as errors name it.
        models: the names of the models.
        users: the names of the user types.
        scores: one row a model, one number a user type.
        masses: the masses of the user types, summing to 1, where the file fixes them.
        schemes: the named shares of which one is chosen and normalised, where the file offers several.
        default_scheme: the name of the scheme taken when none is asked for.
        title: what the market is, in one line.
        source: what to cite.
        licence: what is known of the terms of the numbers.
        notes: what a reader must know of the selection and of modelling choices.
        standard_errors: one row a model, one number a user type; None where nothing is known of the errors.
        questions: of how many questions each user type's scores are the mean: the standard errors are then those of
            `binomial_standard_errors`. Only one of the two may be given.
        model_sources: where each model's scores come from, "" where that is not known; empty if it is for none.
        common_errors: one row a model, one number a user type, as a `Market` has them; None where there are none.
        unit: what a score is, for example "win rate against gpt-4"; "" if that is not known.
        mass_concentration: about how many users `masses` are the shares of; None where that is not known.
        prices: what each model is sold at; None where that is not known.
        costs: what each model costs to serve; None where that is not known.
    """

    where: str
    models: tuple[str, ...]
    users: tuple[str, ...]
    scores: tuple[tuple[float, ...], ...]
    masses: tuple[float, ...] | None = None
    schemes: Mapping[str, MassScheme] = field(default_factory=dict)
    default_scheme: str | None = None
    title: str = ""
    source: str = ""
    licence: str = ""
    notes: tuple[str, ...] = ()
    standard_errors: tuple[tuple[float, ...], ...] | None = None
    questions: tuple[int, ...] | None = None
    model_sources: tuple[str, ...] = ()
    common_errors: tuple[tuple[float, ...], ...] | None = None
    unit: str = ""
    mass_concentration: float | None = None
    prices: Amounts | None = None
    costs: Amounts | None = None

    @property
    def amounts(self) -> dict[str, Amounts | None]:
        """The prices and the costs by name."""
        return {name: getattr(self, name) for name in AMOUNTS}

    @classmethod
    def of(cls, market: Market) -> Table:
        """One market as a table.

        Raises:
            TypeError: `market` is not a Market.
            ValueError: it is a batch.
        """
        if not isinstance(market, Market):
            raise TypeError(f"save takes a Market or a Table; got {type(market).__name__}")
        if market.batch_shape:
            raise ValueError(
                f"save takes one market; got a batch of shape {market.batch_shape}: save each, market[index]"
            )
        errors, common = market.standard_errors, market.common_errors
        return cls(
            "",
            market.model_names,
            market.user_names,
            _rows(market.scores),
            masses=tuple(market.masses.tolist()),
            standard_errors=None if errors is None else _rows(errors),
            common_errors=None if common is None else _rows(common),
            mass_concentration=market.mass_concentration,
            prices=Amounts.of(market.prices, market.price_unit),
            costs=Amounts.of(market.costs, market.cost_unit),
        )

    @property
    def scheme_names(self) -> tuple[str, ...]:
        """What `masses=` may name, `uniform` always among them."""
        return tuple(dict.fromkeys((*self.schemes, UNIFORM)))

    def market(self, *, masses: str | None = None) -> Market:
        """The market with the masses of the file, or of the scheme that `masses` names.

        Raises:
            ValueError: the scheme is unknown, or the numbers do not make a market.
            TypeError: `masses` is not a string.
        """
        try:
            build: Callable[..., Market] = partial(
                Market,
                model_names=self.models,
                user_names=self.users,
                common_errors=self.common_errors,
                mass_concentration=self._concentration(masses),
                **arguments(self.amounts),
            )
            market = build(self.scores, self._masses(masses), standard_errors=self.standard_errors)
            if self.questions is None:
                return market
            errors = binomial_standard_errors(market.scores, self.questions)
            return build(market.scores, market.masses, standard_errors=errors)
        except ValueError as error:
            raise ValueError(f"{self.where}: {error}") from None

    def check(self) -> None:
        """Check that the numbers make a market.

        Raises:
            ValueError: they do not.
        """
        self.market(masses=None if self.masses or self.default_scheme else UNIFORM)

    def _masses(self, asked: str | None) -> tuple[float, ...]:
        if asked is None:
            if self.masses is not None:
                return self.masses
            asked = self.default_scheme or self._uniform_with_a_notice()
        if not isinstance(asked, str):
            raise TypeError(f"masses must be the name of a mass scheme; got {shown(asked)}")
        if asked in self.schemes:
            return _normalised(self.schemes[asked].shares, asked)
        if asked != UNIFORM:
            raise ValueError(f"unknown mass scheme {shown(asked)}; known: {listed(self.scheme_names)}")
        return (1 / len(self.users),) * len(self.users)

    def _concentration(self, asked: str | None) -> float | None:
        if asked is None and self.masses is not None:
            return self.mass_concentration
        scheme = self.schemes.get(asked or self.default_scheme or UNIFORM)
        return None if scheme is None else scheme.mass_concentration

    def _uniform_with_a_notice(self) -> str:
        warnings.warn(
            f"{self.where} gives no masses: every user type gets the same one "
            f"(masses={UNIFORM!r}, on the command line --masses {UNIFORM}, says that this is meant)",
            UniformMassesWarning,
            stacklevel=5,
        )
        return UNIFORM


def _rows(array: FloatArray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in array.tolist())


def _normalised(shares: tuple[float, ...], scheme: str) -> tuple[float, ...]:
    total = sum(shares)
    if not 0 < total < float("inf") or min(shares) < -GIVEN * total:
        raise ValueError(
            f"the shares of the mass scheme {scheme!r} must be finite, >= 0 and not all 0; got {shown(shares)}"
        )
    kept = [max(share, 0.0) for share in shares]
    return tuple(share / sum(kept) for share in kept)


def check_names(names: tuple[str, ...], what: str, where: str) -> None:
    """Check names that a file must be able to hold in either format.

    Raises:
        ValueError: a name is empty, has blanks around it, holds a control character (a terminal would obey it) or a
            lone surrogate, or occurs twice.
    """
    seen: set[str] = set()
    for name in names:
        if not name or name != name.strip():
            raise ValueError(f"{where}: the {what} name {shown(name)} is empty or has blanks around it; rename it")
        if any(unicodedata.category(character) == "Cc" and not character.isspace() for character in name):
            raise ValueError(f"{where}: the {what} name {shown(name)} has control characters in it; rename it")
        if any("\ud800" <= character <= "\udfff" for character in name):
            raise ValueError(f"{where}: the {what} name {shown(name)} cannot be written as UTF-8; rename it")
        if name in seen:
            raise ValueError(f"{where}: the {what} name {shown(name)} occurs more than once; names must differ")
        seen.add(name)
