"""The environments in the registries of Gymnasium and, where it has one, PettingZoo."""

import gymnasium
import pettingzoo

SINGLE_AGENT_ID = "genmarket_env/PlatformMarket-v0"
ENTRY_ID = "genmarket_env/ModelEntry-v0"
PETTINGZOO_ID = "genmarket_env/market-v0"

GYMNASIUM = {
    SINGLE_AGENT_ID: "genmarket_env.envs.single:PlatformMarketEnv",
    ENTRY_ID: "genmarket_env.envs.model_entry:ModelEntryEnv",
}

VECTOR = {SINGLE_AGENT_ID: "genmarket_env.envs.vector_env:PlatformMarketVectorEnv"}

PETTINGZOO = {
    "aec": "genmarket_env.market_v0:env",
    "parallel": "genmarket_env.market_v0:parallel_env",
}


def register() -> None:
    """Register the environments by name; what makes them is imported when one is made."""
    for name, entry_point in GYMNASIUM.items():
        if name not in gymnasium.registry:
            gymnasium.register(id=name, entry_point=entry_point, vector_entry_point=VECTOR.get(name))
    for kind, entry_point in PETTINGZOO.items():
        # PettingZoo has registries since 1.27.
        if PETTINGZOO_ID not in getattr(pettingzoo, f"{kind}_registry", {PETTINGZOO_ID}):
            pettingzoo.register(kind, PETTINGZOO_ID, entry_point=entry_point)
