"""After `genmarket warm-up` nothing is left to compile."""

import ast
import importlib
import pkgutil
from pathlib import Path

import genmarket_env
from genmarket_env import compiled
from genmarket_env.cli.warm_up import parts


def is_compiled(node):
    decorators = getattr(node, "decorator_list", [])
    return any(isinstance(each, ast.Name) and each.id in {"jit", "inline"} for each in decorators)


def names_in_python(node):
    """The names that occur outside compiled functions."""
    if isinstance(node, ast.Name | ast.Attribute):
        yield node.id if isinstance(node, ast.Name) else node.attr
    for child in ast.iter_child_nodes(node):
        if not is_compiled(child):
            yield from names_in_python(child)


def twins():
    for module in pkgutil.iter_modules(compiled.__path__):
        loaded = importlib.import_module(f"{compiled.__name__}.{module.name}")
        for name, function in vars(loaded).items():
            if hasattr(function, "signatures") and function.__module__ == loaded.__name__:
                yield name, function


def test_every_twin_that_python_calls_is_compiled(genmarket):
    ended = genmarket("warm-up")
    assert (ended.code, ended.out) == (0, "")
    lines = ended.err.splitlines()
    assert [line.rpartition(":")[0] for line in lines[:-1]] == [what for what, _ in parts()]
    assert lines[-1].startswith("ready after ")
    files = Path(genmarket_env.__file__).parent.rglob("*.py")
    called = {name for file in files for name in names_in_python(ast.parse(file.read_text()))}
    entries = {name: twin for name, twin in twins() if name in called}
    assert {"fill_figures", "fill_observations", "search", "run_one", "lagrangian_bound"} <= entries.keys()
    assert [name for name, twin in entries.items() if not twin.signatures] == []
