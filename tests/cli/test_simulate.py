import json

import pytest

import genmarket_env as gm
from genmarket_env.cli.simulate import start_profile


def test_a_path_to_an_equilibrium_is_printed_move_by_move(genmarket, market_file):
    ended = genmarket("simulate", market_file, "-n", 2, "--start", "coder")
    assert ended.code == 0
    lines = [line.split() for line in ended.out.splitlines()]
    # Alone on coding with the poet a platform earns 0.6 * 0.9, with the coder too half of 0.6 * 0.2 + 0.4 * 0.8.
    assert ["1", "platform", "1", "coder", "poet", "0.3200", "0.8600"] in lines
    assert "Converged after 2 rounds" in ended.out
    assert "They start with 2 x coder: the welfare is 0.4400." in ended.out
    assert "They deploy poet, coder." in ended.out


def test_a_cycle_is_found_and_counted(genmarket):
    ended = genmarket("simulate", "livebench-2026-06", "-n", 3)
    assert "Cycle of 9 steps" in ended.out
    document = json.loads(genmarket("simulate", "livebench-2026-06", "-n", 3, "--json").out)
    assert document["status"] == "CYCLED"
    assert len(document["cycle"]) == 9
    names = document["model_names"]
    step = document["cycle"][0]
    assert names[step["profile"][step["moves"][0]["platform"]]] == names[step["moves"][0]["after"]]


def test_what_does_not_settle_says_so(genmarket):
    ended = genmarket("simulate", "livebench-2026-06", "-n", 3, "--order", "random", "--max-rounds", 5)
    assert "Not converged after 5 rounds" in ended.out


def test_the_seed_fixes_random_play(genmarket):
    words = ("simulate", "livebench-2026-06", "-n", 3, "--order", "random", "--ties", "random", "--max-rounds", 20)
    first, again, other = (genmarket(*words, "--seed", seed, "--json").out for seed in (1, 1, 2))
    assert first == again != other


def test_all_at_once_several_move_in_a_step(genmarket):
    words = ("simulate", "paper-fig4-a", "-n", 2, "--order", "simultaneous", "--start", "g1", "--json")
    document = json.loads(genmarket(*words).out)
    assert len(document["steps"][0]["moves"]) == 2
    assert document["status"] == "CYCLED"


def test_users_may_stay_away(genmarket):
    ended = genmarket("simulate", "paper-fig4-a", "-n", 1, "--start", "g1", "--reservation", 0.8)
    # Only the users on the left accept g1, and those on the right g2, which earns as much.
    assert "the welfare is 0.2400" in " ".join(ended.out.split())
    assert "Converged after 1 round:" in ended.out


def test_the_start_is_one_model_or_one_a_platform():
    market = gm.Market([[0.9, 0.1], [0.2, 0.9]], [0.6, 0.4], model_names=["poet", "coder"])
    assert start_profile(market, 2, None) == [0, 0]
    assert start_profile(market, 3, ["coder"]) == [1, 1, 1]
    assert start_profile(market, 2, ["coder", "poet"]) == [1, 0]
    with pytest.raises(ValueError, match="2 times --start for 3 platforms"):
        start_profile(market, 3, ["coder", "poet"])
    with pytest.raises(ValueError, match="--start 'painter': the market has no such model"):
        start_profile(market, 1, ["painter"])
