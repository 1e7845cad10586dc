"""Which modules a computation uses, found in the source without importing anything."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path

PACKAGE = "genmarket_env"

TABLES = frozenset({f"{PACKAGE}.agents", f"{PACKAGE}.games.registry", f"{PACKAGE}.markets.catalogue"})
"""Modules that list what can be chosen by name. Of these only functions and classes count, and the imports that those
use, not the list: who computes with what such a list holds names its module."""

SUPPORT = frozenset(
    f"{PACKAGE}.{name}"
    for name in (
        "about", "atomic", "cli", "command_line", "guarded_output", "interruption", "messages", "number_format",
        "pictures", "runner", "train.scalars", "train.sweep", "working_folder",
    )
)  # fmt: skip
"""Modules, with all inside them, that only speak, draw, or keep files: no number depends on them."""


@dataclass(frozen=True)
class Import:
    """One name that an import binds.

    Attributes:
        bound: the name.
        module: the module that is imported.
        taken: what is taken from it; None where the module itself is bound.
    """

    bound: str
    module: str
    taken: str | None


@dataclass(frozen=True)
class Source:
    """What is to know of one module's source.

    Attributes:
        counted: the part of it that computes.
        imports: of that part, without those of names that only annotations use.
        handed_on: the imports by which others find what a package hands on; those that only type checkers see are among
            them, as a package may import what is behind these names when it is asked for them.
        uses: how often it uses each name.
        attributes: what it takes from each name as an attribute, as often as it does.
    """

    counted: bytes
    imports: tuple[Import, ...]
    handed_on: tuple[Import, ...]
    uses: Counter[str] = field(default_factory=Counter)
    attributes: dict[str, list[str]] = field(default_factory=dict)


def used_modules(entries: Iterable[str], root: Path | None = None) -> dict[str, Path]:
    """The modules that computing with `entries` uses, themselves included, and their files, by name.

    Imports are followed wherever they stand, in functions too, but for those of `SUPPORT`. Through a package's
    `__init__` they are followed to where the names that are taken come from. Followed are modules of this package and
    of the packages of the entries.

    Args:
        entries: the full names of modules in which a computation begins.
        root: the folder that holds the packages; by default where Python finds them.

    Raises:
        ValueError: there is no module of a name in `entries`.

    Example:
        >>> sorted(used_modules(["genmarket_env.status"]))
        ['genmarket_env.status']
    """
    waiting = list(entries)
    for name in waiting:
        if _file_of(name, root) is None:
            raise ValueError(f"there is no module {name}")
    tops = {PACKAGE, *(name.partition(".")[0] for name in waiting)}
    found: dict[str, Path] = {}
    while waiting:
        name = waiting.pop()
        path = None if name in found or _is_support(name) else _file_of(name, root)
        if path is not None:
            found[name] = path
            source = _source_of(name, path)
            for each in source.imports:
                if each.module.partition(".")[0] in tops:
                    waiting += _behind(each, source, root)
    return dict(sorted(found.items()))


@cache
def code_digest(entries: tuple[str, ...], root: Path | None = None) -> str:
    """A digest of the source of all modules that computing with `entries` uses, as it was at the first call.

    Args:
        entries: as for `used_modules`.
        root: as for `used_modules`.

    Raises:
        ValueError: as `used_modules`.

    Example:
        >>> code_digest(("genmarket_env.status",)) == code_digest(("genmarket_env.kernel",))
        False
    """
    digest = hashlib.sha256()
    for name, path in used_modules(entries, root).items():
        digest.update(f"{name}\n".encode())
        digest.update(_source_of(name, path).counted)
    return digest.hexdigest()


def _is_support(name: str) -> bool:
    return any(name == part or name.startswith(f"{part}.") for part in SUPPORT)


@cache
def _file_of(name: str, root: Path | None) -> Path | None:
    """The file of a module, of a package its `__init__.py`; None if there is no such source."""
    above, _, own = name.rpartition(".")
    if above:
        package = _file_of(above, root)
        if package is None or package.name != "__init__.py":
            return None
        stem = package.parent / own
        files = (stem / "__init__.py", stem.with_suffix(".py"))
        return next((path for path in files if path.is_file()), None)
    spec = PathFinder.find_spec(own, None if root is None else [str(root)])
    return Path(spec.origin) if spec is not None and spec.origin and spec.origin.endswith(".py") else None


@cache
def _source_of(name: str, path: Path) -> Source:
    text = path.read_bytes()
    tree = ast.parse(text)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    imports = tuple(bound for node in _import_nodes(tree) for bound in _bound(node, package))
    handed_on = tuple(bound for node in ast.walk(tree) for bound in _bound(node, package))
    source = Source(text, imports, handed_on)
    if name in TABLES:
        tree = ast.Module([part for part in tree.body if isinstance(part, ast.FunctionDef | ast.ClassDef)], [])
        source = Source(ast.unparse(tree).encode(), imports, handed_on)
    exported = set()
    for node in _evaluated(tree):
        if isinstance(node, ast.Name):
            source.uses[node.id] += 1
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            source.attributes.setdefault(node.value.id, []).append(node.attr)
        elif isinstance(node, ast.Constant):
            exported.add(node.value)
    if path.name != "__init__.py" or name in TABLES:
        imports = tuple(each for each in imports if each.bound in source.uses or each.bound in exported)
    return Source(source.counted, imports, handed_on, source.uses, source.attributes)


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below one but annotations, of which no value depends."""
    for field_name, value in ast.iter_fields(node):
        if field_name not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield child
                    yield from _evaluated(child)


def _import_nodes(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import but those that only type checkers see."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield from _import_nodes(child)


def _bound(node: ast.AST, package: str) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.asname or alias.name.partition(".")[0], alias.name, None)
        return
    if not isinstance(node, ast.ImportFrom):
        return
    parts = package.split(".")
    base = parts[: len(parts) + 1 - node.level] if node.level else []
    module = ".".join([*base, *([node.module] if node.module else [])])
    for alias in node.names:
        yield Import(alias.asname or alias.name, module, alias.name)


def _behind(each: Import, user: Source | None, root: Path | None) -> Iterator[str]:
    """The modules that an import leads to; `user` is the source that uses the name, None where all of it counts."""
    path = _file_of(each.module, root)
    if each.taken is None:
        yield from _of_module(each, user, root)
    elif path is None or path.name != "__init__.py" or each.taken == "*":
        yield each.module
    else:
        inside = Import(each.bound, f"{each.module}.{each.taken}", None)
        for other in _source_of(each.module, path).handed_on:
            if other.bound == each.taken and (other.module, other.taken) != (each.module, each.taken):
                yield from _behind(Import(each.bound, other.module, other.taken), user, root)
                return
        if _file_of(inside.module, root) is None:
            yield each.module  # defined in the package's own file
        else:
            yield from _of_module(inside, user, root)


def _of_module(each: Import, user: Source | None, root: Path | None) -> Iterator[str]:
    """The module; where only attributes of a package are used, what these lead to."""
    path = _file_of(each.module, root)
    taken = user.attributes.get(each.bound, []) if user is not None else []
    package = path is not None and path.name == "__init__.py"
    if user is not None and package and taken and len(taken) == user.uses[each.bound]:
        for attribute in dict.fromkeys(taken):
            yield from _behind(Import("", each.module, attribute), None, root)
    else:
        yield each.module
