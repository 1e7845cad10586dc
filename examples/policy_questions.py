"""The worked questions of docs/policy.md, as one table: `python -m examples.policy_questions`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np

from genmarket_env import Logit, markets
from genmarket_env.number_format import number, percent, signed
from genmarket_env.policy import (
    Counterfactual,
    Enter,
    Exclusive,
    Merge,
    PortfolioCap,
    Reform,
    Scenario,
    Withdraw,
    counterfactual,
)

MARKET = "livebench-2026-06"
BEST = "claude-fable-5-max-effort"


@dataclass(frozen=True)
class Question:
    """A question: what holds before, the reform, and how many markets are redrawn."""

    asked: str
    baseline: Scenario
    reform: Reform
    draws: int = 200


def questions() -> dict[str, Question]:
    """The questions, by a short name."""
    market = markets.load(MARKET)
    three = Scenario(market, 3)
    # A price of 10 USD per million tokens is worth .05 of the score, and serving costs half of the price: made up.
    priced = Scenario(market, 3, Logit(0.02), sensitivity=0.005, cost_share=0.5)
    # The costs are the measured ones, a dollar a question; that it is worth .1 of the score, and .5 elsewhere: made up.
    pricing = Scenario(market, 3, Logit(0.05, outside_utility=0.5), sensitivity=0.1, pricing="equilibrium")
    return {
        "withdraw": Question("the top provider withdraws its best model", three, Withdraw(BEST)),
        "merge": Question("two of three platforms merge", three, Merge((1, 2))),
        "merge-prices": Question("the same, and platforms set prices", pricing, Merge((1, 2)), 50),
        "exclusive": Question("an exclusive deal", three, Exclusive(BEST, 1)),
        "cap": Question(
            "one model a platform, against portfolios of two", PortfolioCap(2).apply(three), PortfolioCap(1), 50
        ),
        "entry": Question(
            "entry of a cheap model at half the price", priced, Enter("cheap", like=BEST, price_factor=0.5)
        ),
    }


def answered(question: Question, draws: int | None = None) -> Counterfactual:
    """The answer, with `draws` redrawn markets in the place of the question's."""
    size = draws or question.draws
    redrawn = question.baseline.market.resample(np.random.default_rng(0), size)
    return counterfactual(question.baseline, question.reform, redrawn=redrawn)


def row(question: Question, found: Counterfactual) -> str:
    """A line of the table."""
    users = found.changes["user_value"]
    assert users.low is not None
    assert users.high is not None
    assert users.falls is not None
    assert users.rises is not None
    cells = (
        question.asked,
        f"{number(found.before.user_value)} to {number(found.after.user_value)}",
        f"{signed(users.measured)} [{signed(users.low)}, {signed(users.high)}]",
        f"{percent(users.falls.probability, 0)} / {percent(users.rises.probability, 0)}",
        NONE if found.before.price is None else f"{number(found.before.price)} to {number(found.after.price or 0)}",
        _surplus(found),
        signed(found.changes["profit"].measured),
        f"{found.before.hhi:,.0f} to {found.after.hhi:,.0f}",
        str(found.draws),
    )
    return f"| {' | '.join(cells)} |"


def _surplus(found: Counterfactual) -> str:
    """The change of users' surplus, with its range; nothing where there is no money."""
    change = found.changes.get("consumer_surplus")
    if change is None or change.low is None or change.high is None:
        return NONE
    return f"{signed(change.measured)} [{signed(change.low)}, {signed(change.high)}]"


NONE = ""

HEADER = (
    "| question | user value | change [5% to 95% of redrawn markets] | falls / rises in | price paid | users' surplus, "
    "in money | profit | HHI | draws |\n|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--only", choices=list(questions()), help="one question alone")
    only = parser.parse_args().only
    sys.stdout.write(f"{HEADER}\n")
    for name, question in questions().items():
        if only in (None, name):
            sys.stdout.write(f"{row(question, answered(question))}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
