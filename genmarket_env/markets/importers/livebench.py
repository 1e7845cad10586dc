"""LiveBench's results, in either of two layouts.

* Long: the columns `model,category,score` and, if known, `n`, the number of questions; one row a model and category,
  scores in [0, 1]. With `n` the table gets binomial standard errors.
* Wide: the table that the site offers, `table_<release>.csv`: a column `model` and one a task, scores in per cent;
  `categories_<release>.json` beside it lists the tasks of each category. As on the site the score of a category is
  the mean of its tasks. Unlike the site, which averages the tasks that are there, a model without one of the tasks
  counts as without the category.

A user type is a category. Models without all categories are left out with a notice.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from ...messages import shown
from ...uncertainty import binomial_standard_errors
from ..files import named, text_at
from ..json_checks import an_object, decoded, strings
from ..json_format import MAX_QUESTIONS
from ..table import Table
from .importer import Importer, chosen, complete_models, noted
from .records import Record, records_at

SOURCE = (
    'LiveBench, https://livebench.ai; White et al., "LiveBench: A Challenging, Contamination-Limited LLM Benchmark", '
    "ICLR 2025, arXiv 2406.19314"
)
_LONG = ("model", "category", "score")


class Cell(NamedTuple):
    """The score of a model in a category, and the number of questions if that is known."""

    score: float
    questions: int | None = None


Cells = dict[str, dict[str, Cell]]
"""By model and category."""


def read(
    path: str | os.PathLike[str],
    *,
    categories_file: str | os.PathLike[str] | None = None,
    categories: str | Sequence[str] | None = None,
) -> Table:
    """The table in the file at `path`, in the order of the file; see the module.

    Args:
        path: a file of one of the two layouts.
        categories_file: of the wide layout, the JSON file that lists the tasks of each category.
        categories: the categories to take, in this order; all by default.

    Raises:
        ValueError: the file is of neither layout, a score is out of range or given twice, a category or a task is
            not in the file, or `categories_file` is missing or given for the long layout.
        TypeError: `categories` are not names.
    """
    columns, records = records_at(path)
    where = named(path)
    notes: tuple[str, ...] = ()
    if set(_LONG) <= set(columns):
        if categories_file is not None:
            raise ValueError(f"{where} has one row a category and needs no categories_file; leave it out")
        cells = _long(records, counted="n" in columns)
    elif columns[0] == "model" and len(columns) > 1:
        if categories_file is None:
            raise ValueError(
                f"{where} has one column a task: give categories_file, the site's categories_<release>.json"
            )
        tasks = _tasks_of(categories_file, columns, where)
        notes = noted("columns of no category", sorted(set(columns[1:]) - set(chain(*tasks.values()))), where)
        cells = _wide(records, tasks)
    else:
        raise ValueError(f"{where}: the header must be 'model,category,score,...' or 'model,<task>,...'")
    users = chosen(cells, categories, where)
    models, left_out = complete_models(cells, users, where)
    rows = [[cells[model][user] for user in users] for model in models]
    return Table(
        where,
        models,
        users,
        tuple(tuple(cell.score for cell in row) for row in rows),
        title=f"{len(models)} models, scored by LiveBench in {len(users)} categories",
        source=SOURCE,
        unit="LiveBench's mean of a category, divided by 100",
        licence="published benchmark figures (facts); cite LiveBench",
        notes=(*notes, *left_out),
        **_uncertainty(rows),
    )


def _long(records: list[Record], *, counted: bool) -> Cells:
    cells: Cells = {}
    for record in records:
        row = cells.setdefault(record.text("model"), {})
        category = record.text("category")
        if category in row:
            raise ValueError(
                f"{record.where}: a second score of model {shown(record.text('model'))} for {category!r}; "
                f"give one row a model and category, such as the mean of its tasks"
            )
        if record.cells["score"]:
            score = record.number("score", 0, 1, "divide per cent by 100")
            row[category] = Cell(score, record.count("n", MAX_QUESTIONS) if counted else None)
    return cells


def _wide(records: list[Record], tasks: Mapping[str, tuple[str, ...]]) -> Cells:
    cells: Cells = {}
    for record in records:
        model = record.text("model")
        if model in cells:
            raise ValueError(f"{record.where}: a second row of model {shown(model)}")
        cells[model] = {
            category: Cell(math.fsum(record.number(task, 0, 100) for task in columns) / len(columns) / 100)
            for category, columns in tasks.items()
            if all(record.cells[task] for task in columns)
        }
    return cells


def _tasks_of(path: str | os.PathLike[str], columns: Sequence[str], where: str) -> dict[str, tuple[str, ...]]:
    """The tasks of each category, all of them columns of the table."""
    text, at = text_at(path), named(path)
    content = an_object(decoded(text, at), at)
    if not content:
        raise ValueError(f"{at}: there are no categories")
    tasks = {category: strings(listed, f"{at}: {category}") for category, listed in content.items()}
    for category, listed in tasks.items():
        if not listed:
            raise ValueError(f"{at}: the category {shown(category)} has no tasks")
        for task in listed:
            if task not in columns[1:]:
                raise ValueError(f"{at}: {where} has no column for the task {shown(task)} of {shown(category)}")
    return tasks


def _uncertainty(rows: list[list[Cell]]) -> dict[str, Any]:
    """`questions` of a table if they are the same for all models, otherwise `standard_errors`, if known at all."""
    counts = [[cell.questions for cell in row if cell.questions is not None] for row in rows]
    if not all(counts):
        return {}
    if all(row == counts[0] for row in counts):
        return {"questions": tuple(counts[0])}
    errors = binomial_standard_errors([[cell.score for cell in row] for row in rows], counts)
    return {"standard_errors": tuple(map(tuple, errors.tolist()))}


IMPORTER = Importer(
    "LiveBench's results: model,category,score[,n] in [0, 1], or the site's table of tasks in per cent",
    {
        "categories_file": "for the site's table: categories_<release>.json, which lists the tasks of each category",
        "categories": "the categories to take, with commas between them; all by default",
    },
    read,
)
