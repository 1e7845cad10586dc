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
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from ...messages import shown
from .. import gaps as gap_policies
from ..disk import named, text_at
from ..json_checks import an_object, decoded, strings
from ..left_out import chosen, noted, several
from ..measured import MAX_QUESTIONS, Cells, MeasuredScore, uncertainty
from ..roles import check_no_summary
from ..sheets import Record, records_at
from ..table import Table
from .importer import Importer

SOURCE = (
    'LiveBench, https://livebench.ai; White et al., "LiveBench: A Challenging, Contamination-Limited LLM Benchmark", '
    "ICLR 2025, arXiv 2406.19314"
)
_LONG = ("model", "category", "score")


def read(
    path: str | os.PathLike[str],
    *,
    categories_file: str | os.PathLike[str] | None = None,
    categories: str | Sequence[str] | None = None,
    gaps: str = gap_policies.POLICIES[0],
) -> Table:
    """The table in the file at `path`, in the order of the file; see the module.

    Args:
        path: a file of one of the two layouts.
        categories_file: of the wide layout, the JSON file that lists the tasks of each category.
        categories: the categories to take, in this order; all by default.
        gaps: what to leave out where scores are missing, see `gaps.POLICIES`.

    Warns:
        LeftOutWarning: columns, models or categories are left out.

    Raises:
        ValueError: the file is of neither layout, a score is out of range or given twice, a category or a task is
            not in the file or listed twice, a category that nobody asked for looks like an average of the others, or
            `categories_file` is missing or given for the long layout.
        TypeError: `categories` are not names.
    """
    columns, records = records_at(path)
    where = named(path)
    notes: tuple[str, ...] = ()
    tasks: dict[str, tuple[str, ...]] = {}
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
        unused = sorted(set(columns[1:]) - set(chain(*tasks.values())))
        if unused:
            note = f"Left out at import, columns of no category: {several(unused)}."
            notes = noted(note, where, stacklevel=3)
        cells = _wide(records, tasks)
    else:
        raise ValueError(f"{where}: the header must be 'model,category,score,...' or 'model,<task>,...'")
    known = tuple(tasks) if tasks else tuple(dict.fromkeys(user for row in cells.values() for user in row))
    users = chosen(known, categories, "categories", "category", where)
    if categories is None:
        check_no_summary(users, where, asked="categories", left_out=None)
    models, users, left_out = gap_policies.without_gaps(cells, users, where, gaps, stacklevel=3)
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
        **uncertainty(rows),
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
        if record.has("score"):
            score = record.number("score", 0, 1, "divide per cent by 100")
            row[category] = MeasuredScore(score, record.count("n", MAX_QUESTIONS) if counted else None)
    return cells


def _wide(records: list[Record], tasks: Mapping[str, tuple[str, ...]]) -> Cells:
    cells: Cells = {}
    for record in records:
        model = record.text("model")
        if model in cells:
            raise ValueError(f"{record.where}: a second row of model {shown(model)}")
        cells[model] = {
            category: MeasuredScore(math.fsum(record.number(task, 0, 100) for task in columns) / len(columns) / 100)
            for category, columns in tasks.items()
            if all(record.has(task) for task in columns)
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
        twice = [task for task, times in Counter(listed).items() if times > 1]
        if twice:
            raise ValueError(
                f"{at}: the category {shown(category)} lists the task {shown(twice[0])} twice; list it once"
            )
        for task in listed:
            if task not in columns[1:]:
                raise ValueError(f"{at}: {where} has no column for the task {shown(task)} of {shown(category)}")
    return tasks


IMPORTER = Importer(
    "LiveBench's results: model,category,score[,n] in [0, 1], or the site's table of tasks in per cent",
    {
        "categories_file": "for the site's table: categories_<release>.json, which lists the tasks of each category",
        "categories": "the categories to take, with commas between them; all by default",
        "gaps": gap_policies.OPTION,
    },
    read,
)
