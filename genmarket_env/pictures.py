"""The common style of all figures, and figures as SVG text.

Readable in greyscale: shade, line style and text carry the meaning. matplotlib is imported by the function that draws.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .messages import printable
from .number_format import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Text stays text, and the ids do not depend on the day or the process: same numbers, same file.
# A "$" in the name of a model is a "$".
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "genmarket",
    "text.parse_math": False,
    "font.size": 9,
    "axes.titlesize": 9,
}
DARK, MID = "#1b3a5c", "#8a5a00"
LINE = 12
"""The characters of a name that fit in a column."""
UNBROKEN = 18
"""Of a part of a name without a separator so many characters stay on one line."""
PLACE_FOR_TITLE = 6.5
"""The least width in inches of a figure under a long title."""
LONGEST = 36
"""The most characters of a name that are drawn."""
MOST_MODELS, MOST_USERS = 60, 20
"""The most models and user types whose scores are drawn."""


def have_matplotlib() -> bool:
    """Whether figures can be drawn here."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


@contextmanager
def styled() -> Iterator[None]:
    """The common style, for the figures made inside, whatever a user's matplotlibrc says.

    Raises:
        ImportError: matplotlib is not installed.

    Example:
        >>> with styled():
        ...     axes = new_figure(3, 2).subplots()
        >>> axes.title.get_fontsize()
        9.0
    """
    mpl = _matplotlib()
    with mpl.rc_context():
        # A matplotlibrc is for figures of the user's own: LaTeX or a dark style there would end or spoil ours.
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, laid out so that nothing overlaps; no window is opened.

    Raises:
        ImportError: matplotlib is not installed.
    """
    _matplotlib()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def svg(figure: Figure) -> str:
    """A figure as the text of an SVG file."""
    text = io.StringIO()
    with styled(), warnings.catch_warnings():
        # Text stays text: whoever shows the picture has fonts of their own.
        warnings.filterwarnings("ignore", r"Glyph .* missing from font", UserWarning)
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def inline(picture: str, *, shrinks: bool = False) -> str:
    """The SVG element alone, without the XML declaration that a page must not repeat.

    Args:
        picture: an SVG file's text.
        shrinks: whether a phone shows all of it, smaller; otherwise it keeps its size there, and scrolls.

    Example:
        >>> inline("<?xml?><svg></svg>")
        '<svg></svg>'
    """
    element = picture[picture.index("<svg") :]
    return element.replace("<svg", '<svg style="max-width: 100%; height: auto"', 1) if shrinks else element


def plain_logarithm(axes: Any, *, x: bool = False, y: bool = False) -> None:
    """Make these axes logarithmic, with plain numbers at their powers of ten: no TeX, which the style does not parse.

    Example:
        >>> with styled():
        ...     axes = new_figure(3, 2).subplots()
        ...     plain_logarithm(axes, x=True)
        >>> axes.get_xscale(), axes.xaxis.get_major_formatter()(0.01)
        ('log', '0.01')
    """
    from matplotlib.ticker import FuncFormatter, NullFormatter

    for axis, wanted in ((axes.xaxis, x), (axes.yaxis, y)):
        if wanted:
            (axes.set_xscale if axis is axes.xaxis else axes.set_yscale)("log")
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())


def heat(
    axes: Any,
    values: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    lightest: float | None = None,
    blank: float = 0.005,
) -> None:
    """Draw a table of shaded numbers in [0, 1], `(rows, columns)`, dark for large.

    Tables side by side need the same `lightest`, what is white; by default .3, or the least number if that is less.
    Numbers below `blank` are not written.
    """
    table = np.asarray(values, dtype=float)
    white = min(0.3, float(table.min())) if lightest is None else lightest
    # Black would hide what is written on it.
    image = axes.imshow(table, cmap="Greys", vmin=white, vmax=1.15, aspect="auto")
    for (row, column), value in np.ndenumerate(table):
        if value >= blank:
            colour = "white" if image.norm(value) > 0.6 else "black"
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7, color=colour)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(columns)), columns, fontsize=8)


def market_figure(
    scores: ArrayLike,
    masses: ArrayLike,
    models: Sequence[str],
    users: Sequence[str],
    title: str,
    *,
    first: Iterable[int] = (),
) -> Any:
    """The score of each model for each user type, with the masses: a figure of those that matter, if they are many.

    Args:
        scores: `(models, users)`, in [0, 1].
        masses: `(users,)`.
        models: the names of the rows.
        users: the names of the columns.
        title: what stands above.
        first: the models that matter most, such as those that are deployed; they are drawn first.
    """
    table, weights = np.asarray(scores, dtype=float), np.asarray(masses, dtype=float)
    rows, columns = models_to_draw(table, weights, first), largest(weights)
    labels = [f"{folded(users[k], ' ')}\n{percent(weights[k])}" for k in columns]
    with styled():
        figure = new_figure(2.8 + 0.95 * len(columns), 1.3 + 0.24 * len(rows))
        axes = figure.subplots()
        heat(axes, table[np.ix_(rows, columns)], [shortened(models[j]) for j in rows], labels, blank=0)
        left_out = [
            *([f"the {len(rows)} models that matter of {len(models):,}"] if len(rows) < len(models) else []),
            *([f"the {len(columns)} largest of {len(users):,} user types"] if len(columns) < len(users) else []),
        ]
        axes.set_title("\n".join([title, *([", ".join(left_out)] if left_out else [])]), loc="left")
    return figure


def models_to_draw(
    scores: NDArray[np.float64], masses: NDArray[np.float64], first: Iterable[int] = (), most: int = MOST_MODELS
) -> NDArray[np.intp]:
    """The rows of at most so many models: `first`, then those best for the most users, then the best on average.

    Args:
        scores: `(models, users)`.
        masses: `(users,)`.
        first: the models that matter most.
        most: how many are taken, at least 1.

    Example:
        >>> models_to_draw(np.array([[0.1, 0.2], [0.9, 0.1], [0.5, 0.5], [0.4, 0.8]]), np.array([0.5, 0.5]), [0], 3)
        array([0, 1, 3])
    """
    if len(scores) <= most:
        return np.arange(len(scores))
    wanted = np.isin(np.arange(len(scores)), list(first))
    best_for = (scores >= scores.max(axis=0)) @ masses
    order = np.lexsort((-(scores @ masses), -best_for, ~wanted))
    return np.sort(order[:most])


def largest(masses: NDArray[np.float64], most: int = MOST_USERS) -> NDArray[np.intp]:
    """The columns of at most so many user types, those of the largest masses.

    Example:
        >>> largest(np.array([0.2, 0.1, 0.4, 0.3]), 2)
        array([2, 3])
    """
    return np.sort(np.argsort(-masses, kind="stable")[:most])


def user_figure(
    gets: ArrayLike, best: ArrayLike, planner: ArrayLike, masses: ArrayLike, users: Sequence[str], title: str
) -> Any:
    """What each user type gets, as bars, beside the best there is and what a planner would give it: a figure.

    Args:
        gets: `(users,)`, in units of the score.
        best: `(users,)`.
        planner: `(users,)`.
        masses: `(users,)`.
        users: the names of the types, from the top.
        title: what stands above.
    """
    labels = [f"{shortened(name)} ({mass:.1%})" for name, mass in zip(users, np.asarray(masses), strict=True)]
    places = np.arange(len(users))
    with styled():
        figure = new_figure(6.2, 1.3 + 0.28 * len(users))
        axes = figure.subplots()
        axes.barh(places, gets, height=0.6, color="0.75", label="gets")
        axes.plot(best, places, "|", color="black", markersize=13, markeredgewidth=2, label="best there is")
        axes.plot(planner, places, "o", color="black", markerfacecolor="none", label="under the planner")
        axes.set_yticks(places, labels)
        axes.invert_yaxis()
        axes.set_xlim(0, max(1.0, 1.02 * float(np.max([gets, best, planner]))))
        figure.suptitle(title, fontsize=STYLE["axes.titlesize"])
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def path_figure(profiles: ArrayLike, names: Sequence[str], title: str, *, closed: bool) -> Any:
    """What each platform deploys after each move, the mover in bold: a figure.

    Args:
        profiles: `(moves, platforms)`, indices into `names`; consecutive ones differ.
        names: the models' names.
        title: what stands above.
        closed: whether the last profile leads back to the first, as in a cycle.
    """
    path = np.asarray(profiles)
    models = np.unique(path)
    shade = np.searchsorted(models, path.T) / max(1, len(models) - 1)
    moved = path != np.roll(path, 1, axis=0)
    if not closed:
        moved[0] = False
    with styled():
        figure = new_figure(max(1.5 + 1.15 * len(path), PLACE_FOR_TITLE), 0.9 + 0.6 * path.shape[1])
        axes = figure.subplots()
        axes.imshow(0.12 + 0.3 * shade, cmap="Greys", vmin=0, vmax=1, aspect="auto")
        for (step, platform), model in np.ndenumerate(path):
            axes.text(step, platform, folded(names[model]), ha="center", va="center", fontsize=7,
                      weight="bold" if moved[step, platform] else "normal")  # fmt: skip
        axes.set_xticks(range(len(path)), [str(step + closed) for step in range(len(path))])
        axes.set_yticks(range(path.shape[1]), [f"platform {i + 1}" for i in range(path.shape[1])])
        axes.set_xlabel("move (the last leads back to the first)" if closed else "move (0: the start)")
        axes.set_title(title)
    return figure


def folded(name: str, separator: str = "-") -> str:
    """A long name over several lines, broken at its separators; a very long one is cut.

    Example:
        >>> folded("claude-fable-5-max-effort").splitlines()
        ['claude-fable-', '5-max-effort']
    """
    lines = [""]
    pieces = [
        (part[start : start + UNBROKEN], start > 0)
        for part in shortened(name).split(separator)
        for start in range(0, max(1, len(part)), UNBROKEN)
    ]
    for part, continued in pieces:
        if continued:
            lines.append(part)
            continue
        longer = f"{lines[-1]}{separator}{part}" if lines[-1] else part
        if len(longer) > LINE and lines[-1]:
            lines[-1] += separator.strip()
            lines.append(part)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def shortened(name: str) -> str:
    """A name of at most `LONGEST` characters, escaped where it would not be shown.

    Example:
        >>> shortened("a" * 100)
        'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'
    """
    name = printable(name)
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."


def _matplotlib() -> Any:
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        raise ImportError("figures need matplotlib: pip install 'genmarket_env[plot]'") from None
    return mpl
