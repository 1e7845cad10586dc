"""LMArena's leaderboard: ratings by model and category, turned into win rates against a reference model.

Columns `model_name` (or `model`), `category`, `rating`, the ends of its 95 % interval, `rating_lower` and
`rating_upper` (or `rating_q025` and `rating_q975`), or its `variance`, and, if known, `vote_count` (or `num_battles`,
`n`): those of the data set lmarena-ai/leaderboard-dataset, as text, JSON, .parquet or .xlsx. A user type is a category.

The score of a model with rating r is its win rate under the Bradley-Terry model on the scale of Elo against an opponent
rated r_ref, the reference model's rating in that category:

    score = 1 / (1 + 10^((r_ref - r) / 400)).

Its errors follow from those of both ratings by the delta method, with the slope `(ln 10 / 400) score (1 - score)` and
`se(r) = (rating_upper - rating_lower) / (2 * 1.96)`: the standard error is `slope * se(r)`, of the model alone, and the
common error `-slope * se(r_ref)`, which moves all models of the category together (see `Market`). Both ratings count as
independent. The score of the reference against itself is 1/2 exactly.

The masses are the categories' shares of votes: `votes`, of the models kept, or `all-votes`, of all rows of the file; a
vote counts once for each of its two models. Categories may overlap (a prompt can be English, about coding, and long),
and `overall` holds all: choose disjoint ones for the shares to mean shares of users.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

from ...messages import listed, shown
from .. import gaps as gap_policies
from ..disk import named
from ..left_out import chosen, noted
from ..measured import NORMAL_95
from ..sheets import OPTIONS as SHEET_OPTIONS
from ..sheets import Record, records_at
from ..table import MassScheme, Table
from .importer import Importer, OverlappingUsersWarning

SOURCE = "LMArena, https://lmarena.ai, data set lmarena-ai/leaderboard-dataset"

OVERALL = ("overall", "full", "exclude_ties")
"""The categories of all votes, or of all but the ties."""

MAX_RATING = 1e4
"""Ratings beyond this, either way, are not on the scale of Elo."""

_MODEL = ("model_name", "model")
_INTERVALS = (("rating_lower", "rating_upper"), ("rating_q025", "rating_q975"))
_VOTES = ("vote_count", "num_battles", "n")
_DATE = ("leaderboard_publish_date", "publish_date", "date")
_FLAGS = {"true": "1", "yes": "1", "on": "1", "false": "0", "no": "0", "off": "0"}


class Rating(NamedTuple):
    """The rating of a model in a category, its standard error, and the number of votes if that is known."""

    rating: float
    standard_error: float
    votes: float


Ratings = dict[str, dict[str, Rating]]
"""By model and category."""


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
    style_control: str | int | float | bool | None = None,
    date: str | None = None,
    gaps: str = gap_policies.POLICIES[0],
    **of_file: Any,
) -> Table:
    """The table in the file at `path`; see the module.

    Args:
        path: a table of text with a header, a .json file with `rows`, a .parquet or an .xlsx file.
        reference: the name of the model that all are compared with. It is rated in each category.
        categories: the categories to take, in this order; by default all but those of all votes, `OVERALL`.
        style_control: takes the rows whose column `style_control` has this value, 0 or 1; True, "true" and 1.0 are 1.
        date: takes the rows of this date, where the file has several.
        gaps: what to leave out where ratings are missing, see `gaps.POLICIES`.
        of_file: how the file is to be read, those of `sheets.OPTIONS`.

    Warns:
        LeftOutWarning: models or categories are left out.
        OverlappingUsersWarning: a category of all votes is one of several that are asked for.

    Raises:
        ValueError: a column is missing, the file has several styles or dates, a rating is not in its interval or given
            twice, or a category or the reference is not in the file.
        TypeError: `reference` or `categories` are not names.
    """
    if not isinstance(reference, str):
        raise TypeError(f"reference must be the name of a model; got {shown(reference)}")
    columns, records = records_at(path, **of_file)
    where = named(path)
    records, style = _of_style(records, style_control, columns, where)
    records = _of_date(records, date, columns, where)
    ratings = _ratings(records, columns, where)
    known = tuple(dict.fromkeys(user for row in ratings.values() for user in row))
    users, notes = _users(known, categories, where)
    if reference not in ratings:
        raise ValueError(f"{where} has no model {shown(reference)} to compare with; known: {listed(ratings)}")
    rated = {model: {user: row[user] for user in users if user in row} for model, row in ratings.items()}
    unrated = [user for user in users if user not in rated[reference]]
    if unrated:
        raise ValueError(
            f"{where} has no rating of the reference {shown(reference)} in {listed(unrated)}: choose another "
            f"reference or "
            f"other categories"
        )
    kept = gap_policies.without_gaps(rated, users, where, gaps, stacklevel=3)
    if reference not in kept.models:
        raise ValueError(f"{where}: the reference {shown(reference)} is left out by gaps={gaps}; choose another one")
    schemes, notes_on_masses = _masses(ratings, kept.models, kept.users)
    return Table(
        where,
        kept.models,
        kept.users,
        schemes=schemes,
        default_scheme=next(iter(schemes), None),
        title=f"{len(kept.models)} models, rated by LMArena in {len(kept.users)} categories, as win rates against "
        f"{reference}",
        source=SOURCE,
        unit=f"win rate against {reference}",
        licence="LMArena's leaderboard data: CC-BY-4.0",
        notes=(_note_on_scores(reference, style), *notes, *kept.notes, *notes_on_masses),
        **_win_rates(rated, kept.models, kept.users, reference),
    )


def _win_rates(ratings: Ratings, models: Sequence[str], users: Sequence[str], reference: str) -> dict[str, Any]:
    """The scores and both of their errors, as a `Table` has them."""
    scores, own, common = [], [], []
    for model in models:
        rows = [(ratings[model][user], ratings[reference][user]) for user in users]
        wins = [win_rate(rating.rating, against.rating) for rating, against in rows]
        slopes = [0.0 if model == reference else math.log(10) / 400 * win * (1 - win) for win in wins]
        scores.append(tuple(wins))
        own.append(tuple(s * rating.standard_error for s, (rating, _) in zip(slopes, rows, strict=True)))
        common.append(tuple(-s * against.standard_error for s, (_, against) in zip(slopes, rows, strict=True)))
    return {"scores": tuple(scores), "standard_errors": tuple(own), "common_errors": tuple(common)}


def _note_on_scores(reference: str, style: str) -> str:
    with_style = f", {style}," if style else ""
    return (
        f"A score is the Bradley-Terry win rate against {reference}{with_style} with the errors of both ratings. "
        f"Another "
        f"reference or another style_control gives other scores and may give other verdicts."
    )


def _users(
    known: tuple[str, ...], asked: str | Sequence[str] | None, where: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The categories to take, and notes on them.

    Warns:
        OverlappingUsersWarning: one of all votes is among several that are asked for.
        LeftOutWarning: nobody asked for those of all votes.
    """
    users = chosen(known, asked, "categories", "category", where)
    of_all = [user for user in users if user in OVERALL]
    if not of_all or len(users) == 1:
        return users, ()
    if asked is None:
        note = f"Left out at import, categories of all votes, which are no user types: {'; '.join(of_all)}."
        return tuple(user for user in users if user not in OVERALL), noted(note, where, stacklevel=4)
    note = (
        f"The category {of_all[0]} holds all votes and others overlap as well: a vote counts in each of its own, so "
        f"the "
        f"masses are no shares of users."
    )
    warnings.warn(f"{where}: {note} Choose disjoint ones by categories.", OverlappingUsersWarning, stacklevel=4)
    return users, (note,)


def _masses(
    ratings: Ratings, models: Sequence[str], users: Sequence[str]
) -> tuple[dict[str, MassScheme], tuple[str, ...]]:
    """The mass schemes of the votes, if they are known in each category, and notes on them."""
    every = tuple(math.fsum(row[user].votes for row in ratings.values() if user in row) for user in users)
    kept = tuple(math.fsum(ratings[model][user].votes for model in models) for user in users)
    if max(every) == 0:
        return {}, ()
    if min(kept) == 0:
        return {}, (f"No masses: the models kept have no votes in the category {users[kept.index(0)]}.",)
    schemes = {
        name: MassScheme(shares, f"votes by category of {what}, a vote once for each of its models", sum(shares) / 2)
        for name, shares, what in (
            ("votes", kept, "the models kept"),
            ("all-votes", every, "all rows of the file"),
        )
    }
    note = (
        "The masses are shares of votes: votes sums over the models kept, all-votes over all rows of the file. "
        "Categories "
        "may overlap; the shares are those of users only where categories are disjoint."
    )
    return schemes, (note,)


def _of_style(
    records: list[Record], asked: str | int | float | bool | None, columns: Sequence[str], where: str
) -> tuple[list[Record], str]:
    """The rows of one style, and what to say of it."""
    column = "style_control"
    if column not in columns:
        if asked is not None:
            raise ValueError(f"{where} has no column {column!r}; leave style_control out")
        return records, ""
    flags = [_flag(record.cells[column]) for record in records]
    there = tuple(dict.fromkeys(flags))
    if asked is None and len(there) > 1:
        raise ValueError(
            f"{where} has rows with style_control {' and '.join(there)}: choose one, --set style_control={there[0]}"
        )
    wanted = there[0] if asked is None else _flag(str(asked).strip())
    rows = [record for record, flag in zip(records, flags, strict=True) if flag == wanted]
    if not rows:
        raise ValueError(f"{where} has no rows with style_control {shown(asked)}; it has {listed(there)}")
    return rows, f"style_control {wanted}"


def _flag(text: str) -> str:
    """A flag as 0 or 1, whatever way it was written; other text as it is."""
    word = text.casefold()
    if word in _FLAGS:
        return _FLAGS[word]
    try:
        number = float(word)
    except ValueError:
        return text
    return str(int(number)) if number in (0, 1) else text


def _of_date(records: list[Record], asked: str | None, columns: Sequence[str], where: str) -> list[Record]:
    """The rows of one date."""
    column = next((column for column in _DATE if column in columns), None)
    if column is None:
        if asked is not None:
            raise ValueError(f"{where} has no column of dates; leave date out")
        return records
    there = tuple(dict.fromkeys(record.cells[column] for record in records))
    if asked is None and len(there) > 1:
        raise ValueError(f"{where} has rows of {len(there)} dates: choose one, --set date={max(there)}")
    rows = [record for record in records if asked is None or record.cells[column] == asked]
    if not rows:
        raise ValueError(f"{where} has no rows of the date {shown(asked)}; it has {listed(there)}")
    return rows


def _ratings(records: list[Record], columns: Sequence[str], where: str) -> Ratings:
    name = next((name for name in _MODEL if name in columns), _MODEL[-1])
    for column in (name, "category", "rating"):
        if column not in columns:
            raise ValueError(f"{where}: the column {column!r} is missing")
    ends = next((ends for ends in _INTERVALS if set(ends) <= set(columns)), None)
    if ends is None and "variance" not in columns:
        raise ValueError(
            f"{where}: the column {_INTERVALS[0][0]!r} is missing, or rating_q025 and rating_q975, or variance"
        )
    votes = next((votes for votes in _VOTES if votes in columns), None)
    ratings: Ratings = {}
    for record in records:
        row = ratings.setdefault(record.text(name), {})
        category = record.text("category")
        if category in row:
            raise ValueError(
                f"{record.where}: a second rating of model {shown(record.text(name))} in {category!r}; keep one "
                f"leaderboard in the file"
            )
        if record.has("rating"):
            row[category] = _rating(record, ends, votes)
    return ratings


def _rating(record: Record, ends: tuple[str, str] | None, votes: str | None) -> Rating:
    rating = record.number("rating", -MAX_RATING, MAX_RATING)
    count = record.number(votes, 0, 1e15) if votes else 0.0
    if ends is None:
        return Rating(rating, math.sqrt(record.number("variance", 0, MAX_RATING**2)), count)
    low, high = (record.number(end, -MAX_RATING, MAX_RATING) for end in ends)
    if not low <= rating <= high:
        raise ValueError(f"{record.where}: the rating {rating:g} is not in its interval [{low:g}, {high:g}]")
    return Rating(rating, (high - low) / (2 * NORMAL_95), count)


IMPORTER = Importer(
    "LMArena's leaderboard: model_name,category,rating,rating_lower,rating_upper[,vote_count], as win rates",
    {
        "reference": "the name of the model that all are compared with",
        "categories": "the categories to take, with commas between them; by default all but those of all votes",
        "style_control": "takes the rows whose column style_control has this value, 0 or 1",
        "date": "takes the rows of this date, where the file has several",
        "gaps": gap_policies.OPTION,
        **SHEET_OPTIONS,
    },
    read,
    required=("reference",),
)
