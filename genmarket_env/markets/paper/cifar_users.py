"""The user groups of the paper's CIFAR-10 study, to be combined with any measured quality of models by class.

A group is a user type with preferences over classes. With `quality[j, c]`, in [0, 1], the score of model `j` for
group `k` is `sum_c preference_k(c) * quality[j, c]`. In the paper `quality[j, c]` is the mean, over images that model
`j` generates, of a classifier's probability of class `c`: the qualities of a model sum to 1.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...arguments import real_array
from ...market import FloatArray, Market
from ...messages import shown
from ..entries import Entry
from ..files import named, read

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
"""The classes of CIFAR-10 in their usual order."""


@dataclass(frozen=True)
class UserGroup:
    """A user type that likes some classes.

    Attributes:
        name: as in the paper.
        mass: its share of the users.
        likes: the preferences, by class, > 0, summing to 1; 0 for classes that are not listed.
    """

    name: str
    mass: float
    likes: Mapping[str, float]


GROUPS = (
    UserGroup("Pet Lovers", 0.18, {"cat": 0.6, "dog": 0.4}),
    UserGroup("Canine Focus", 0.17, {"dog": 0.7, "cat": 0.3}),
    UserGroup("Vehicles A", 0.16, {"airplane": 0.5, "ship": 0.3, "automobile": 0.2}),
    UserGroup("Vehicles B", 0.16, {"automobile": 0.6, "truck": 0.4}),
    UserGroup("Nature", 0.17, {"bird": 0.4, "deer": 0.3, "frog": 0.2, "horse": 0.1}),
    UserGroup(
        "Mixed Market",
        0.16,
        {"cat": 0.2, "dog": 0.2, "airplane": 0.15, "automobile": 0.15, "ship": 0.1, "truck": 0.2},
    ),
)
"""The six groups of the paper."""

GROUP_NAMES = tuple(group.name for group in GROUPS)

POOL: Mapping[str, tuple[tuple[str, ...], float]] = {
    "baseline": (CLASSES, 1.0),
    "airplane+automobile": (("airplane", "automobile"), 0.84),
    "bird+cat": (("bird", "cat"), 0.78),
    "cat+dog": (("cat", "dog"), 0.8),
    "cat+dog x1.5": (("cat", "dog"), 0.88),
    "half of the classes": (CLASSES[:5], 0.9),
    "ship+truck": (("ship", "truck"), 0.82),
}
"""The models of the default pool: the classes that each was tuned on, and the part of its images that show one of them.

The pool has the shape of the paper's; the figures, and which classes are the half, are ours and illustrative."""


def class_preferences() -> FloatArray:
    """The preferences of the groups, `(groups, classes)`, in the order of `GROUPS` and `CLASSES`; rows sum to 1.

    Another data set with ten classes takes these columns for its own classes, in the order of their numbers.

    Example:
        >>> class_preferences()[0]
        array([0. , 0. , 0. , 0.6, 0. , 0.4, 0. , 0. , 0. , 0. ])
    """
    return np.array([[group.likes.get(name, 0.0) for name in CLASSES] for group in GROUPS])


def group_masses() -> FloatArray:
    """The masses of the groups, `(groups,)`, summing to 1.

    Example:
        >>> group_masses()
        array([0.18, 0.17, 0.16, 0.16, 0.17, 0.16])
    """
    return np.array([group.mass for group in GROUPS])


def default_quality() -> FloatArray:
    """The quality of the models of `POOL`, `(models, classes)`; rows sum to 1. Ours and illustrative.

    The images of a model are spread evenly over the classes that it was tuned on, and the others over the other
    classes, all recognised for certain.
    """
    rows = np.empty((len(POOL), len(CLASSES)))
    for row, (tuned, part) in zip(rows, POOL.values(), strict=True):
        inside = np.isin(CLASSES, tuned)
        row[inside] = part / inside.sum()
        row[~inside] = (1 - part) / max(1, (~inside).sum())
    return rows


def load(*, quality: ArrayLike | os.PathLike[str] | None = None, model_names: Sequence[str] | None = None) -> Market:
    """The market of the six groups and of models of the given quality.

    Args:
        quality: `(*batch, models, 10)`, in [0, 1], columns in the order of `CLASSES`; or the path of a file with a
            column a class, `model,airplane,...`; by default `default_quality()`.
        model_names: one name a model; by default those of the file, with the default quality the names of `POOL`,
            otherwise `model_0, ...`.

    Raises:
        ValueError: the quality has other classes, or a number outside [0, 1]; or the file cannot be read.
        TypeError: it is not of numbers.

    Example:
        >>> load(quality=np.full((2, 10), 0.1)).scores.round(3)
        array([[0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
               [0.1, 0.1, 0.1, 0.1, 0.1, 0.1]])
    """
    if quality is None:
        given, names = default_quality(), tuple(POOL)
    elif isinstance(quality, str | os.PathLike):
        given, names = _quality_at(quality)
    else:
        names = None
        given = real_array("quality", quality)
    if given.ndim < 2 or given.shape[-1] != len(CLASSES):
        raise ValueError(f"quality has the shape {given.shape}; it needs the axes (models, {len(CLASSES)} classes)")
    outside = ~((given >= 0) & (given <= 1))
    if outside.any():
        index = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ValueError(f"quality{list(index)} is {given[index]}; it must be in [0, 1]")
    scores = np.clip(given @ class_preferences().T, 0, 1)  # preferences sum to 1 up to rounding
    named_models = names if model_names is None else model_names
    return Market(scores, group_masses(), model_names=named_models, user_names=GROUP_NAMES)


def _quality_at(path: str | os.PathLike[str]) -> tuple[FloatArray, tuple[str, ...]]:
    """The quality in a file and the names of its models; the columns may be in any order."""
    table = read(path)
    if sorted(table.users) != sorted(CLASSES):
        raise ValueError(
            f"{table.where}: the columns must be the classes {', '.join(CLASSES)}; got {shown(table.users)}"
        )
    if table.masses is not None or table.schemes:
        raise ValueError(f"{table.where}: the groups have their own masses; leave the row 'masses' out")
    order = [table.users.index(name) for name in CLASSES]
    return np.array(table.scores, dtype=float)[:, order], table.models


def entry(*, quality: Any = None, **_: Any) -> Entry:
    """What the catalogue knows of the market, and how to build it."""
    models = (
        f"the models of {named(quality)}"
        if isinstance(quality, str | os.PathLike)
        else "models of any quality by class"
    )
    return Entry(
        f"Six groups of users with preferences over the classes of CIFAR-10, and {models}",
        'the CIFAR-10 study of Wei, Shi, Zhang, "Market Games for Generative Models: Equilibria, Welfare, and '
        'Strategic Entry", ICLR 2026, arXiv 2602.17787',
        "the groups are published facts; the default quality is the project's own, under its licence (MIT)",
        (
            "Published: the groups, their preferences and masses. Ours: the default quality of the models. It has the "
            "shape of the paper's pool (a baseline and variants tuned on a few classes), but its figures are "
            "illustrative, not measured.",
            "Quality is what a model's images are worth by class: in the paper the mean probability that a classifier "
            "gives the class over images of the model. The columns are " + ", ".join(CLASSES) + ".",
        ),
        {
            "quality": "the path of a CSV with a row a model and a column a class, model,airplane,..., in [0, 1]; from "
            "Python also an array (models, 10); illustrative by default",
            "model_names": "one name a model, from Python; those of the file by default",
        },
        load,
    )
