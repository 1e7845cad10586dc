"""The command that lets learners set prices: a tiny run, killed and resumed, and what its sessions say."""

import json

import numpy as np
import pytest

from genmarket_env.command_line import parse, run
from genmarket_env.games import AlgorithmicPricing
from genmarket_env.repeated import learn
from genmarket_env.repeated.limit import limit_from
from genmarket_env.train.algorithmic_pricing import Arguments, main
from genmarket_env.train.pricing import cells, settings
from genmarket_env.train.pricing.summary import summarise

TINY = ("--sessions", "3", "--others", "1", "--max-rounds", "2000", "--market", "paper-cifar-users", "--jobs", "1")


def quickly(out, *words):
    return main(parse(Arguments, [*map(str, (*TINY, "--networks", "0", "--out", out)), *words]))


def test_a_tiny_run_writes_its_files_and_continues_where_it_was_killed(tmp_path, monkeypatch, capsys):
    computed = []

    def counting(cell, until=None):
        if len(computed) == until:
            raise KeyboardInterrupt
        computed.append(cell.key())
        return one(cell)

    one = cells.run
    monkeypatch.setattr(cells, "run", lambda cell: counting(cell, until=5))
    with pytest.raises(KeyboardInterrupt):
        quickly(tmp_path)
    assert not (tmp_path / "results.json").exists()
    monkeypatch.setattr(cells, "run", counting)
    summary = quickly(tmp_path)
    assert len(set(computed)) == len(computed) == len(summary.cells) == 3 + 8 + 1
    assert {path.name for path in tmp_path.iterdir()} >= {"results.json", "table.md", "report.html", "pricing.svg"}
    page = (tmp_path / "report.html").read_text()
    assert "At the published parameters Q-learners end" in page
    assert "paper-cifar-users" in (tmp_path / "table.md").read_text()
    results = json.loads((tmp_path / "results.json").read_text())
    assert len(results["runs"]) == len(summary.cells)
    before = (tmp_path / "results.json").read_bytes()
    capsys.readouterr()
    quickly(tmp_path, "--json")
    assert len(computed) == len(summary.cells)
    assert json.loads(capsys.readouterr().out)["settings"] == results["settings"]
    assert (tmp_path / "results.json").read_bytes() == before


def test_a_session_says_what_its_strategies_do():
    """Against a walk through the strategies, round by round."""
    setting = settings.published(30_000)
    cell = cells.SessionCell(setting, 4)
    result = cells.run(cell)
    game = AlgorithmicPricing()
    session = learn(setting.game, seed=4, max_rounds=30_000)
    strategies = session.strategies

    def after(profile):
        number = profile[0] * 15 + profile[1]
        return tuple(int(strategies[i, number]) for i in range(2))

    profile = tuple(map(int, setting.game.profile_of(session.state)))
    for _ in range(300):
        profile = after(profile)
    cycle = [profile]
    while (profile := after(profile)) != cycle[0]:
        cycle.append(profile)
    assert sorted(map(tuple, result["cycle"])) == sorted(cycle)
    paid = np.mean([game.payoffs(None, each) for each in cycle], axis=0)
    np.testing.assert_allclose(result["payoffs"], paid)
    changes, back, cuts, gains = [], [], [], []
    for start in cycle:
        for firm in (0, 1):
            plain = after(start)
            tried = [(*plain[:firm], x, *plain[firm + 1 :]) for x in range(15)]
            cut = max(tried, key=lambda each: game.payoffs(None, each)[firm])
            if cut == plain:
                continue
            path, straight = [start, cut], [start, plain]
            for _ in range(cells.SHOWN):
                path.append(after(path[-1]))
                straight.append(after(straight[-1]))
            prices = game.prices[np.array(path)] - game.prices[np.array(straight)]
            changes.append(prices[:, [firm, 1 - firm]])
            back.append(path[-1] in cycle)
            cuts.append(prices[2, 1 - firm] < 0)
            worth = [
                sum(0.95**t * game.payoffs(None, each)[firm] for t, each in enumerate(longer(way[1], after)))
                for way in (path, straight)
            ]
            gains.append(worth[0] / worth[1] - 1)
    np.testing.assert_allclose(result["changes"], np.mean(changes, axis=0), atol=1e-12)
    assert result["returns"] == np.mean(back)
    assert result["answers"] == np.mean(cuts)
    np.testing.assert_allclose(np.sort(result["gains"]), np.sort(gains), atol=1e-9)


def longer(profile, after):
    for _ in range(700):
        yield profile
        profile = after(profile)


def test_the_summary_is_over_sessions_and_a_converged_session_of_the_paper_colludes():
    setting = settings.published(10_000_000)
    found = [(cells.SessionCell(setting, seed), cells.run(cells.SessionCell(setting, seed))) for seed in range(2)]
    (row,) = summarise({}, found).rows
    expected = [setting.benchmarks.gain(np.mean(result["payoffs"])) for _, result in found]
    assert row.gain.mean == pytest.approx(np.mean(expected))
    assert row.converged.count == 2
    assert min(expected) > 0.4


def test_actions_without_levels_have_no_changes_and_who_has_nothing_to_deviate_to_none():
    (setting,) = settings.of_models(["paper-cifar-users"], 10)
    result = cells.run(cells.SessionCell(setting, 0))
    assert result["changes"] is None
    assert result["answers"] is None
    always = np.full((2, setting.game.states), 4)  # the one equilibrium, whatever was before
    assert cells._deviations(setting, limit_from(setting.game, always, 0))["gains"] == []


def test_networks_end_in_strategies():
    pytest.importorskip("stable_baselines3")
    for setting in settings.networks(3):
        result = cells.run(cells.SessionCell(setting, 0))
        assert result["rounds"] == 3
        assert np.shape(result["changes"]) == (cells.SHOWN + 2, 2)
        again = cells.run(cells.SessionCell(setting, 0))
        assert again == result


def test_dqn_finds_the_better_of_two_actions():
    pytest.importorskip("stable_baselines3")
    from gymnasium.spaces import Discrete

    from genmarket_env.train.games.networks import make

    network = make("DQN", Discrete(2), 1, 8, 300, 0.0, 0)
    seen = np.tile([0.0, 1.0], 4)[:, None]
    for _ in range(300):
        move = network.act(seen)
        network.learn([move], (move.actions == seen[:, 0]).astype(float), seen, over=False)
    assert network.policy(np.array([[0.0], [1.0]])).tolist() == [[1, 0], [0, 1]]


def test_the_key_changes_with_what_a_session_depends_on():
    setting = settings.published(100)
    keys = {
        cells.SessionCell(setting, 0).key(),
        cells.SessionCell(setting, 1).key(),
        cells.SessionCell(settings.published(101), 0).key(),
        *(cells.SessionCell(each, 0).key() for each in settings.grid(100)),
        *(cells.SessionCell(each, 0).key() for each in settings.networks(100)),
    }
    assert len(keys) == 3 + 8 + 2
    assert cells.SessionCell(settings.published(100), 0).key() in keys


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--sessions", "0"], "--sessions is 0; it must be at least 1"),
        (["--network-rounds", "0"], "--network-rounds is 0"),
        (["--seed", "-1"], "--seed is -1"),
        (["--jobs", "0"], "--jobs is 0"),
        (["--market", "nowhere"], "unknown market 'nowhere'"),
        (["--market", "paper-no-pne", "--networks", "0"], "paper-no-pne: "),
    ],
)
def test_bad_arguments_end_in_one_line(tmp_path, words, complaint, capsys):
    with pytest.raises(SystemExit) as stopped:
        run(Arguments, main, [*words, "--out", str(tmp_path / "out")])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert complaint in line
    assert not (tmp_path / "out").exists()
