"""The games around the market, one file each: made by name, and as environments.

`make` gives the game, `parallel_env`, `env` and `seat` what plays it, `vector_env` and `vector_seat` many copies of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..lazy_names import names_from
from .registry import GAMES, describe, make, names

if TYPE_CHECKING:
    from .accuracy_market import AccuracyMarket
    from .algorithmic_pricing import AlgorithmicPricing
    from .answer import GameAnswer, solve
    from .bayes_risk import BayesRisk
    from .coevolution import Coevolution
    from .coevolution_rounds import CoevolutionRounds
    from .content_diversity import ContentDiversity
    from .data_market import DataMarket
    from .fine_tuning import FineTuning
    from .forum_rounds import ForumRounds
    from .genai_forum import GenaiForum
    from .llm_ads import LlmAds
    from .mosaic import Mosaic
    from .plain_market import platform_market
    from .platform_seat import PlatformSeat
    from .play import env, parallel_env, seat, vector_env, vector_seat
    from .pricing_duopoly import PricingDuopoly
    from .procurement import Procurement
    from .rlhf_mechanism import RlhfMechanism
    from .routing import Routing
    from .segment_auction import SegmentAuction
    from .segment_rounds import SegmentRounds
    from .share_demands import ShareDemands
    from .statistical_contract import StatisticalContract
    from .summary_auction import SummaryAuction
    from .token_auction import TokenAuction

__all__ = [
    "AccuracyMarket",
    "AlgorithmicPricing",
    "BayesRisk",
    "Coevolution",
    "CoevolutionRounds",
    "ContentDiversity",
    "DataMarket",
    "FineTuning",
    "ForumRounds",
    "GameAnswer",
    "GenaiForum",
    "LlmAds",
    "Mosaic",
    "PlatformSeat",
    "PricingDuopoly",
    "Procurement",
    "RlhfMechanism",
    "Routing",
    "SegmentAuction",
    "SegmentRounds",
    "ShareDemands",
    "StatisticalContract",
    "SummaryAuction",
    "TokenAuction",
    "describe",
    "env",
    "make",
    "names",
    "parallel_env",
    "platform_market",
    "seat",
    "solve",
    "vector_env",
    "vector_seat",
]

_handed_on = names_from(
    __name__,
    {
        "answer": ["GameAnswer", "solve"],
        # Games of the registry with other moves, or further seats.
        "coevolution_rounds": ["CoevolutionRounds"],
        "forum_rounds": ["ForumRounds"],
        "plain_market": ["platform_market"],
        "platform_seat": ["PlatformSeat"],
        "segment_rounds": ["SegmentRounds"],
        "share_demands": ["ShareDemands"],
        "play": ["env", "parallel_env", "seat", "vector_env", "vector_seat"],
    },
)


def __getattr__(name: str) -> Any:
    """The class of a game by its name, and what plays games; their modules are imported only now."""
    for entry in GAMES.values():
        if entry.class_name == name:
            return entry.make
    return _handed_on(name)
