"""The games by name, and how one is made from plain parameters."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

from ..messages import listed, shown
from ..protocol import Game
from . import (
    accuracy_market,
    accuracy_market_figure,
    bayes_risk,
    content_diversity,
    content_diversity_figure,
    data_market,
    data_market_figure,
    fine_tuning,
    fine_tuning_figure,
    genai_forum,
    genai_forum_figure,
    llm_ads,
    llm_ads_figure,
    mosaic,
    mosaic_figure,
    pricing_duopoly,
    pricing_duopoly_figure,
    procurement,
    procurement_figure,
    rlhf_mechanism,
    rlhf_mechanism_figure,
    routing,
    routing_figure,
    segment_auction,
    segment_auction_figure,
    statistical_contract,
    statistical_contract_figure,
    summary_auction,
    summary_auction_figure,
    token_auction,
    token_auction_figure,
)
from .records import Record

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class GameEntry:
    """A game of the registry.

    Attributes:
        make: takes its parameters by name.
        title: what it is, in a few words.
        moves: who moves when and does what.
        concept: of the exact reference.
        source: the paper.
        records: published numbers, computed anew.
        figure: draws the paper's point, of a game that `make` gives; None where there is none.
    """

    make: Callable[..., Game[Any]]
    title: str
    moves: str
    concept: str
    source: str
    records: tuple[Record, ...] = ()
    figure: Callable[[Any], Figure] | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters by name with their defaults."""
        known = signature(self.make).parameters.values()
        return {each.name: None if each.default is Parameter.empty else each.default for each in known}

    @property
    def provenance(self) -> str:
        """What is the paper's and what is derived: the paragraph of the module that begins with "Source:"."""
        paragraphs = (sys.modules[self.make.__module__].__doc__ or "").split("\n\n")
        found = next((part for part in paragraphs if part.startswith("Source:")), self.source)
        return " ".join(found.removeprefix("Source:").replace("`", "").split())


GAMES: dict[str, GameEntry] = {
    "accuracy-market": GameEntry(
        accuracy_market.AccuracyMarket,
        "Providers choose classifiers, users one that is right about them",
        "all at once, a classifier each",
        "pure Nash equilibria, by the exact potential",
        "Einav and Rosenfeld, ICML 2025, arXiv 2502.18052",
        accuracy_market.RECORDS,
        accuracy_market_figure.figure,
    ),
    "bayes-risk": GameEntry(
        bayes_risk.BayesRisk,
        "Providers predict from one representation; a better one can raise the users' loss",
        "all at once, a classifier each",
        "pure Nash equilibria, input by input",
        "Jagadeesan et al., NeurIPS 2023, arXiv 2306.14670",
        bayes_risk.RECORDS,
        bayes_risk.figure,
    ),
    "content-diversity": GameEntry(
        content_diversity.ContentDiversity,
        "Producers choose what to generate; the same as others is worth less",
        "all at once, a type of content each, a distribution or a temperature",
        "pure Nash equilibria; the symmetric one in distributions",
        "Raghavan 2024, arXiv 2412.08610",
        content_diversity.RECORDS,
        content_diversity_figure.figure,
    ),
    "data-market": GameEntry(
        data_market.DataMarket,
        "Platforms serve a user and sell what they learn of it to a buyer",
        "four stages: entry and noise, joining, prices, buying",
        "subgame perfect equilibrium, or none",
        "Fallah et al. 2024, arXiv 2402.09697",
        data_market.RECORDS,
        data_market_figure.figure,
    ),
    "fine-tuning": GameEntry(
        fine_tuning.FineTuning,
        "A generalist builds a model, specialists adapt it, and they share the revenue",
        "one stage after the other, an investment each",
        "subgame perfect equilibrium, ties to joining",
        "Laufer, Kleinberg and Heidari, WWW 2024, arXiv 2308.04399",
        fine_tuning.RECORDS,
        fine_tuning_figure.figure,
    ),
    "genai-forum": GameEntry(
        genai_forum.GenaiForum,
        "A provider decides when to train a model that draws users from a forum",
        "one after the other, a subsidy and a scheme of trainings",
        "optimal scheme by exhaustion; Stackelberg equilibrium of a regulator",
        "Taitler and Ben-Porat, AAAI 2025, arXiv 2409.05506",
        genai_forum.RECORDS,
        genai_forum_figure.figure,
    ),
    "llm-ads": GameEntry(
        llm_ads.LlmAds,
        "Advertisers bid for a place in the answer of a model, which may go without",
        "all at once, a bid each",
        "truth, a dominant strategy",
        "after Feizi et al., SIGecom Exchanges 2025, arXiv 2311.07601",
        llm_ads.RECORDS,
        llm_ads_figure.figure,
    ),
    "mosaic": GameEntry(
        mosaic.Mosaic,
        "Advertisers report what the replies of a model are worth to them",
        "all at once, a report each",
        "truth, a dominant strategy",
        "Soumalias et al., NeurIPS 2025, arXiv 2405.05905",
        mosaic.RECORDS,
        mosaic_figure.figure,
    ),
    "pricing-duopoly": GameEntry(
        pricing_duopoly.PricingDuopoly,
        "A first mover and a latecomer price their models",
        "one after the other, a price each",
        "Stackelberg equilibrium",
        "Mahmood, NeurIPS 2024, arXiv 2411.02661",
        pricing_duopoly.RECORDS,
        pricing_duopoly_figure.figure,
    ),
    "procurement": GameEntry(
        procurement.Procurement,
        "A platform buys data from creators whose domains help each other",
        "all at once, a report of the cost each",
        "truth, a dominant strategy",
        "inspired by Ai, Simchi-Levi and Xu, arXiv 2511.06559",
        procurement.RECORDS,
        procurement_figure.figure,
    ),
    "rlhf-mechanism": GameEntry(
        rlhf_mechanism.RlhfMechanism,
        "Groups report the rewards that a model is fine-tuned for, and pay",
        "all at once, a report each",
        "truth, a dominant strategy",
        "Sun et al. 2024, arXiv 2405.16276",
        rlhf_mechanism.RECORDS,
        rlhf_mechanism_figure.figure,
    ),
    "routing": GameEntry(
        routing.Routing,
        "A provider routes prompts to a model, a user may give up after a failure",
        "one after the other, an escalation and a probability of giving up",
        "Stackelberg equilibrium, ties to staying",
        "Mahmood, ICLR 2026, arXiv 2602.09902",
        routing.RECORDS,
        routing_figure.figure,
    ),
    "segment-auction": GameEntry(
        segment_auction.SegmentAuction,
        "Advertisers bid for the segments of a text",
        "all at once, a bid each",
        "truth, a dominant strategy with replacement",
        "Hajiaghayi et al., NeurIPS 2024, arXiv 2406.09459",
        segment_auction.RECORDS,
        segment_auction_figure.figure,
    ),
    "statistical-contract": GameEntry(
        statistical_contract.StatisticalContract,
        "A client pays by score a provider that secretly picks the model",
        "one after the other, a contract and a model",
        "Stackelberg equilibrium, ties to the principal",
        "Saig, Einav and Talgam-Cohen, NeurIPS 2024, arXiv 2406.11118",
        statistical_contract.RECORDS,
        statistical_contract_figure.figure,
    ),
    "summary-auction": GameEntry(
        summary_auction.SummaryAuction,
        "Advertisers bid for how prominent they are in a summary",
        "all at once, a bid each",
        "truth, a dominant strategy",
        "Dubey et al., KDD 2024, arXiv 2404.08126",
        summary_auction.RECORDS,
        summary_auction_figure.figure,
    ),
    "token-auction": GameEntry(
        token_auction.TokenAuction,
        "Advertisers bid for how far the next token follows their model",
        "all at once, a bid each",
        "truth, a dominant strategy",
        "Duetting et al., WWW 2024, arXiv 2310.10826",
        token_auction.RECORDS,
        token_auction_figure.figure,
    ),
}


def names() -> list[str]:
    """The names of all games, in alphabetical order.

    Example:
        >>> "token-auction" in names()
        True
    """
    return sorted(GAMES)


def describe(name: str) -> GameEntry:
    """What is known of the game of that name.

    Raises:
        ValueError: there is no such game.

    Example:
        >>> describe("pricing-duopoly").concept
        'Stackelberg equilibrium'
    """
    if name not in GAMES:
        raise ValueError(f"no game is called {shown(name)}; the games are: {listed(names())}")
    return GAMES[name]


def make(name: str, **parameters: Any) -> Game[Any]:
    """The game of that name.

    Args:
        name: one of `names()`.
        parameters: of the game, by their names; the others keep their defaults.

    Raises:
        ValueError: there is no such game, it has no such parameter, or a value is out of range.

    Example:
        >>> make("token-auction", n=3).players
        ('advertiser_0', 'advertiser_1', 'advertiser_2')
    """
    entry = describe(name)
    for parameter in parameters:
        if parameter not in entry.parameters:
            raise ValueError(f"{name} has no parameter {shown(parameter)}; it has: {listed(entry.parameters)}")
    return entry.make(**parameters)
