import numpy as np
import pytest
import torch

from genmarket_env import Market, MarketGame, nash_conv
from genmarket_env.envs import VectorMarket
from genmarket_env.train.ppo import PPOSettings, joint_policies, make_ppo, train_ppo
from genmarket_env.train.record import Recorder
from genmarket_env.train.vec_env import PlatformVecEnv

# Model 3 is best for everybody: deploying it is strictly dominant.
DOMINANT = Market(np.linspace(0.1, 0.9, 4)[:, None] * np.array([0.9, 1.0]), [0.5, 0.5])
SMALL = {"markets": 16, "n_steps": 4, "batch_size": 64, "hidden": (16,)}


@pytest.mark.parametrize("sharing", ["shared", "independent"])
def test_it_learns_the_dominant_model(sharing):
    settings = PPOSettings(sharing=sharing, markets=32, batch_size=128, hidden=(32,))
    model = train_ppo(MarketGame(DOMINANT, 2), settings=settings, rounds=400, seed=0)
    env = model.get_env()
    greedy, _ = model.predict(env.reset(), deterministic=True)
    assert (greedy == 3).all()
    policies = joint_policies(model, env, env.reset())
    assert policies[..., 3].min() > 0.9
    assert nash_conv(DOMINANT, [3, 3]) == 0


@pytest.mark.parametrize("sharing", ["shared", "independent"])
def test_same_seed_same_bits_other_seed_other_bits(sharing):
    def parameters(seed):
        model = train_ppo(MarketGame(DOMINANT, 2), settings=PPOSettings(sharing=sharing, **SMALL), rounds=20, seed=seed)
        return torch.cat([p.detach().ravel() for p in model.policy.parameters()])

    first, again, other = parameters(1), parameters(1), parameters(2)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_independent_networks_share_nothing():
    env = PlatformVecEnv(VectorMarket(DOMINANT, SMALL["markets"], num_platforms=3, seed=0))
    model = make_ppo(env, PPOSettings(sharing="independent", **SMALL), seed=0)
    observations = env.reset()
    before = joint_policies(model, env, observations)
    with torch.no_grad():
        for parameter in model.policy.mlp_extractor.actors[1].parameters():
            parameter += 1.0
    after = joint_policies(model, env, observations)
    assert np.array_equal(before[:, [0, 2]], after[:, [0, 2]])
    assert not np.array_equal(before[:, 1], after[:, 1])
    # Every parameter belongs to one platform: none is left outside the per-platform networks.
    owned = sum(p.numel() for p in model.policy.mlp_extractor.parameters())
    assert owned == sum(p.numel() for p in model.policy.parameters())


def test_the_recorder_sees_every_round():
    recorder = Recorder(MarketGame(DOMINANT, 3), 0.9)
    train_ppo(MarketGame(DOMINANT, 3), settings=PPOSettings(**SMALL), rounds=10, seed=0, recorder=recorder)
    result = recorder.result()
    assert result["series"]["rounds"] == list(range(1, 11))
    assert sum(result["deployed"]) == pytest.approx(1)


def test_sharing_is_one_of_two():
    with pytest.raises(ValueError, match="'both'"):
        PPOSettings(sharing="both")
