"""The games around the market, one file each: made by name, and as environments.

`make` gives the game, `parallel_env`, `env` and `seat` what plays it, `vector_env` and `vector_seat` many copies of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .answer import GameAnswer, solve
from .play import env, parallel_env, seat, vector_env, vector_seat
from .registration import register
from .registry import GAMES, describe, make, names

if TYPE_CHECKING:
    from .accuracy_market import AccuracyMarket
    from .algorithmic_pricing import AlgorithmicPricing
    from .bayes_risk import BayesRisk
    from .coevolution import Coevolution
    from .content_diversity import ContentDiversity
    from .data_market import DataMarket
    from .fine_tuning import FineTuning
    from .genai_forum import GenaiForum
    from .llm_ads import LlmAds
    from .mosaic import Mosaic
    from .pricing_duopoly import PricingDuopoly
    from .procurement import Procurement
    from .rlhf_mechanism import RlhfMechanism
    from .routing import Routing
    from .segment_auction import SegmentAuction
    from .statistical_contract import StatisticalContract
    from .summary_auction import SummaryAuction
    from .token_auction import TokenAuction

__all__ = [
    "AccuracyMarket",
    "AlgorithmicPricing",
    "BayesRisk",
    "Coevolution",
    "ContentDiversity",
    "DataMarket",
    "FineTuning",
    "GameAnswer",
    "GenaiForum",
    "LlmAds",
    "Mosaic",
    "PricingDuopoly",
    "Procurement",
    "RlhfMechanism",
    "Routing",
    "SegmentAuction",
    "StatisticalContract",
    "SummaryAuction",
    "TokenAuction",
    "describe",
    "env",
    "make",
    "names",
    "parallel_env",
    "seat",
    "solve",
    "vector_env",
    "vector_seat",
]

register()


def __getattr__(name: str) -> Any:
    """The class of a game by its name, whose module is imported only now."""
    for entry in GAMES.values():
        if entry.class_name == name:
            return entry.make
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
