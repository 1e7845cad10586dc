"""Markets of the catalogue with scores that nobody published: what is left out is an option.

Their files are of the format `genmarket-market` but for scores that may be null, and for `dollars` in place of `cost`:
what all questions of each user type cost together. The cost of a model is that of all user types kept, over their
questions.
"""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import replace
from functools import partial
from typing import Any

from ..market import Market
from . import gaps as gap_policies
from . import json_format
from .entries import Entry
from .left_out import LeftOutWarning
from .packaged import packaged_text
from .table import Table


def entry(name: str, masses: str | None = None, gaps: str = gap_policies.POLICIES[0]) -> Entry:
    """What the catalogue knows of the market, under these masses and with these gaps left out.

    Raises:
        ValueError: there is no such policy for gaps.
    """
    found = Entry.of_table(_table(name, gaps), masses)
    return replace(found, options={**found.options, "gaps": gap_policies.OPTION}, build=partial(_market, name))


def _market(name: str, masses: str | None = None, gaps: str = gap_policies.POLICIES[0]) -> Market:
    return _table(name, gaps).market(masses=masses)


def _table(name: str, gaps: str) -> Table:
    document: dict[str, Any] = json.loads(packaged_text(name))
    scores = {
        model["name"]: {
            user: score for user, score in zip(document["users"], model["scores"], strict=True) if score is not None
        }
        for model in document["models"]
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeftOutWarning)  # the notes of the entry tell it
        kept = gap_policies.without_gaps(scores, document["users"], name, gaps)
    columns = [document["users"].index(user) for user in kept.users]
    questions = [document["questions"][k] for k in columns]
    document |= {
        "notes": [*document["notes"], *kept.notes],
        "users": kept.users,
        "questions": questions,
        "masses": _of_columns(document["masses"], columns),
        "models": [
            {
                "name": model["name"],
                "scores": [model["scores"][k] for k in columns],
                "price": model["price"],
                "cost": math.fsum(model["dollars"][k] for k in columns) / sum(questions),
            }
            for model in document["models"]
            if model["name"] in kept.models
        ],
    }
    return json_format.parse(json.dumps(document), name)


def _of_columns(masses: dict[str, Any], columns: list[int]) -> dict[str, Any]:
    schemes = {
        name: {**scheme, "shares": [scheme["shares"][k] for k in columns]} for name, scheme in masses["schemes"].items()
    }
    return {**masses, "schemes": schemes}
