"""The front of `genmarket_env.train.ppo` in a checkout."""

from genmarket_env.train.ppo import PPOSettings, joint_policies, make_ppo, train_ppo

__all__ = ["PPOSettings", "joint_policies", "make_ppo", "train_ppo"]
