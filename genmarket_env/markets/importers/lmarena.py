"""LMArena's leaderboard: ratings by model and category, turned into win rates against a reference model.

Columns `model_name` (or `model`), `category`, `rating`, `rating_lower`, `rating_upper` and, if known, `vote_count` (or
`n`): those of the data set lmarena-ai/leaderboard-dataset, as CSV or as JSON with `rows`. A user type is a category.

The score of a model with rating r is its win rate under the Bradley-Terry model on the scale of Elo against an opponent
rated r_ref, the reference model's rating in that category:

    score = 1 / (1 + 10^((r_ref - r) / 400)).

Its standard error follows from the rating's by the delta method, `(ln 10 / 400) score (1 - score) se(r)`, with
`se(r) = (rating_upper - rating_lower) / (2 * 1.96)`: the intervals are 95 % ones. r_ref counts as exact, since its
error would move all scores of a category together and leave the models' order as it is; the reference itself has the
score 1/2 with the error of its own rating.

The masses are the categories' shares of the votes in the file, if known. Categories may overlap (a prompt can be
English, about coding, and long), and `overall` holds all: choose disjoint ones for the shares to mean shares of users.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Sequence
from typing import NamedTuple

from ...messages import listed, shown
from ..files import named
from ..table import MassScheme, Table
from .importer import Importer, OverlappingUsersWarning, chosen, complete_models
from .records import Record, records_at

SOURCE = "LMArena, https://lmarena.ai, data set lmarena-ai/leaderboard-dataset"
NORMAL_95 = 1.959963984540054
"""The 0.975 quantile of the standard normal law: half the width of a 95 % interval, in standard errors."""

OVERALL = "overall"
"""The category of all votes."""

MAX_RATING = 1e4
"""Ratings beyond this, either way, are not on the scale of Elo."""

_REQUIRED = ("category", "rating", "rating_lower", "rating_upper")


class Rating(NamedTuple):
    """The rating of a model in a category, its standard error, and the number of votes if that is known."""

    rating: float
    standard_error: float
    votes: float


def win_rate(rating: float, reference: float) -> float:
    """The share of battles that a model wins against one rated `reference`, under the Bradley-Terry model.

    Example:
        >>> win_rate(1400, 1000)
        0.9090909090909091
    """
    return 1 / (1 + 10 ** ((reference - rating) / 400))


def read(
    path: str | os.PathLike[str],
    *,
    reference: str,
    categories: str | Sequence[str] | None = None,
    style_control: str | int | None = None,
) -> Table:
    """The table in the file at `path`; see the module.

    Args:
        path: a .csv file with a header, or a .json file with `rows`.
        reference: the name of the model that all are compared with. It is rated in each category.
        categories: the categories to take, in this order; all by default.
        style_control: takes the rows whose column `style_control` has this text, such as 0 or 1.

    Warns:
        OverlappingUsersWarning: `overall`, which holds all votes, is one of several categories.

    Raises:
        ValueError: a column is missing, a rating is not in its interval or given twice, or a category or the reference
            is not in the file.
        TypeError: `reference` or `categories` are not names.
    """
    if not isinstance(reference, str):
        raise TypeError(f"reference must be the name of a model; got {shown(reference)}")
    columns, records = records_at(path)
    where = named(path)
    ratings = _ratings(_of_style(records, style_control, where), columns, where)
    users = chosen(ratings, categories, where)
    if reference not in ratings:
        raise ValueError(f"{where} has no model {shown(reference)} to compare with; known: {listed(ratings)}")
    for user in users:
        if user not in ratings[reference]:
            raise ValueError(f"{where} has no rating of the reference {shown(reference)} in the category {shown(user)}")
    models, notes = complete_models(ratings, users, where)
    against = [ratings[reference][user].rating for user in users]
    scores = [[win_rate(ratings[model][users[k]].rating, against[k]) for k in range(len(users))] for model in models]
    slopes = [[math.log(10) / 400 * score * (1 - score) for score in row] for row in scores]
    votes = tuple(sum(row[user].votes for row in ratings.values() if user in row) for user in users)
    known = min(votes) > 0
    notes = (*notes, *_notes_on_masses(users, votes, where))
    return Table(
        where,
        models,
        users,
        tuple(map(tuple, scores)),
        schemes={"votes": MassScheme(votes, "votes by category in the file, a vote once for each model")}
        if known
        else {},
        default_scheme="votes" if known else None,
        title=f"{len(models)} models, rated by LMArena in {len(users)} categories, as win rates against {reference}",
        source=SOURCE,
        unit=f"win rate against {reference}",
        licence="LMArena's leaderboard data: CC-BY-4.0",
        notes=(f"A score is the Bradley-Terry win rate against {reference}, whose rating counts as exact.", *notes),
        standard_errors=tuple(
            tuple(slope * ratings[model][user].standard_error for slope, user in zip(row, users, strict=True))
            for row, model in zip(slopes, models, strict=True)
        ),
    )


def _notes_on_masses(users: Sequence[str], votes: Sequence[float], where: str) -> tuple[str, ...]:
    """What a reader must know of the masses.

    Warns:
        OverlappingUsersWarning: one of several categories is that of all votes.
    """
    if max(votes) > 0 and min(votes) == 0:
        return (f"No masses: the file has no votes in the category {users[votes.index(0)]}.",)
    if OVERALL not in users or len(users) == 1:
        return ()
    note = (
        f"The category {OVERALL} holds all votes and others overlap as well: a vote counts in each of its own, so the "
        f"masses are no shares of users."
    )
    warnings.warn(f"{where}: {note} Choose disjoint ones by categories.", OverlappingUsersWarning, stacklevel=4)
    return (note,)


def _of_style(records: list[Record], style_control: str | int | None, where: str) -> list[Record]:
    if style_control is None:
        return records
    rows = [record for record in records if record.cells.get("style_control") == str(style_control)]
    if not rows:
        raise ValueError(f"{where} has no rows with style_control {shown(style_control)}")
    return rows


def _ratings(records: list[Record], columns: Sequence[str], where: str) -> dict[str, dict[str, Rating]]:
    name = "model_name" if "model_name" in columns else "model"
    votes = "vote_count" if "vote_count" in columns else "n"
    for column in (name, *_REQUIRED):
        if column not in columns:
            raise ValueError(f"{where}: the column {column!r} is missing")
    ratings: dict[str, dict[str, Rating]] = {}
    for record in records:
        row = ratings.setdefault(record.text(name), {})
        category = record.text("category")
        if category in row:
            raise ValueError(
                f"{record.where}: a second rating of model {shown(record.text(name))} in {category!r}; keep one "
                f"leaderboard in the file, of one date, and give style_control, 0 or 1, if it has a column of that name"
            )
        row[category] = _rating(record, votes if votes in columns else None)
    return ratings


def _rating(record: Record, votes: str | None) -> Rating:
    rating, low, high = (record.number(column, -MAX_RATING, MAX_RATING) for column in _REQUIRED[1:])
    if not low <= rating <= high:
        raise ValueError(f"{record.where}: the rating {rating:g} is not in its interval [{low:g}, {high:g}]")
    count = record.number(votes, 0, 1e15) if votes else 0.0
    return Rating(rating, (high - low) / (2 * NORMAL_95), count)


IMPORTER = Importer(
    "LMArena's leaderboard: model_name,category,rating,rating_lower,rating_upper[,vote_count], as win rates",
    {
        "reference": "the name of the model that all are compared with",
        "categories": "the categories to take, with commas between them; all by default",
        "style_control": "takes the rows whose column style_control has this text, such as 0 or 1",
    },
    read,
    required=("reference",),
)
