"""The environments in the registries of Gymnasium and, where it has one, PettingZoo."""

import gymnasium
import pettingzoo

SINGLE_AGENT_ID = "genmarket_env/PlatformMarket-v0"
ENTRY_ID = "genmarket_env/ModelEntry-v0"
PARALLEL_ID = "genmarket_env/market-v0"

GYMNASIUM = {
    SINGLE_AGENT_ID: "genmarket_env.envs.single:PlatformMarketEnv",
    ENTRY_ID: "genmarket_env.envs.model_entry:ModelEntryEnv",
}


def register() -> None:
    """Register the environments by name; what makes them is imported when one is made."""
    for name, entry_point in GYMNASIUM.items():
        if name not in gymnasium.registry:
            gymnasium.register(id=name, entry_point=entry_point)
    # PettingZoo has a registry since 1.27.
    if PARALLEL_ID not in getattr(pettingzoo, "parallel_registry", {PARALLEL_ID}):
        pettingzoo.register("parallel", PARALLEL_ID, entry_point="genmarket_env.market_v0:parallel_env")
