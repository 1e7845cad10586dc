import pytest

from genmarket_env import markets
from genmarket_env.reproduce import Settings, paths
from tests import oracle
from tests.reproduce.naive import HARDMAX, parts, reply

CYCLING, CONVERGING = (markets.load("paper-synthetic", num_models=models) for models in (4, 5))


def test_every_move_and_payoff_is_that_of_naive_loops():
    section = paths.section(Settings())
    (table,) = section.numbers
    records = [dict(zip(table.header, row, strict=True)) for row in table.rows]
    for letter, market in (("e", CYCLING), ("f", CONVERGING)):
        own = [record for record in records if record["panel"] == letter]
        scores, masses = parts(market)
        profiles = []
        for move in range(len(own) // 3):
            now = own[3 * move : 3 * move + 3]
            profile = tuple(market.model_names.index(record["model"]) for record in now)
            assert [r["payoff"] for r in now] == pytest.approx(oracle.payoffs(scores, masses, profile, HARDMAX))
            movers = [record["platform"] for record in now if record["moved"]]
            if profiles:
                (mover,) = movers
                assert reply(scores, masses, profiles[-1], mover) == profile
            else:
                assert movers == []
                assert set(profile) == {0}
            profiles.append(profile)
        begin = [record["in_cycle"] for record in own[::3]]
        if letter == "e":
            start = begin.index(True)
            assert profiles[start] == profiles[-1]
            assert profiles[start] in profiles[start + 1 : -1]
        else:
            assert not any(begin)
            assert max(oracle.regrets(scores, masses, profiles[-1], HARDMAX)) <= 1e-12


def test_the_verdicts_follow_from_the_paths():
    assert [claim.holds for claim in paths.follow(CYCLING, CONVERGING).claims] == [True, True]
    assert [claim.holds for claim in paths.follow(CONVERGING, CYCLING).claims] == [False, False]
