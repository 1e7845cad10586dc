import sys

import numpy as np
import pytest

from genmarket_env import HardMax, Market, OutsideOption, market_v0

from .conformance import CONFIGURATIONS, make
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
    for frame in frames:
        assert frame.dtype == np.uint8
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


def labels_of_the_picture(monkeypatch, view):
    """Where the picture's words are, in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from genmarket_env.envs import rendering

    boxes = {}
    draw = FigureCanvasAgg.draw

    def spy(canvas):
        draw(canvas)
        for axes in canvas.figure.axes:
            for word in (*axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label):
                if word.get_text() and word.get_visible():
                    boxes[word.get_text(), id(word)] = word.get_window_extent()
        boxes["whole", 0] = canvas.figure.bbox

    monkeypatch.setattr(FigureCanvasAgg, "draw", spy)
    rendering.picture(view)
    return boxes


@pytest.mark.parametrize("platforms", [1, 3, 8])
def test_no_words_overlap_or_are_cut_off_with_long_names(monkeypatch, platforms):
    from genmarket_env.envs import rendering
    from genmarket_env.envs.dynamics import MarketDynamics

    env = market_v0.parallel_env("livebench-2026-06", num_platforms=platforms)
    env.reset()
    longest = int(np.argmax([len(name) for name in env.market.model_names]))
    dynamics: MarketDynamics = env.dynamics
    state = dynamics.reset(Market(env.market.scores[None], env.market.masses, model_names=env.market.model_names,
                                  user_names=env.market.user_names))  # fmt: skip
    after, outcome = dynamics.step(state, [[longest, *range(platforms - 1)]])
    boxes = labels_of_the_picture(monkeypatch, rendering.view_of(dynamics, after, state.scores, outcome, 1))
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
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
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
