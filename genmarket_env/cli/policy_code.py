"""The code that gives an answer of `genmarket policy` in Python."""

from __future__ import annotations

from collections.abc import Sequence

from ..analysis.noise import Noise
from ..choice import ChoiceRule, HardMax, OutsideOption
from ..command_line import number_or_text
from ..markets import files, names, platform_markets
from ..markets.table import UNIFORM
from ..policy import Counterfactual, Reform, Scenario
from .options import NamedMarket, shares_of
from .platforms_asked import Baseline


def python_of(
    named: NamedMarket,
    found: Counterfactual,
    before: Sequence[Reform],
    noise: Noise | None,
    seed: int,
    begins: Baseline | None = None,
) -> tuple[str, ...]:
    """Lines of code that give the same answer.

    Args:
        named: the market, and how it was loaded.
        found: the answer.
        before: the reforms that hold on both sides.
        noise: how markets were redrawn; None without draws.
        seed: of the draws.
        begins: how the baseline was asked for.
    """
    kinds = sorted({type(reform).__name__ for reform in (*before, *found.reforms)})
    policy = ", ".join(["Scenario", *(["applied"] if before else []), "counterfactual", *kinds])
    imported = ", ".join([*_rules(found.baseline.choice), "markets"])
    given, code = ("", ()) if begins is None else (begins.given, begins.code)
    baseline, redrawn = _scenario(found.baseline, "real" if code else "market", given), ""
    lines = [f"from genmarket_env import {imported}", f"from genmarket_env.policy import {policy}"]
    if before:
        baseline = f"applied({baseline}, [{', '.join(map(repr, before))}])"
    if noise is not None:
        lines.append("from genmarket_env.analysis.noise import Noise, drawn")
        draws = f"drawn(market, {noise!r}, seed={seed})"
        if code:
            kept = "prices=real.prices, costs=real.costs, cost_unit=real.cost_unit"
            draws = f"replace(offered.market({draws}), {kept})"
        redrawn = f", redrawn={draws}"
    if given:
        lines.append("import numpy as np")
    reforms = ", ".join(map(repr, found.reforms))
    lines += [*_market(named), *code, f"found = counterfactual({baseline}, [{reforms}]{redrawn})"]
    lines.append(f'print(found.changes["{main_change(found)}"])')
    return tuple(sorted(lines, key=lambda line: not line.startswith(("from ", "import "))))


def main_change(found: Counterfactual) -> str:
    """The figure whose change is the answer."""
    return "consumer_surplus" if found.baseline.has_money else "user_value"


def _market(named: NamedMarket) -> list[str]:
    """How the market is loaded, in Python."""
    base = platform_markets.base_of(named.name) if named.name in names() else None
    kept = ("masses",) if base else named.options.keys() - {"without"}
    options = {name: value for name, value in named.options.items() if name in kept}
    masses = options.get("masses", "")
    shares = shares_of(masses) if "=" in masses and masses not in named.entry.mass_schemes else {}
    if shares:
        options["masses"] = UNIFORM
        if "masses" not in named.entry.options:
            del options["masses"]
    as_text = files.is_path(named.name)
    given = "".join(
        f", {name}={value if as_text or name == 'masses' else number_or_text(value)!r}"
        for name, value in options.items()
    )
    lines = [f"market = markets.load({(base or named.name)!r}{given})"]
    if shares:
        lines.append(f"market = markets.weighted(market, {shares!r})")
    if named.left_out and base is None:
        lines.append(f"market = markets.without(market, {list(named.left_out)!r})")
    return lines


def _scenario(scenario: Scenario, market: str, more: str) -> str:
    """The baseline before all reforms, as Python makes it, of the market of that name."""
    given = "" if scenario.choice == HardMax() else f", {scenario.choice!r}"
    for name in ("sensitivity", "cost_share"):
        value = getattr(scenario, name)
        given += "" if value is None else f", {name}={value!r}"
    given += f", pricing={scenario.pricing!r}" if scenario.sets_prices else ""
    return f"Scenario({market}, {scenario.num_platforms}{given}{more})"


def _rules(choice: ChoiceRule) -> list[str]:
    """The classes that the rule is made of, as far as the code names them."""
    if choice == HardMax():
        return []
    inner = _rules(choice.rule) or ["HardMax"] if isinstance(choice, OutsideOption) else []
    return sorted({type(choice).__name__, *inner})
