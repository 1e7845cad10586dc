"""The folder that a comparison leaves: raw results, one self-contained page, and the figures as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import genmarket_env
from genmarket_env.command_line import write_texts
from genmarket_env.pictures import inline, svg
from genmarket_env.report import page

from . import figures
from .summary import Comparison, ends_shown, interval_shown, markdown, number_shown, shown, theory_row
from .theory import Theory

TEMPLATE = Path(__file__).with_name("report.html.jinja")


def write(comparison: Comparison, folder: Path) -> Path:
    """Write results.json, results.csv, table.md, report.html and the figures into `folder`; returns the page's path.

    All files appear, or none does; those of an earlier run are replaced.
    """
    pictures = _pictures(comparison)
    files = {
        "results.json": comparison.results_json(),
        "results.csv": comparison.results_csv(),
        "table.md": markdown(comparison),
        **{f"{name}.svg": picture for name, picture in pictures.items()},
        "report.html": _page(comparison, pictures),
    }
    write_texts(folder, files)
    return folder / "report.html"


def _pictures(comparison: Comparison) -> dict[str, str]:
    pictures = {"market": figures.market_figure(comparison)}
    for answer in comparison.theory:
        count = answer.num_platforms
        pictures[f"nash_conv_n{count}"] = figures.curves_figure(comparison, answer, "nash_conv")
        pictures[f"welfare_n{count}"] = figures.curves_figure(comparison, answer, "welfare_ratio")
        pictures[f"deployed_n{count}"] = figures.deployed_figure(comparison, answer)
        if answer.orbit is not None:
            pictures[f"cycle_n{count}"] = figures.cycle_figure(comparison, answer)
    return {name: svg(figure) for name, figure in pictures.items()}


def _page(comparison: Comparison, pictures: dict[str, str]) -> str:
    return page(
        TEMPLATE,
        comparison.about,
        filters={"interval": interval_shown, "models": lambda profile: _models(comparison, profile)},
        comparison=comparison,
        pictures={name: inline(picture) for name, picture in pictures.items()},
        brief=lambda answer: _brief(comparison, answer),
        ends_shown=ends_shown,
        theory_row=theory_row,
        learners=sorted({row.learner for row in comparison.rows}),
        settings=_settings(comparison),
        regimes=_regimes,
        mixture=lambda answer: _mixture(comparison, answer),
        version=genmarket_env.__version__,
    )


def _brief(comparison: Comparison, answer: Theory) -> str:
    """What theory says and what learners do, in a few sentences."""
    if len(answer.equilibria) == 1:
        says = f"Theory: one pure equilibrium, {_deployed(comparison, answer.equilibria[0]['profile'])}."
    elif answer.equilibria:
        says = f"Theory: {len(answer.equilibria)} pure equilibria."
    else:
        mixture = " and ".join(f"{name} with probability {p:.3f}" for name, p in _mixture(comparison, answer))
        says = (
            f"Theory: no pure equilibrium; the least epsilon is {answer.least_epsilon:.3f}, and in the symmetric mixed "
            f"equilibrium each platform deploys {mixture}."
        )
    rows = [row for row in comparison.rows if row.num_platforms == answer.num_platforms]
    for kind, words in (("equilibrium", "end in a pure equilibrium"), ("cycle", "end in a cycle")):
        always = [row.learner for row in rows if row.ends[kind] == sum(row.ends.values())]
        if always:
            says += f" With every seed {', '.join(always)} {words}."
    nearest = min(rows, key=lambda row: float(row.end["nash_conv"].iqm))
    if number_shown(nearest.end["nash_conv"].iqm) != number_shown(0.0):
        says += f" The least NashConv at the end is that of {nearest.learner}: {shown(nearest.end['nash_conv'])}."
    return says


def _deployed(comparison: Comparison, profile: list[int]) -> str:
    """A profile in words."""
    if len(set(profile)) == 1 < len(profile):
        return f"all platforms deploy {comparison.market.model_names[profile[0]]}"
    return _models(comparison, profile)


def _settings(comparison: Comparison) -> str:
    """What was asked for, as `name value` pairs."""
    given = {name: value for name, value in comparison.arguments.items() if value is not None}
    return ", ".join(
        f"{name} {' '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in given.items()
    )


def _models(comparison: Comparison, profile: list[int]) -> str:
    return ", ".join(comparison.market.model_names[model] for model in profile)


def _mixture(comparison: Comparison, answer: Theory) -> list[tuple[str, float]]:
    """The models of the mixed equilibrium with their probabilities, the likeliest first."""
    named = zip(comparison.market.model_names, answer.mixture, strict=True)
    return sorted(((name, p) for name, p in named if p > 5e-4), key=lambda pair: -pair[1])


def _regimes(answer: Theory) -> list[dict[str, Any]]:
    """The temperature regimes, each with what it says in words."""
    return [
        {
            "low": regime["low"],
            "high": regime["high"],
            "count": len(regime["equilibria"]),
            "profiles": regime["equilibria"][:3],
        }
        for regime in answer.regimes
    ]
