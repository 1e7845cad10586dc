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
    return any(isinstance(each, ast.Name) and each.id in {"jit", "inline", "lean"} for each in decorators)


def names_in_python(node):
    """The names that occur outside compiled functions."""
    if isinstance(node, ast.Name | ast.Attribute):
        yield node.id if isinstance(node, ast.Name) else node.attr
    for child in ast.iter_child_nodes(node):
        if not is_compiled(child):
            yield from names_in_python(child)


def called_in(file, module):
    """The names of a compiled module that a file uses outside compiled functions."""
    tree = ast.parse(file.read_text())
    imports = {
        word
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for word in [*(node.module or "").split("."), *(alias.name for alias in node.names)]
    }
    return set(names_in_python(tree)) if module in imports or file.stem == module else set()


def entries():
    """Every twin that Python calls, by module and name."""
    files = list(Path(genmarket_env.__file__).parent.rglob("*.py"))
    for module in pkgutil.iter_modules(compiled.__path__):
        loaded = importlib.import_module(f"{compiled.__name__}.{module.name}")
        called = set().union(*(called_in(file, module.name) for file in files))
        for name, function in vars(loaded).items():
            if hasattr(function, "signatures") and function.__module__ == loaded.__name__ and name in called:
                yield f"{module.name}.{name}", function


def test_every_twin_that_python_calls_is_compiled(genmarket):
    ended = genmarket("warm-up")
    assert (ended.code, ended.out) == (0, "")
    lines = ended.err.splitlines()
    assert [line.rpartition(":")[0] for line in lines[:-1]] == [what for what, _ in parts()]
    assert lines[-1].startswith("ready after ")
    twins = dict(entries())
    assert {"step.fill_figures", "search.search", "dynamics.run_batch", "coverage.lagrangian_bound"} <= twins.keys()
    assert [name for name, twin in twins.items() if not twin.signatures] == []
