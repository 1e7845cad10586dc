"""What changes from round to round: the temperature of the users' choice, and their masses."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arguments import checked_integer, real_array
from ..market import FloatArray
from ..messages import shown
from ..tolerances import GIVEN

Value = float | tuple[float, ...]
OfRound = Callable[[int], ArrayLike]
"""What a schedule is made of: the index of a round, 0 for the first of an episode, to a number or to masses."""


@dataclass(frozen=True)
class Linear:
    """From `start` in round 0 in equal steps to `end` in round `rounds`, and that from then on.

    Args:
        start: a number, or masses `(users,)`.
        end: the same kind.
        rounds: >= 1.

    Raises:
        ValueError: `start` and `end` have different shapes, a number is not finite, or `rounds` is less than 1.
        TypeError: an argument has another type.

    Example:
        >>> Linear(0.5, 0.1, rounds=4)(1), Linear([0.9, 0.1], [0.5, 0.5], rounds=2)(7)
        (0.4, (0.5, 0.5))
    """

    start: Value
    end: Value
    rounds: int

    def __init__(self, start: ArrayLike, end: ArrayLike, rounds: int) -> None:
        object.__setattr__(self, "start", _plain("start", start))
        object.__setattr__(self, "end", _plain("end", end))
        object.__setattr__(self, "rounds", checked_integer("rounds", rounds, 1))
        if np.shape(self.start) != np.shape(self.end):
            raise ValueError(f"start is {shown(start)}, but end is {shown(end)}: give two numbers, or as many masses")

    def __call__(self, index: int) -> Value:
        """The value of a round, by its index."""
        passed = min(index / self.rounds, 1.0)
        return _plain("value", (1.0 - passed) * np.asarray(self.start) + passed * np.asarray(self.end))


@dataclass(frozen=True)
class Table:
    """The values of the first rounds, one by one; the last of them holds from then on.

    Args:
        values: numbers, or rows of masses `(users,)`; at least one.

    Raises:
        ValueError: there is no value, they have different shapes, or a number is not finite.
        TypeError: the values are not numbers.

    Example:
        >>> Table([0.5, 0.2])(0), Table([0.5, 0.2])(9)
        (0.5, 0.2)
    """

    values: tuple[Value, ...]

    def __init__(self, values: ArrayLike) -> None:
        rows = real_array("the values of a table", values)
        if rows.ndim not in (1, 2) or not rows.size:
            raise ValueError(f"a table needs one number, or one row of masses, a round; got {shown(values)}")
        object.__setattr__(self, "values", tuple(_plain("values", row) for row in rows))

    def __call__(self, index: int) -> Value:
        """The value of a round, by its index."""
        return self.values[min(index, len(self.values) - 1)]


KINDS: dict[str, Callable[..., OfRound]] = {"linear": lambda given: Linear(**given), "table": Table}
"""The plain-data forms of what a schedule is made of, by their one key."""


@dataclass(frozen=True)
class Schedule:
    """Temperature and masses by the index of the round, which is 0 in the first round of every episode.

    Args:
        temperature: of a `Logit` choice; a `Linear`, a `Table`, a sequence of numbers (a table), a plain-data form, or
            a function of the index. None leaves the choice as it is.
        masses: of the user types of every market; likewise, of rows `(users,)` that sum to 1 but for rounding. None
            leaves the masses of the markets.

    A function must give an index the same value whenever it is asked.

    Raises:
        ValueError: neither is given, or a plain-data form is none.
        TypeError: one is none of these.

    Example:
        >>> schedule = Schedule(temperature=Linear(0.5, 0.1, rounds=4), masses=[[1, 0], [0.5, 0.5]])
        >>> round(schedule.temperature_of(2), 3), schedule.masses_of(1, num_users=2)
        (0.3, array([0.5, 0.5]))
        >>> schedule.plain()["temperature"], schedule.plain()["masses"]
        ({'linear': {'start': 0.5, 'end': 0.1, 'rounds': 4}}, {'table': [[1.0, 0.0], [0.5, 0.5]]})
        >>> Schedule.from_plain(schedule.plain()) == schedule
        True
    """

    temperature: OfRound | None = None
    masses: OfRound | None = None

    def __init__(
        self,
        temperature: OfRound | Sequence[float] | Mapping[str, Any] | None = None,
        masses: OfRound | Sequence[Sequence[float]] | Mapping[str, Any] | None = None,
    ) -> None:
        object.__setattr__(self, "temperature", _of_round("temperature", temperature))
        object.__setattr__(self, "masses", _of_round("masses", masses))
        if temperature is None and masses is None:
            raise ValueError("the schedule is empty; give temperature=..., masses=..., or no schedule")

    def temperature_of(self, index: int) -> float:
        """The temperature in the round of that index, > 0.

        Raises:
            ValueError: it is not a finite number > 0.
            TypeError: there is none in this schedule, or it is not a number.
        """
        if self.temperature is None:
            raise TypeError("this schedule has no temperature")
        name = f"the schedule's temperature in round {index}"
        value = real_array(name, self.temperature(index))
        if value.ndim:
            raise TypeError(f"{name} must be one number; got {shown(value)}")
        if not 0 < value < math.inf:
            raise ValueError(f"{name} is {value}; it must be finite and > 0")
        return float(value)

    def masses_of(self, index: int, num_users: int) -> FloatArray:
        """The masses in the round of that index, `(users,)`, read-only, summing to 1.

        Raises:
            ValueError: they are not of that many user types, negative, not finite, or do not sum to 1.
            TypeError: there are none in this schedule, or they are not numbers.
        """
        if self.masses is None:
            raise TypeError("this schedule has no masses")
        name = f"the schedule's masses in round {index}"
        masses = real_array(name, self.masses(index))
        if masses.shape != (num_users,):
            raise ValueError(f"{name} have the shape {masses.shape}; the market has {num_users} user types")
        if not (np.isfinite(masses).all() and (masses >= -GIVEN).all() and abs(masses.sum() - 1) <= GIVEN):
            raise ValueError(f"{name} are {shown(masses.tolist())}; they must be finite, >= 0 and sum to 1")
        masses = masses.clip(min=0.0)
        masses /= masses.sum()
        masses.flags.writeable = False
        return masses

    def check(self, num_users: int) -> None:
        """Raise by `temperature_of` or `masses_of` what is wrong with the first round, and any later one of a table."""
        for part, of in ((self.temperature, self.temperature_of), (self.masses, self._masses_of(num_users))):
            if part is None:
                continue
            last = {Linear: getattr(part, "rounds", 0), Table: len(getattr(part, "values", "x")) - 1}.get(type(part), 0)
            for index in (0, last) if isinstance(part, Linear) else range(last + 1):
                of(index)

    def _masses_of(self, num_users: int) -> Callable[[int], FloatArray]:
        return lambda index: self.masses_of(index, num_users)

    def plain(self) -> dict[str, Any]:
        """The schedule as dictionaries, lists and numbers, as `from_plain` reads it.

        Raises:
            TypeError: a part is a function of the user's own.
        """
        parts = {"temperature": self.temperature, "masses": self.masses}
        return {name: _plain_form(name, part) for name, part in parts.items() if part is not None}

    @classmethod
    def from_plain(cls, given: Mapping[str, Any]) -> Schedule:
        """The schedule of a plain-data form.

        Raises:
            ValueError: it is none.
            TypeError: it is no mapping, or holds values of another type.
        """
        if not isinstance(given, Mapping):
            raise TypeError(f"a schedule must be a Schedule or its plain form; got {shown(given)}")
        for name in given:
            if name not in ("temperature", "masses"):
                raise ValueError(f"a schedule has no {shown(name)}; it has temperature and masses")
        return cls(**given)


def checked_schedule(given: Any) -> Schedule | None:
    """A schedule or its plain-data form as a `Schedule`, or None."""
    return given if given is None or isinstance(given, Schedule) else Schedule.from_plain(given)


def _of_round(name: str, given: Any) -> OfRound | None:
    if isinstance(given, Mapping):
        if len(given) != 1 or next(iter(given)) not in KINDS:
            raise ValueError(
                f"{name} of a schedule must be of the form {{'linear': ...}} or {{'table': [...]}}; got {shown(given)}"
            )
        kind, value = next(iter(given.items()))
        try:
            return KINDS[kind](value)
        except TypeError as error:
            raise TypeError(f"{name} of a schedule, {kind!r}: {error}") from None
    if given is None or (callable(given) and not isinstance(given, type)):
        return given
    if isinstance(given, str) or np.ndim(given) == 0:
        raise TypeError(
            f"{name} of a schedule must be a Linear, a Table, a sequence with one value a round, or a function of the "
            f"round's index; got {shown(given)}"
        )
    return Table(given)


def _plain_form(name: str, part: OfRound) -> dict[str, Any]:
    if isinstance(part, Linear):
        return {"linear": {"start": _listed(part.start), "end": _listed(part.end), "rounds": part.rounds}}
    if isinstance(part, Table):
        return {"table": [_listed(value) for value in part.values]}
    raise TypeError(f"{name} of the schedule is {shown(part)}, which has no plain form; use Linear or Table")


def _listed(value: Value) -> float | list[float]:
    return list(value) if isinstance(value, tuple) else value


def _plain(name: str, value: ArrayLike) -> Value:
    array = real_array(name, value)
    if array.ndim > 1 or not array.size or not np.isfinite(array).all():
        raise ValueError(f"{name} must be a finite number, or masses; got {shown(value)}")
    return float(array) if array.ndim == 0 else tuple(float(one) for one in array)
