"""Facts of the package: what it exports and imports, what the wheel holds, and that the docs run."""

import ast
import doctest
import importlib
import inspect
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import genmarket_env

CHECKOUT = Path(__file__).parents[1]
LAYERS = (
    {
        "atomic",
        "interruption",
        "lazy_names",
        "messages",
        "namespaces",
        "number_format",
        "status",
        "tolerances",
        "working_folder",
    },
    {"guarded_output", "runner"},
    {"arguments", "barred", "command_line", "pictures", "protocol"},
    {"intervals", "market_checks", "uncertainty"},
    {"choice", "market"},
    {"best_reply", "k_means", "offers"},
    {"economy"},
    {"exact"},
    {"kernel", "radial_bumps"},
    {"compiled"},
    {"game"},
    {"equilibrium", "no_regret", "repeated"},
    {"entry"},
    {"users"},
    {"markets", "maximum_coverage"},
    {"about", "inertia", "plain", "planner", "portfolio_market", "pricing"},
    {"analysis", "calibration", "exchange", "policy", "report"},
    {"envs"},
    {"games", "market_v0"},
    {"agents"},
    {"reproduce"},
    {"train"},
    {"cli"},
    {"__main__"},
)
"""The modules of genmarket_env: each imports from the layers above it in this list, and from itself."""

USERS = {"agents", "train"}
"""Those that take the public names from genmarket_env itself, as its users do."""

FRONTS = ("agents", "train")
"""Folders of the checkout with short names for what is in the package."""

HEAVY = {
    "jinja2",
    "matplotlib",
    "networkx",
    "numba",
    "openpyxl",
    "pandas",
    "pyarrow",
    "ray",
    "rich",
    "scipy",
    "stable_baselines3",
    "torch",
    "typer",
}

SIGNATURES = {
    "Market": "scores masses *model_names *user_names *standard_errors *common_errors "
    "*mass_concentration *prices *costs *price_unit *cost_unit",
    "binomial_standard_errors": "scores questions",
    "HardMax": "tie_tol",
    "Logit": "temperature outside_utility",
    "OutsideOption": "rule reservation",
    "Solution": "status value profile mixture nash_conv history orbit stats",
    "demand": "market profile choice",
    "market_shares": "market profile choice",
    "payoffs": "market profile choice",
    "deviation_payoffs": "market profile choice",
    "regret": "market profile choice",
    "nash_conv": "market profile choice",
    "pure_equilibria": "market num_platforms choice *tol",
    "pure_equilibria_of_each": "market num_platforms choice *tol",
    "best_response_dynamics": "market initial choice *order *tie_breaking *max_rounds *rng",
    "symmetric_mixed_equilibrium": "market num_platforms choice",
    "correlated_equilibrium": "market num_platforms choice *coarse *welfare",
    "quantal_response_equilibrium": "market num_platforms choice *precision",
    "least_epsilon": "market num_platforms choice",
    "decomposition": "market profile choice",
    "dominance_threshold": "ratio num_platforms",
    "dominant_types": "market num_platforms",
    "full_differentiation": "market profile choice *tol",
    "response_graph": "market num_platforms choice *tol",
    "expected_payoffs": "market policies choice",
    "expected_deviation_payoffs": "market policies choice",
    "mixed_nash_conv": "market policies choice",
    "coverage": "market profile",
    "welfare": "market profile choice",
    "welfare_by_type": "market profile choice *planner",
    "surplus": "market profile choice",
    "planner_optimum": "market num_platforms choice",
    "prices": "market num_platforms choice *coarse",
    "price_of_anarchy": "market num_platforms choice",
    "price_of_stability": "market num_platforms choice",
    "model_hhi": "market profile choice",
    "platform_hhi": "market profile choice",
    "support_size": "market profile",
    "stability": "market num_platforms choice *candidates *redrawn *closest *level",
    "score_radius": "market profile choice",
    "structure_probabilities": "redrawn num_platforms choice *reference *level *most_profiles *tol",
    "outlook": "redrawn num_platforms choice *reference *level *most_profiles *tol",
    "phase_diagram": "market *platforms *temperatures *masses",
    "markets.load": "name_or_path **options",
    "markets.names": "",
    "markets.describe": "name **options",
    "markets.save": "market path",
    "markets.import_table": "layout path *title *source *licence **options",
}
"""The public names that users rely on, and their parameters: `*` marks those that are keyword-only.

More keyword-only ones, with defaults, may follow."""


def sources(package):
    return sorted((CHECKOUT / package).rglob("*.py"))


def module_of(path):
    parts = path.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(name):
    path = CHECKOUT.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def imports_of(path):
    """Every module that a file imports, at its top or inside a function, by its full name."""
    package = module_of(path) if path.name == "__init__.py" else module_of(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{module}.{alias.name}"
                yield name if is_module(name) else module


def run_python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_every_module_has_a_layer():
    modules = {
        path.relative_to(CHECKOUT / "genmarket_env").parts[0].removesuffix(".py") for path in sources("genmarket_env")
    }
    assert modules - {"__init__"} == set.union(*LAYERS)


def test_the_design_shows_the_layers():
    text = (CHECKOUT / "docs" / "design.md").read_text()
    chain = text.partition("## Imports go one way\n\n```\n")[2].partition("\ngenmarket_env ->")[0]
    assert [set(layer.split(", ")) for layer in chain.replace("\n", " ").split(" -> ")] == list(LAYERS[:-1])


@pytest.mark.parametrize("path", sources("genmarket_env"), ids=module_of)
def test_imports_of_the_library_go_one_way(path):
    own = module_of(path).split(".")[1:2]
    if not own:  # genmarket_env/__init__.py itself
        return
    allowed = {*own, *({""} if own[0] in USERS else ())}
    for layer in LAYERS[: next(i for i, layer in enumerate(LAYERS) if own[0] in layer)]:
        allowed |= layer
    for name in imports_of(path):
        top, _, rest = name.partition(".")
        assert top not in {"agents", "train", "benchmarks", "tests"}, name
        if top == "genmarket_env":
            assert rest.split(".")[0] in allowed, f"{module_of(path)} imports {name}, allowed are {sorted(allowed)}"


@pytest.mark.parametrize("front", FRONTS)
def test_the_fronts_hold_nothing_of_their_own(front):
    for path in sources(front):
        assert {name.split(".")[0] for name in imports_of(path)} <= {"genmarket_env"}, path
        for node in ast.parse(path.read_text()).body:
            assert isinstance(node, ast.Expr | ast.ImportFrom | ast.Assign | ast.If), f"{path}:{node.lineno}"


@pytest.mark.parametrize("front", [front for name in FRONTS for front in map(module_of, sources(name))])
def test_a_front_hands_on_what_the_package_has(front):
    if front.startswith("train."):
        pytest.importorskip("stable_baselines3")
    ours, theirs = importlib.import_module(front), importlib.import_module(f"genmarket_env.{front}")
    for name in getattr(ours, "__all__", ()):
        assert getattr(ours, name) is getattr(theirs, name), name


@pytest.mark.parametrize("module", ["genmarket_env", "genmarket_env.envs", "genmarket_env.market_v0"])
def test_importing_is_light(module):
    code = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = set(run_python(code))
    assert "numpy" in loaded
    assert not HEAVY & loaded


def test_what_a_market_does_not_need_is_imported_when_it_is_asked_for():
    code = """
import sys, genmarket_env as gm, gymnasium
print(any(name.startswith(("genmarket_env.pricing", "genmarket_env.analysis", "genmarket_env.envs.dynamics"))
          for name in sys.modules))
print("genmarket_env/PlatformMarket-v0" in gymnasium.registry, "genmarket_env/token-auction-v0" in gymnasium.registry)
print(gm.prices is gm.analysis.prices, gm.analysis.welfare_prices.__name__, gm.prices is gm.__dict__["prices"])
print("price_of_anarchy" in dir(gm), hasattr(gm, "nothing"))
"""
    assert run_python(code) == [
        "False", "True", "True", "True", "genmarket_env.analysis.welfare_prices", "True", "True", "False"
    ]  # fmt: skip


def test_the_versioned_module_is_an_attribute():
    code = (
        "import genmarket_env as gm; print(gm.market_v0.parallel_env('paper-no-pne', num_platforms=2).possible_agents)"
    )
    assert run_python(code) == ["['platform_0',", "'platform_1']"]


def test_small_markets_are_answered_without_a_compiler():
    """Those that docs/solvers.md names."""
    code = """
import sys, genmarket_env as gm
market, logit, policies = gm.Market([[0.9, 0.1], [0.2, 0.8], [0.6, 0.6]], [0.6, 0.4]), gm.Logit(0.1), [[1, 0, 0]] * 3
for function in (gm.demand, gm.market_shares, gm.payoffs, gm.welfare, gm.surplus, gm.coverage, gm.model_hhi,
                 gm.platform_hhi, gm.support_size, gm.best_response_dynamics):
    function(market, [0, 1, 2])
gm.pure_equilibria(market, 3), gm.least_epsilon(market, 3), gm.temperature_regimes(market, 2)
gm.response_graph(market, 3), gm.correlated_equilibrium(market, 3)
gm.quantal_response_equilibrium(market, 3, precision=10), gm.quantal_response_equilibrium(market, 3, logit, precision=1)
gm.expected_payoffs(market, policies, logit), gm.mixed_nash_conv(market, policies, logit)
gm.symmetric_mixed_equilibrium(market, 3), gm.symmetric_mixed_equilibrium(market, 3, logit)
print("numba" in sys.modules)
gm.nash_conv(market, [0, 1, 2])
print("numba" in sys.modules)
"""
    assert run_python(code) == ["False", "True"]


def test_the_public_names_are_those_of_the_design():
    for name, parameters in SIGNATURES.items():
        thing = genmarket_env
        for part in name.split("."):
            assert part in thing.__all__, name
            thing = getattr(thing, part)
        marks = {inspect.Parameter.KEYWORD_ONLY: "*", inspect.Parameter.VAR_KEYWORD: "**"}
        signature = {marks.get(p.kind, "") + p.name: p for p in inspect.signature(thing).parameters.values()}
        assert list(signature)[: len(parameters.split())] == parameters.split(), name
        for parameter in list(signature)[len(parameters.split()) :]:
            assert parameter.startswith("*"), f"{name}({parameter})"
            assert signature[parameter].default is not inspect.Parameter.empty, f"{name}({parameter})"


def test_choice_defaults_to_hardmax_everywhere():
    for name in genmarket_env.__all__:
        thing = getattr(genmarket_env, name)
        if inspect.isfunction(thing) and "choice" in inspect.signature(thing).parameters:
            assert inspect.signature(thing).parameters["choice"].default == genmarket_env.HardMax(), name


def test_all_is_complete_and_importable():
    """Ruff's RUF022 keeps it sorted, constants first."""
    for module in (genmarket_env, genmarket_env.markets):
        assert len(set(module.__all__)) == len(module.__all__)
        for name in module.__all__:
            assert hasattr(module, name), name
        public = {name for name, thing in vars(module).items() if not (name.startswith("_") or inspect.ismodule(thing))}
        assert public <= set(module.__all__)


def test_every_public_function_is_documented_with_an_example():
    for module in (genmarket_env, genmarket_env.markets):
        for name in module.__all__:
            thing = getattr(module, name)
            assert inspect.getdoc(thing), name
            if inspect.isfunction(thing):
                assert ">>>" in inspect.getdoc(thing), name


def test_the_version_is_the_same_everywhere():
    version = genmarket_env.__version__
    assert f'version = "{version}"' in (CHECKOUT / "pyproject.toml").read_text()
    assert f"version: {version}\n" in (CHECKOUT / "CITATION.cff").read_text()
    assert f"## [{version}]" in (CHECKOUT / "CHANGELOG.md").read_text()


def test_the_wheel_holds_the_library_and_nothing_else(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, source)
    for name in ("genmarket_env", *FRONTS, "tests", "benchmarks"):
        shutil.copytree(CHECKOUT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    # Without build isolation: torch, which the extra `test` installs, brings a recent setuptools.
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "-w", tmp_path, source], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expected = {path.relative_to(CHECKOUT).as_posix() for path in sources("genmarket_env")}
    patterns = ("markets/data/*", "train/suite/data/*", "**/*.jinja")
    files = [path for pattern in patterns for path in (CHECKOUT / "genmarket_env").glob(pattern)]
    data = {path.relative_to(CHECKOUT).as_posix() for path in files}
    assert held == expected | data | {"genmarket_env/py.typed"}


DOCUMENTS = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_examples_of_the_docs_run(path):
    lines = ["" if line.lstrip().startswith("```") else line for line in path.read_text().splitlines()]
    test = doctest.DocTestParser().get_doctest("\n".join(lines) + "\n", {}, path.name, str(path), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    report: list[str] = []
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_links_between_the_docs_lead_somewhere(path):
    text = path.read_text()
    for target in [part.split(")")[0].split("#")[0] for part in text.split("](")[1:]]:
        if target and "://" not in target:
            assert (path.parent / target).exists(), target


def test_every_snippet_of_the_interop_page_has_its_target_and_extra():
    command = [sys.executable, CHECKOUT / "docs" / "interop" / "snippet.py"]
    usage = subprocess.run(command, capture_output=True, text=True, check=False)
    assert usage.returncode == 1
    names = usage.stderr.strip().rpartition("one of ")[2].split(", ")
    (targets,) = re.findall(r"^interop: (.*)$", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    assert targets.split() == [f"interop-{name}" for name in names]
    extras = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {extra for extra in extras if extra.startswith("interop-")} == set(targets.split())
    for name in names:
        code = subprocess.run([*command, name], capture_output=True, text=True, check=True).stdout
        assert "genmarket_env" in code
        compile(code, name, "exec")
