import copy
import os
import pickle
import subprocess
import sys

import gymnasium
import matplotlib as mpl
import numpy as np
import pytest

from genmarket_env import HardMax, Logit, Market, OutsideOption, market_v0
from genmarket_env.envs import screen
from genmarket_env.envs.picture import MAX_PLATFORMS, MAX_USERS, Picture

from .conformance import CONFIGURATIONS, Sampler, fixed, make, render_test
from .test_conformance import random_actions

MARKET = Market([[0.9, 0.1], [0.2, 0.8]], [0.6, 0.4], model_names=["poet", "coder"], user_names=["verse", "code"])


def after_a_round(mode, actions=None, **options):
    env = market_v0.parallel_env(**{"market": MARKET, "num_platforms": 2, "render_mode": mode} | options)
    env.reset(seed=0)
    env.step(actions or {"platform_0": 0, "platform_1": 1})
    return env


def test_the_text_says_who_deploys_what_and_who_goes_where():
    lines = after_a_round("ansi").render().splitlines()
    assert lines[0] == "round 1: welfare 0.860, coverage 0.860, NashConv 0.000"
    assert lines[2].split() == ["platform_0", "poet", "60.0%", "0.540", "verse", "100%"]
    assert lines[3].split() == ["platform_1", "coder", "40.0%", "0.320", "code", "100%"]


def test_the_text_of_a_provider_tells_of_the_model_that_was_on_offer():
    actions = {"platform_0": 2, "platform_1": 1, "provider_0": np.array([1.0, -1.0])}
    text = after_a_round("ansi", actions, num_providers=1).render()
    assert "platform_0  provider_0's model" in text
    assert "provider_0: a model of mean score 0.500, best 0.500; 60.0% of the users, payoff 0.300" in text
    text = after_a_round("ansi", actions, num_providers=1, provider_timing="same").render()
    assert "provider_0: a model of mean score 0.500, best 1.000; 60.0% of the users, payoff 0.600" in text


def test_the_text_tells_what_platforms_ask_and_who_stayed_where():
    """Platforms change places and double their prices: half of each type reconsider and follow, half stay."""
    prices = {"price_sensitivity": 0.1, "grid": [0.5, 1.0], "costs": 0.25}
    env = market_v0.parallel_env(MARKET, 2, render_mode="ansi", prices=prices, inertia={"reconsider": 0.5})
    env.reset(options={"profile": [2, 0]})
    env.step({"platform_0": 1, "platform_1": 3})
    rows = [line.split() for line in env.render().splitlines()[2:]]
    earned = ["at", "1", "50.0%", "0.375", "verse", "50%,", "code", "50%"]
    assert rows == [["platform_0", "poet", *earned], ["platform_1", "coder", *earned]]


def test_a_platform_that_nobody_chooses_has_no_users():
    text = after_a_round("ansi", choice=OutsideOption(HardMax(), 0.85)).render()
    assert text.splitlines()[3].split() == ["platform_1", "coder", "0.0%", "0.000", "-"]


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("mode", ["ansi", "rgb_array"])
def test_every_configuration_renders_before_and_after_a_round(name, mode):
    env = make(name, render_mode=mode)
    env.reset(seed=0)
    frames = [env.render()]
    env.step(random_actions(env, np.random.default_rng(0)))
    frames.append(env.render())
    if mode == "ansi":
        assert frames[0].startswith("before the first round")
        assert frames[1].startswith("round 1: welfare ")
        return
    assert frames[0].shape == frames[1].shape, "a video needs frames of one size"
    assert not np.shares_memory(*frames)
    for frame in frames:
        assert frame.dtype == np.uint8
        assert frame.flags["C_CONTIGUOUS"]
        assert frame.shape[2] == 3
        assert min(frame.shape[:2]) > 300
    assert (frames[0] != frames[1]).any()


def test_the_picture_is_darker_where_users_go():
    """Platform 0 serves the first half of the user types, platform 1 the second: dark on one diagonal."""
    scores = np.zeros((2, 40))
    scores[0, :20] = scores[1, 20:] = 1.0
    env = after_a_round("rgb_array", market=Market(scores, np.full(40, 1 / 40)))
    frame = env.render()
    assert np.ptp(frame, axis=2).max() == 0, "it is readable in greyscale: it is grey"
    grey = frame[..., 0]
    values, counts = np.unique(grey[(grey > 20) & (grey < 120)], return_counts=True)
    dark = grey == values[counts.argmax()]
    rows, columns = np.argwhere(dark.mean(axis=1) > 0.1), np.argwhere(dark.mean(axis=0) > 0.05)
    grid = dark[rows.min() : rows.max(), columns.min() : columns.max()]
    half = (grid.shape[0] // 2, grid.shape[1] // 2)
    quarters = (
        grid[: half[0], : half[1]],
        grid[: half[0], half[1] :],
        grid[half[0] :, : half[1]],
        grid[half[0] :, half[1] :],
    )
    assert np.allclose([quarter.mean() for quarter in quarters], [1, 0, 0, 1], atol=0.1)


def labels_of_the_picture(view):
    """Where the picture's words are, in pixels."""
    picture = Picture()
    picture.frame(view)
    boxes = {("whole", 0): picture._figure.bbox}
    words = list(picture._figure.texts)
    for axes in picture._figure.axes:
        words += [*axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label, axes.yaxis.label]
    for word in words:
        if word.get_text() and word.get_visible():
            boxes[word.get_text(), id(word)] = word.get_window_extent()
    return boxes


@pytest.mark.parametrize("platforms", [1, 3, 8])
def test_no_words_overlap_or_are_cut_off_with_long_names(platforms):
    from genmarket_env.envs import rendering
    from genmarket_env.envs.dynamics import MarketDynamics

    env = market_v0.parallel_env("livebench-2026-06", num_platforms=platforms)
    env.reset()
    longest = int(np.argmax([len(name) for name in env.market.model_names]))
    dynamics: MarketDynamics = env.dynamics
    state = dynamics.reset(Market(env.market.scores[None], env.market.masses, model_names=env.market.model_names,
                                  user_names=env.market.user_names))  # fmt: skip
    after, outcome = dynamics.step(state, [[longest, *range(platforms - 1)]])
    boxes = labels_of_the_picture(rendering.view_of(dynamics, state, after, outcome, 1))
    whole = boxes.pop(("whole", 0))
    assert len(boxes) >= 3 * platforms + 7
    named = list(boxes.items())
    for index, (word, box) in enumerate(named):
        assert whole.x0 <= box.x0, word
        assert box.x1 <= whole.x1, word
        assert whole.y0 <= box.y0, word
        assert box.y1 <= whole.y1, word
        for other, its_box in named[index + 1 :]:
            rotated = {word[0], other[0]} <= set(env.market.user_names)  # their boxes overlap, their words do not
            assert rotated or not box.overlaps(its_box), (word, other)


def test_without_matplotlib_the_picture_names_the_extra(monkeypatch):
    env = after_a_round("rgb_array")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'genmarket_env\[plot\]'"):
        env.render()


def test_without_a_mode_there_is_nothing():
    assert after_a_round(None).render() is None


@pytest.mark.parametrize("mode", ["ansi", "rgb_array"])
def test_names_are_drawn_as_they_are_on_one_line(mode):
    market = Market([[0.9, 0.1]], [0.6, 0.4], model_names=["a $ b\nc"], user_names=["$x", "y$\x1b[0m\u2028z"])
    env = market_v0.parallel_env(market, num_platforms=1, render_mode=mode)
    env.reset()
    env.step({"platform_0": 0})
    frame = env.render()
    if mode == "rgb_array":
        assert frame.min() < frame.max()
    else:
        assert frame.splitlines()[2:] == ["platform_0  a $ b c  100.0%   0.580  $x 100%, y$ [0m z 100%"]


@pytest.mark.parametrize("schedule", [None, {"masses": {"table": np.eye(7).tolist()}}], ids=["", "masses that change"])
@pytest.mark.parametrize("market", [fixed(5, 7), Sampler(5, 7)], ids=["fixed", "sampled"])
def test_a_kept_canvas_shows_what_a_new_one_would(market, schedule):
    env = market_v0.parallel_env(
        market, num_platforms=3, num_providers=1, choice=Logit(0.2), render_mode="rgb_array", schedule=schedule
    )
    rng = np.random.default_rng(0)
    for _ in range(2):
        env.reset(seed=0)
        for _ in range(3):
            env.step(random_actions(env, rng))
            view = env._view(env._state)
            np.testing.assert_array_equal(env.render(), Picture().frame(view))


def words_of(picture):
    axes = picture._figure.axes
    return "\n".join(word.get_text() for word in (*picture._figure.texts, *axes[0].texts, *axes[1].texts))


def test_a_picture_of_many_platforms_shows_the_largest_and_counts_the_rest():
    """Platform i deploys model i, of score (i + 1) / 300 for one user type: platform 199 serves everybody."""
    platforms, users = 200, 700
    scores = np.zeros((platforms, users))
    scores[0, :300] = scores[77, 300:] = 1.0
    masses = np.arange(1, users + 1) / (users * (users + 1) / 2)
    env = market_v0.parallel_env(Market(scores, masses), num_platforms=platforms, render_mode="rgb_array")
    env.reset()
    before = env.render()
    env.step({agent: i for i, agent in enumerate(env.agents)})
    frame = env.render()
    assert before.shape == frame.shape
    assert frame.shape[0] < 1400
    words = words_of(env._picture)
    assert "platform_77: model_77" in words
    assert "platform_0: model_0" in words
    assert words.count("platform_") == MAX_PLATFORMS
    assert (
        f"not drawn: {platforms - MAX_PLATFORMS} of 200 platforms, those with the fewest users, 0.0% together" in words
    )
    lightest = masses[: users - MAX_USERS].sum()
    assert f"not drawn: 200 of 700 user types, the lightest, {lightest:.1%} of all users" in words


def test_a_picture_of_many_providers_counts_the_rest():
    env = market_v0.parallel_env(fixed(2, 2), num_platforms=1, num_providers=12, render_mode="rgb_array")
    env.reset()
    env.render()
    words = words_of(env._picture)
    assert "provider_6: a model" in words
    assert "provider_7: a model" not in words
    assert "not drawn: 5 more providers" in words


def test_names_of_any_width_are_in_the_picture():
    names = [f"{letter * 60}{i}" for i, letter in enumerate("WiMab")]
    market = Market(
        np.random.default_rng(0).random((5, 16)), np.full(16, 1 / 16), model_names=names,
        user_names=[f"user type with a long name, number {k}" for k in range(16)],
    )  # fmt: skip
    env = market_v0.parallel_env(market, num_platforms=4, render_mode="rgb_array")
    env.reset()
    env.step({agent: i for i, agent in enumerate(env.agents)})
    boxes = labels_of_the_picture(env._view(env._state))
    whole = boxes.pop(("whole", 0))
    for word, box in boxes.items():
        assert whole.x0 <= box.x0, word
        assert box.x1 <= whole.x1, word
        assert whole.y0 <= box.y0, word
        assert box.y1 <= whole.y1, word


def test_the_settings_of_a_user_do_not_reach_the_picture():
    def drawn():
        return after_a_round("rgb_array").render()

    plain = drawn()
    with mpl.rc_context({"text.usetex": True, "font.size": 30, "axes.facecolor": "black"}):
        np.testing.assert_array_equal(drawn(), plain)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
@pytest.mark.parametrize("mode", ["rgb_array", "human"])
def test_an_environment_that_has_drawn_can_be_copied(duplicate, mode, capsys):
    env = after_a_round(mode)
    frame = env.render()
    np.testing.assert_array_equal(duplicate(env).render(), frame)


@pytest.mark.parametrize("name", ["smallest", "livebench", "providers"])
def test_pettingzoo_renders(name, capsys):
    render_test(lambda render_mode: market_v0.env(**CONFIGURATIONS[name], render_mode=render_mode))


@pytest.mark.parametrize("env_id", ["PlatformMarket-v0", "ModelEntry-v0"])
def test_human_shows_by_itself_and_returns_nothing(env_id, capsys, monkeypatch):
    monkeypatch.setattr(screen, "_windows", lambda: None)
    env = gymnasium.make(f"genmarket_env/{env_id}", market=MARKET, num_platforms=2, render_mode="human")
    env.reset()
    before = capsys.readouterr().out
    assert before.startswith(("before the first round\n", "Market(models=2, users=2) with 2 platforms"))
    env.step(env.action_space.sample())
    after = capsys.readouterr().out
    assert after.startswith(("round 1: welfare ", "released "))
    assert env.render() is None
    assert capsys.readouterr().out == ""
    env.close()
    env.close()


def test_human_without_a_display_is_the_text(capsys):
    """This machine draws to memory, as a test must: no window opens."""
    env = after_a_round("human")
    assert capsys.readouterr().out.split("\n\n")[1] == env_text(env)


def env_text(env):
    from genmarket_env.envs.rendering import text

    return text(env._view(env._state))


def test_human_with_a_display_shows_the_picture_in_one_window(monkeypatch, capsys):
    """The window is drawn into memory; what it shows is what a camera would see."""
    from matplotlib import pyplot

    pauses = []
    monkeypatch.setattr(screen, "_windows", lambda: pyplot)
    monkeypatch.setattr(pyplot, "pause", pauses.append)
    env = after_a_round("human")
    assert capsys.readouterr().out == ""
    assert pauses == [0.5, 0.5]
    assert len(pyplot.get_fignums()) == 1
    figure = pyplot.figure(pyplot.get_fignums()[0])
    figure.canvas.draw()
    expected = Picture().frame(env._view(env._state))
    shown = np.asarray(figure.canvas.buffer_rgba())[..., :3]
    assert shown.shape == expected.shape
    assert np.abs(shown.astype(int) - expected).mean() < 1
    pyplot.close(figure)  # as a person may
    env.step({"platform_0": 1, "platform_1": 1})
    assert len(pyplot.get_fignums()) == 1
    env.close()
    env.close()
    assert pyplot.get_fignums() == []


def test_human_on_a_display_that_is_missing_is_the_text(monkeypatch, capsys):
    from matplotlib import pyplot

    def missing(*args, **kwargs):
        raise OSError("no display")

    monkeypatch.setattr(screen, "_windows", lambda: pyplot)
    monkeypatch.setattr(pyplot, "figure", missing)
    env = after_a_round("human")
    assert capsys.readouterr().out.split("\n\n")[1] == env_text(env)
    env.close()


def test_human_with_a_backend_that_needs_a_display_is_the_text_without_one():
    """In a process of its own: matplotlib settles on a backend once."""
    code = (
        "from genmarket_env import Market, market_v0\n"
        "env = market_v0.parallel_env(Market([[0.5]], [1.0]), num_platforms=1, render_mode='human')\n"
        "env.reset(), env.step({'platform_0': 0}), env.close()"
    )
    quiet = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    run = subprocess.run(
        [sys.executable, "-c", code], env=quiet | {"MPLBACKEND": "TkAgg"}, capture_output=True, text=True, check=True
    )
    assert run.stdout.count("platform_0") == 2
