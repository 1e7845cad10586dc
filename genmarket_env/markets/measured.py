"""Scores with what is known of their errors."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..uncertainty import binomial_standard_errors

NORMAL_95 = 1.959963984540054
"""The 0.975 quantile of the standard normal law: half the width of a 95 % interval, in standard errors."""

MAX_QUESTIONS = 10**12
"""More than any benchmark will ask; larger integers are not exact as float64."""


class MeasuredScore(NamedTuple):
    """The score of a model for a user type, with the number of questions or the standard error if one is known."""

    score: float
    questions: int | None = None
    standard_error: float | None = None


Cells = dict[str, dict[str, MeasuredScore]]
"""By model and user type."""


def uncertainty(rows: list[list[MeasuredScore]]) -> dict[str, Any]:
    """`questions` of a table if they are the same for all models, otherwise `standard_errors`, if known at all."""
    errors: Any = [[cell.standard_error for cell in row] for row in rows]
    counts: Any = [[cell.questions for cell in row] for row in rows]
    if all(error is not None for row in errors for error in row):
        return {"standard_errors": tuple(map(tuple, errors))}
    if any(count is None for row in counts for count in row):
        return {}
    if all(row == counts[0] for row in counts):
        return {"questions": tuple(counts[0])}
    errors = binomial_standard_errors([[cell.score for cell in row] for row in rows], counts)
    return {"standard_errors": tuple(map(tuple, errors.tolist()))}
