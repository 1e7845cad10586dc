"""The games by name, or by a dotted path to one's own, and how one is made from plain parameters."""

from __future__ import annotations

from typing import Any

from ..messages import listed, shown
from ..protocol import Game
from .dotted import is_path
from .entry import GameEntry, OwnGame

GAMES: dict[str, GameEntry] = {
    "accuracy-market": GameEntry(
        "accuracy_market",
        "AccuracyMarket",
        "Providers choose classifiers, users one that is right about them",
        "all at once, a classifier each",
        "pure Nash equilibria, by the exact potential",
        "Einav and Rosenfeld, ICML 2025, arXiv 2502.18052",
    ),
    "algorithmic-pricing": GameEntry(
        "algorithmic_pricing",
        "AlgorithmicPricing",
        "Firms price a differentiated product round by round, each knowing the last prices",
        "all at once, a price each; rounds are linked by the last prices",
        "pure Nash equilibrium of a round, by exhaustion",
        "Calvano, Calzolari, Denicolo and Pastorello, AER 2020",
    ),
    "bayes-risk": GameEntry(
        "bayes_risk",
        "BayesRisk",
        "Providers predict from one representation; a better one can raise the users' loss",
        "all at once, a classifier each",
        "pure Nash equilibria, input by input",
        "Jagadeesan et al., NeurIPS 2023, arXiv 2306.14670",
    ),
    "coevolution": GameEntry(
        "coevolution",
        "Coevolution",
        "Providers train on what users pick of their output; tastes follow what is served",
        "all at once, a share of curated data each",
        "pure Nash equilibria, by exhaustion",
        "Wei, Xie, Zhu and Zhang 2026; several providers are ours",
    ),
    "content-diversity": GameEntry(
        "content_diversity",
        "ContentDiversity",
        "Producers choose what to generate; the same as others is worth less",
        "all at once, a type of content each, a distribution or a temperature",
        "pure Nash equilibria; the symmetric one in distributions",
        "Raghavan 2024, arXiv 2412.08610",
    ),
    "data-market": GameEntry(
        "data_market",
        "DataMarket",
        "Platforms serve a user and sell what they learn of it to a buyer",
        "four stages: entry and noise, joining, prices, buying",
        "subgame perfect equilibrium, or none",
        "Fallah et al. 2024, arXiv 2402.09697",
    ),
    "fine-tuning": GameEntry(
        "fine_tuning",
        "FineTuning",
        "A generalist builds a model, specialists adapt it, and they share the revenue",
        "one stage after the other, an investment each",
        "subgame perfect equilibrium, ties to joining",
        "Laufer, Kleinberg and Heidari, WWW 2024, arXiv 2308.04399",
    ),
    "genai-forum": GameEntry(
        "genai_forum",
        "GenaiForum",
        "A provider decides when to train a model that draws users from a forum",
        "one after the other, a subsidy and a scheme of trainings",
        "optimal scheme by exhaustion; Stackelberg equilibrium of a regulator",
        "Taitler and Ben-Porat, AAAI 2025, arXiv 2409.05506",
    ),
    "llm-ads": GameEntry(
        "llm_ads",
        "LlmAds",
        "Advertisers bid for a place in the answer of a model, which may go without",
        "all at once, a bid each",
        "truth, a dominant strategy",
        "after Feizi et al., SIGecom Exchanges 2025, arXiv 2311.07601",
    ),
    "mosaic": GameEntry(
        "mosaic",
        "Mosaic",
        "Advertisers report what the replies of a model are worth to them",
        "all at once, a report each",
        "truth, a dominant strategy",
        "Soumalias et al., NeurIPS 2025, arXiv 2405.05905",
    ),
    "pricing-duopoly": GameEntry(
        "pricing_duopoly",
        "PricingDuopoly",
        "A first mover and a latecomer price their models",
        "one after the other, a price each",
        "Stackelberg equilibrium",
        "Mahmood, NeurIPS 2024, arXiv 2411.02661",
    ),
    "procurement": GameEntry(
        "procurement",
        "Procurement",
        "A platform buys data from creators whose domains help each other",
        "all at once, a report of the cost each",
        "truth, a dominant strategy",
        "inspired by Ai, Simchi-Levi and Xu, arXiv 2511.06559",
    ),
    "rlhf-mechanism": GameEntry(
        "rlhf_mechanism",
        "RlhfMechanism",
        "Groups report the rewards that a model is fine-tuned for, and pay",
        "all at once, a report each",
        "truth, a dominant strategy",
        "Sun et al. 2024, arXiv 2405.16276",
    ),
    "routing": GameEntry(
        "routing",
        "Routing",
        "A provider routes prompts to a model, a user may give up after a failure",
        "one after the other, an escalation and a probability of giving up",
        "Stackelberg equilibrium, ties to staying",
        "Mahmood, ICLR 2026, arXiv 2602.09902",
    ),
    "segment-auction": GameEntry(
        "segment_auction",
        "SegmentAuction",
        "Advertisers bid for the segments of a text",
        "all at once, a bid each",
        "truth, a dominant strategy with replacement",
        "Hajiaghayi et al., NeurIPS 2024, arXiv 2406.09459",
    ),
    "statistical-contract": GameEntry(
        "statistical_contract",
        "StatisticalContract",
        "A client pays by score a provider that secretly picks the model",
        "one after the other, a contract and a model",
        "Stackelberg equilibrium, ties to the principal",
        "Saig, Einav and Talgam-Cohen, NeurIPS 2024, arXiv 2406.11118",
    ),
    "summary-auction": GameEntry(
        "summary_auction",
        "SummaryAuction",
        "Advertisers bid for how prominent they are in a summary",
        "all at once, a bid each",
        "truth, a dominant strategy",
        "Dubey et al., KDD 2024, arXiv 2404.08126",
    ),
    "token-auction": GameEntry(
        "token_auction",
        "TokenAuction",
        "Advertisers bid for how far the next token follows their model",
        "all at once, a bid each",
        "truth, a dominant strategy",
        "Duetting et al., WWW 2024, arXiv 2310.10826",
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
    """What is known of the game of that name, or at that dotted path.

    Raises:
        ValueError: there is no such game.
        TypeError: what stands at the path makes no game.

    Example:
        >>> describe("pricing-duopoly").concept
        'Stackelberg equilibrium'
    """
    if is_path(name):
        return OwnGame.at(name)
    if name not in GAMES:
        raise ValueError(f"no game is called {shown(name)}; the games are: {listed(names())}")
    return GAMES[name]


def make(name: str, **parameters: Any) -> Game[Any]:
    """The game of that name.

    Args:
        name: one of `names()`, or a path `my.module:MyGame` to a class or function that makes a game of one's own.
        parameters: of the game, by their names; the others keep their defaults.

    Raises:
        ValueError: there is no such game, it has no such parameter, or a value is out of range.
        TypeError: what stands at the path makes no game.

    Example:
        >>> make("token-auction", n=3).players
        ('advertiser_0', 'advertiser_1', 'advertiser_2')
    """
    entry = describe(name)
    if isinstance(entry, OwnGame):
        return entry.made(parameters)
    for parameter in parameters:
        if parameter not in entry.parameters:
            raise ValueError(f"{name} has no parameter {shown(parameter)}; it has: {listed(entry.parameters)}")
    return entry.make(**parameters)
