"""Which column of a table is what, by the names that people give to columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..messages import MAX_LENGTH, listed, shown

MODEL = frozenset(("model", "models", "modelname", "modelid", "llm", "llms"))
"""Names of the column of models, as `key_of` gives them."""

MODEL_PERHAPS = frozenset(("name", "system", "method", "checkpoint"))
"""Names of it where no column has one of `MODEL`."""

USER = frozenset(
    (
        "user", "users", "usertype", "usertypes", "usergroup", "category", "categories", "segment", "segments",
        "subject", "subjects", "task", "tasks", "topic", "topics", "skill", "skills", "domain", "domains",
        "dataset", "benchmark", "style", "language", "type", "group", "capability", "usecase",
    )
)  # fmt: skip
"""Names of a column of user types."""

SCORE = frozenset(("score", "scores", "accuracy", "acc", "value", "winrate", "passrate", "quality", "reward"))
STANDARD_ERROR = frozenset(("se", "stderr", "stderror", "standarderror", "scorese", "scorestderr", "sem"))
COUNT = frozenset(("n", "questions", "nquestions", "numquestions", "samples", "nsamples", "numsamples", "count"))
LOWER = frozenset(("scorelower", "scoreq025", "scorelo", "scorelow", "lower", "q025", "cilower", "cilow"))
UPPER = frozenset(("scoreupper", "scoreq975", "scorehi", "scorehigh", "upper", "q975", "ciupper", "cihigh"))
MASS = frozenset(
    ("mass", "masses", "share", "shares", "marketshare", "marketshares", "weight", "weights", "segmentshares")
)
"""Names of what holds the masses of the user types."""

AMOUNT = frozenset(("price", "prices", "cost", "costs"))
"""Names of what may be prices or costs, but says no unit."""

_SUMMARY = frozenset(
    ("average", "averages", "avg", "mean", "overall", "total", "totals", "rank", "ranking", "median", "sum")
)
_BESIDE_SUMMARY = frozenset(
    ("score", "scores", "global", "macro", "micro", "weighted", "grand", "of", "all", "the", "accuracy", "acc", "index",
     "final", "tasks", "categories")
)  # fmt: skip


def key_of(name: str) -> str:
    """A name without what writers vary: case, blanks and punctuation.

    Example:
        >>> key_of("Model_Name ")
        'modelname'
    """
    return "".join(character for character in name.casefold() if character.isalnum())


def is_summary(name: str) -> bool:
    """Whether a name is that of an average, a total or a rank of others.

    Example:
        >>> [name for name in ("Average", "global_avg", "Overall score", "Mean reversion", "chat") if is_summary(name)]
        ['Average', 'global_avg', 'Overall score']
    """
    words = {word for word in re.split(r"[\W_]+", name.casefold()) if word}
    return bool(words & _SUMMARY and words <= _SUMMARY | _BESIDE_SUMMARY)


def check_no_summary(names: Iterable[str], where: str, *, asked: str = "users", left_out: str | None = "drop") -> None:
    """Raise ValueError if a name that nobody asked for is that of a summary of the others rather than of a user type.

    Args:
        names: of user types.
        where: the file, as errors name it.
        asked: the option that names those to take.
        left_out: the option that names those to leave out, if there is one.
    """
    names = tuple(names)
    for name in names:
        if is_summary(name):
            others = ",".join(other for other in names if not is_summary(other)) or name
            leave = f"leave it out with {left_out}={name}, or " if left_out else ""
            raise ValueError(
                f"{where}: {shown(name)} looks like a summary of the others and no user type: {leave}name those to "
                f"take "
                f"with {asked}={others if len(others) <= MAX_LENGTH else others[:MAX_LENGTH] + '...'} (on the command "
                f"line --set ...)"
            )


def column_of(names: frozenset[str], columns: Sequence[str], given: str | None, option: str, where: str) -> str | None:
    """The column that an option names, or the only one of such a name; None if there is none.

    Raises:
        ValueError: there is no such column, or several have such a name.
        TypeError: `given` is no string.
    """
    if given is not None:
        if not isinstance(given, str):
            raise TypeError(f"{option} must be the name of a column; got {shown(given)}")
        if given not in columns:
            raise ValueError(f"{where} has no column {shown(given)}; its columns: {listed(columns)}")
        return given
    found = [column for column in columns if key_of(column) in names]
    if len(found) > 1:
        raise ValueError(
            f"{where}: {listed(map(shown, found))} may each be the column for {option}: say which, "
            f"{option}={found[0]} (on "
            f"the command line --set {option}=...)"
        )
    return found[0] if found else None
