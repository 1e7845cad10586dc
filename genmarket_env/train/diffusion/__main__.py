"""`python -m train.diffusion`: train a pool of diffusion models, measure the market, and enter it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from genmarket_env import markets
from genmarket_env.arguments import checked_real
from genmarket_env.command_line import make_folder, run
from genmarket_env.entry.objective import checked_beta
from genmarket_env.game import checked_platforms
from genmarket_env.runner import Runner
from genmarket_env.runner.options import Running

from . import data, entry, settings
from .pipeline import Results, carry_out, plan
from .store import Store

MAX_PLATFORMS = 12
"""With more the pool of models has so many profiles that solving takes longer than training."""


@dataclass(frozen=True)
class Arguments:
    """Train diffusion models and a market of them, and a provider's entrant by several schemes.

    Writes report.html, results.json and market.json (which `genmarket` reads) into the output folder, and prints one
    table. Finished steps are kept in the folder's `steps` and are not computed again by the same command.
    """

    data: Annotated[
        str,
        typer.Option(help="digits; fashion-mnist, as Debian installs it; or a folder with Fashion-MNIST's IDX files."),
    ] = data.DIGITS
    platforms: Annotated[
        list[int], typer.Option("-n", "--platforms", help="How many platforms; give it again for more markets.")
    ] = field(default_factory=lambda: [2, 3, 4])
    scheme: Annotated[list[str], typer.Option(help=f"Any of {', '.join(entry.SCHEMES)}; all by default.")] = field(
        default_factory=lambda: list(entry.SCHEMES)
    )
    seeds: Annotated[int, typer.Option(help="How many entrants a scheme, at least 1.")] = 3
    seed: Annotated[int, typer.Option(help="Of the pool, and the first of the entrants, at least 0.")] = 0
    images: Annotated[int | None, typer.Option(help="How many images are drawn for each score, at least 2.")] = None
    baseline_steps: Annotated[int | None, typer.Option(help="How many batches the baseline is trained on.")] = None
    entry_steps: Annotated[
        int | None, typer.Option(help="How many batches each LoRA, of the pool or an entrant, is trained on.")
    ] = None
    learning_rate: Annotated[float | None, typer.Option(help="The largest one of all generators.")] = None
    beta: Annotated[float | None, typer.Option(help="The steepness of the gate, per unit of score.")] = None
    gradient_weight: Annotated[float | None, typer.Option(help="Lambda, the weight of F in the gradient scheme.")] = (
        None
    )
    tiny: Annotated[bool, typer.Option("--tiny", help="Budgets that only show that everything runs.")] = False
    running: Running = field(default_factory=Running)
    out: Annotated[Path, typer.Option(help="The output folder.")] = Path("results/diffusion")
    json: Annotated[bool, typer.Option("--json", help="Print the results as JSON instead of the table.")] = False

    def __post_init__(self) -> None:
        for name in self.scheme:
            if name not in entry.SCHEMES:
                raise ValueError(f"no scheme is called {name!r}; the schemes are: {', '.join(entry.SCHEMES)}")
        for count in self.platforms:
            if checked_platforms(count) > MAX_PLATFORMS:
                raise ValueError(f"--platforms is {count}; markets are solved for up to {MAX_PLATFORMS} here")
        least = {"seeds": 1, "seed": 0, "images": 2, "baseline_steps": 1, "entry_steps": 1}
        for name, low in least.items():
            value = getattr(self, name)
            if value is not None and value < low:
                raise ValueError(f"--{name.replace('_', '-')} is {value}; it must be at least {low}")
        if self.learning_rate is not None:
            checked_real("--learning-rate", self.learning_rate, 1e-12, 1e30)
        if self.beta is not None:
            checked_beta(self.beta, "--beta")
        if self.gradient_weight is not None:
            checked_real("--gradient-weight", self.gradient_weight, 0, 1e6)

    def settings(self) -> settings.PipelineSettings:
        """The budgets for these data, with what was given."""
        chosen = settings.DIGITS if self.data == data.DIGITS else settings.FASHION
        if self.tiny:
            chosen = settings.tiny(chosen)
        rate = _given(learning_rate=self.learning_rate)
        steps = _given(steps=self.entry_steps)
        return replace(
            chosen,
            baseline=replace(chosen.baseline, **rate, **_given(steps=self.baseline_steps)),
            variant=replace(chosen.variant, **rate, **steps),
            entry=replace(
                chosen.entry,
                training=replace(chosen.entry.training, **rate, **steps),
                **_given(beta=self.beta, gradient_weight=self.gradient_weight),
            ),
            **_given(images=self.images),
        )

    def as_dict(self) -> dict[str, Any]:
        """What results depend on, as plain data."""
        names = ("data", "platforms", "scheme", "seeds", "seed", "tiny")
        return {**{name: getattr(self, name) for name in names}, "settings": dataclasses.asdict(self.settings())}


def main(arguments: Arguments) -> Results:
    """Run all steps, then the table and the report."""
    _check_extra()
    from . import report

    console = Console(stderr=True)
    with console.status("reading the images"):
        source = data.find(arguments.data)
    make_folder(arguments.out)
    steps = plan(
        source,
        arguments.settings(),
        seed=arguments.seed,
        seeds=arguments.seeds,
        schemes=list(dict.fromkeys(arguments.scheme)),
    )
    # Absolute: on Ray the workers stand elsewhere.
    store = Store((arguments.out / "steps").absolute())
    platforms = list(dict.fromkeys(arguments.platforms))
    runner = _with_one_gpu(arguments.running.runner)
    results = carry_out(steps, store, platforms, runner=runner, console=console, arguments=arguments.as_dict())
    markets.save(results.market, arguments.out / "market.json")
    page = report.write(results, arguments.out)
    if arguments.json:
        typer.echo(results.as_json())
    else:
        typer.echo(report.text(results))
    console.print(f"report: {page}", soft_wrap=True, highlight=False, markup=False)
    return results


def _check_extra() -> None:
    for name in ("accelerate", "diffusers", "peft", "safetensors", "sklearn", "torch"):
        if find_spec(name) is None:
            raise ImportError(f"train.diffusion needs {name}: pip install 'genmarket_env[diffusion]'")


def _with_one_gpu(runner: Runner) -> Runner:
    """The runner; where nobody says how many processes and this machine has a GPU, one of them."""
    from accelerate import Accelerator

    asked = runner.engine != "processes" or (runner.jobs is not None and runner.jobs > 0)
    return runner if asked or Accelerator().device.type == "cpu" else replace(runner, jobs=1)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


if __name__ == "__main__":
    run(Arguments, main)
