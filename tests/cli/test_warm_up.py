"""After `genmarket warm-up` nothing is left to compile."""

import importlib
import pkgutil

from genmarket_env import compiled
from genmarket_env.cli.warm_up import parts


def entered_from_python():
    """Every compiled function that Python calls, by name: those that no other compiled function alone calls."""
    for module in pkgutil.iter_modules(compiled.__path__):
        loaded = importlib.import_module(f"{compiled.__name__}.{module.name}")
        for name, function in vars(loaded).items():
            if hasattr(function, "signatures") and function.__module__ == loaded.__name__:
                yield f"{module.name}.{name}", function


def test_every_twin_is_compiled(genmarket):
    ended = genmarket("warm-up")
    assert (ended.code, ended.out) == (0, "")
    lines = ended.err.splitlines()
    assert [line.rpartition(":")[0] for line in lines[:-1]] == [what for what, _ in parts()]
    assert lines[-1].startswith("ready after ")
    twins = dict(entered_from_python())
    inlined = {name for name, twin in twins.items() if twin.targetoptions.get("inline") == "always"}
    assert {name for name, twin in twins.items() if not twin.signatures} <= inlined
