"""What holds for every registered game."""

import re
import subprocess
import sys
from functools import cache
from inspect import signature
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiBinary

from genmarket_env import Market, MarketGame, agents, exact, games, pictures
from genmarket_env.games.answer import grid_points
from genmarket_env.games.registry import GAMES
from genmarket_env.protocol import Described, Direct, Fast, Game, Private, Replies, Sampled, Settled, Symmetric
from genmarket_env.status import Status
from tests.sizes import examples, some

NAMES = games.names()


def drawn_actions(game, rng, batch=()):
    """Legal actions, the ends of a Box among them."""
    actions = []
    for space in game.spaces:
        if isinstance(space, Discrete):
            actions.append(rng.integers(0, space.n, batch))
        elif isinstance(space, MultiBinary):
            actions.append(rng.integers(0, 2, (*batch, *space.shape)))
        else:
            share = rng.choice([0.0, 1.0, -1.0], (*batch, *space.shape))
            share = np.where(share < 0, rng.random(share.shape), share)
            actions.append(space.low + share * (space.high - space.low).astype(float))
    return tuple(np.asarray(action) for action in actions)


def element(state, index):
    """One state of a batch of them."""
    return None if state is None else type(state)(*(field[index] for field in state))


def market_game():
    """The market itself is a game as well: three models, with a tie and a duplicate among the scores."""
    scores = [[0.9, 0.1, 0.5], [0.2, 0.8, 0.5], [0.2, 0.8, 0.5], [0.6, 0.6, 0.6]]
    return MarketGame(Market(scores, [0.5, 0.3, 0.2]), 3)


def variants():
    """Games that are made otherwise than by default."""
    return {
        "genai-forum, round by round": games.ForumRounds(T=6),
        "genai-forum, round by round without a regulator": games.ForumRounds(T=6, regulator=False),
        "coevolution, round by round": games.CoevolutionRounds(T=6),
        "fine-tuning, with demands": games.ShareDemands(),
        "segment-auction, segment by segment": games.SegmentRounds(),
        "segment-auction, segment by segment without replacement": games.SegmentRounds(
            replacement=False, realised=True
        ),
        "llm-ads, with a platform": games.PlatformSeat("llm-ads"),
        "summary-auction, with a platform": games.PlatformSeat("summary-auction", menu=(0.0, 2.0), n=2, k=2),
    }


def those(ability):
    """A parameter `game`: each game that has the ability, the market and some variants among them."""
    made = {name: games.make(name) for name in NAMES} | {"market": market_game()} | variants()
    able = {name: game for name, game in made.items() if ability(game)}
    return pytest.mark.parametrize("game", able.values(), ids=able)


every = those(lambda game: True)


@cache
def drawn(name):
    """The figure of a game as its defaults are, and its picture."""
    figure = GAMES[name].figure(games.make(name))
    return figure, pictures.svg(figure)


@every
def test_it_is_a_game(game):
    assert isinstance(game, Game)
    assert len(game.players) == len(set(game.players)) == len(game.spaces)
    assert sorted(player for stage in game.stages for player in stage) == list(range(len(game.players)))
    for space in game.spaces:
        assert isinstance(space, Discrete | MultiBinary | Box)
        assert not isinstance(space, Box) or (np.isfinite(space.low).all() and np.isfinite(space.high).all())
        assert not isinstance(space, Discrete) or space.start == 0


@every
def test_a_batch_is_its_elements_to_the_bit(game):
    rng = np.random.default_rng(0)
    many = examples(100)
    states, actions = game.draw(rng, (many,)), drawn_actions(game, rng, (many,))
    payoffs = game.payoffs(states, actions)
    assert payoffs.shape == (many, len(game.players))
    assert np.isfinite(payoffs).all()
    for index in range(many):
        one = game.payoffs(element(states, index), tuple(action[index] for action in actions))
        np.testing.assert_array_equal(payoffs[index], one)
    for player in range(len(game.players)):
        seen = game.observe(states, player)
        assert seen.dtype == np.float32
        assert ((seen >= 0) & (seen <= 1)).all()


@every
def test_nothing_is_written_in_place_and_draws_come_from_the_generator(game):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    states = [game.draw(np.random.default_rng(1), (5,)) for _ in range(2)]
    actions = drawn_actions(game, np.random.default_rng(2), (5,))
    if states[0] is not None:
        for one, other in zip(*states, strict=True):
            np.testing.assert_array_equal(one, other)
            one.flags.writeable = False
    for action in actions:
        action.flags.writeable = False
    game.payoffs(states[0], actions)
    if isinstance(game, Described):
        assert next(iter(game.figures(states[0], actions))) == "welfare"
        assert all(np.shape(figure) == (5,) for figure in game.figures(states[0], actions).values())
    if isinstance(game, Replies):
        game.best_reply(states[0], actions, 0)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@those(lambda game: isinstance(game, Settled))
def test_payoffs_and_figures_are_read_off_one_outcome_to_the_bit(game):
    rng = np.random.default_rng(10)
    states, actions = game.draw(rng, (20,)), drawn_actions(game, rng, (20,))
    outcome = game.outcome(states, actions)
    np.testing.assert_array_equal(game.payoffs_of(states, outcome), game.payoffs(states, actions))
    told, expected = game.figures_of(states, outcome), game.figures(states, actions)
    assert list(told) == list(expected)
    for name, figure in expected.items():
        np.testing.assert_array_equal(told[name], figure)


@those(lambda game: isinstance(game, exact.Solved))
def test_the_reference_leaves_no_regret(game):
    states = game.draw(np.random.default_rng(3), (examples(50),))
    reference = game.reference(states)
    assert reference.concept
    assert reference.source
    if reference.play is None:  # that there is none is an answer, too
        assert reference.payoffs is None
        return
    assert reference.status is Status.CONVERGED
    payoffs = game.payoffs(states, exact.unfold(game, states, reference.play))
    np.testing.assert_allclose(payoffs, reference.payoffs, rtol=0, atol=1e-12)
    assert (
        exact.regret(game, states, reference.play, grid_points(*game.spaces)) <= 1e-9 * max(1, np.abs(payoffs).max())
    ).all()


@those(lambda game: isinstance(game, exact.Solved) and len(game.stages) > 1)
def test_later_movers_have_no_regret_off_the_path_either(game):
    """Whatever the leaders do instead, those whose policies the reference gives answer it as well as they can."""
    rng = np.random.default_rng(4)
    states = game.draw(rng, (examples(100),))
    reference = game.reference(states)
    forced = drawn_actions(game, rng, (examples(100),))
    play = tuple(told if callable(told) else forced[player] for player, told in enumerate(reference.play))
    late = [player for stage in game.stages[1:] for player in stage]
    assert any(callable(reference.play[player]) for player in late)
    actions = exact.unfold(game, states, play)
    payoffs = game.payoffs(states, actions)
    for player in late:
        tried = exact.candidates(game.spaces[player], grid_points(*game.spaces))
        best = exact.deviation_payoffs(game, states, play, player, tried).max(axis=0)
        if isinstance(game, Replies) and player in game.stages[-1]:
            reply = np.asarray(game.best_reply(states, actions, player))
            best = np.maximum(best, exact.deviation_payoffs(game, states, play, player, reply[None])[0])
        gaps = best - payoffs[..., player]
        assert (gaps <= 1e-6 * max(1, np.abs(reference.payoffs).max())).all()


@those(lambda game: isinstance(game, Fast))
def test_fast_deviation_payoffs_are_the_generic_ones(game):
    rng = np.random.default_rng(8)
    states, actions = game.draw(rng, (examples(30),)), drawn_actions(game, rng, (examples(30),))
    for player, space in enumerate(game.spaces):
        generic = exact.deviation_payoffs(game, states, actions, player, exact.candidates(space))
        fast = game.deviation_payoffs(states, actions, player)
        np.testing.assert_allclose(np.moveaxis(fast, -1, 0), generic, rtol=0, atol=1e-12)


@those(lambda game: isinstance(game, Symmetric))
def test_payoffs_against_multisets_are_the_payoffs(game):
    state = game.draw(np.random.default_rng(9))
    actions, rivals = game.spaces[0].n, len(game.players) - 1
    against = game.payoffs_against(state)
    # Colexicographic: by the largest action first.
    multisets = sorted(combinations_with_replacement(range(actions), rivals), key=lambda rows: rows[::-1])
    assert against.shape == (len(multisets), actions)
    for place, others in enumerate(multisets):
        for own in range(actions):
            profile = tuple(np.asarray(action) for action in (own, *others))
            assert against[place, own] == pytest.approx(game.payoffs(state, profile)[0], abs=1e-12)


@those(lambda game: isinstance(game, Replies))
def test_best_replies_are_at_least_as_good_as_any_candidate(game):
    rng = np.random.default_rng(5)
    actions, state = drawn_actions(game, rng, (examples(100),)), game.draw(rng)
    for player, space in enumerate(game.spaces):
        replies = game.best_reply(state, actions, player)
        best = exact.deviation_payoffs(game, state, actions, player, replies[None])[0]
        candidates = exact.candidates(space, grid_points(space))
        few = max(1, 12_000_000 // candidates.size)  # beside all of them a thorough batch would not fit into memory
        earned = exact.deviation_payoffs(game, state, [action[:few] for action in actions], player, candidates)
        assert (best[:few] >= earned.max(axis=0) - 1e-6 * max(1, np.abs(earned).max())).all()


@those(lambda game: isinstance(game, Sampled))
def test_samples_have_the_payoffs_as_their_mean(game):
    rng = np.random.default_rng(6)
    draws = 20_000
    for _ in range(3):
        one, acts = game.draw(rng), drawn_actions(game, rng)
        state = one if one is None else type(one)(*(np.broadcast_to(part, (draws, *part.shape)) for part in one))
        actions = tuple(np.broadcast_to(action, (draws, *action.shape)) for action in acts)
        sampled = game.sample(state, actions, rng)
        error = 5 * sampled.std(axis=0) / np.sqrt(draws) + 1e-9
        assert (np.abs(sampled.mean(axis=0) - game.payoffs(one, acts)) <= error).all()


@those(lambda game: isinstance(game, Direct))
def test_true_reports_are_legal(game):
    truth = game.truth(game.draw(np.random.default_rng(7)))
    for space, told in zip(game.spaces, truth, strict=True):
        assert space.contains(told.astype(np.float32) if isinstance(space, Box) else told)


@pytest.mark.parametrize("name", [name for name in NAMES if GAMES[name].figure is not None])
def test_its_figure_draws_the_same_bytes_again_and_labels_its_axes(name):
    pytest.importorskip("matplotlib")
    figure, picture = drawn(name)
    if name in some(NAMES):
        assert pictures.svg(GAMES[name].figure(games.make(name))) == picture
    assert "mathdefault" not in picture  # TeX that nobody parses: pictures.plain_logarithm
    for axes in figure.axes:
        assert axes.get_xlabel() or axes.get_xticks().size == 0
        assert axes.get_title(loc="left") or axes.get_title()
        assert axes.has_data()


def test_no_game_is_imported_before_it_is_asked_for():
    code = "import sys, genmarket_env; print([name for name in sys.modules if name in set(sys.argv[1:])])"
    modules = [f"genmarket_env.games.{entry.module}" for entry in GAMES.values()]
    ended = subprocess.run([sys.executable, "-c", code, *modules], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'Chess'"):
        _ = games.Chess
    for entry in GAMES.values():
        assert entry.class_name in games.__all__
        assert getattr(games, entry.class_name) is entry.make


@pytest.mark.parametrize("name", NAMES)
def test_its_module_says_where_it_is_from(name):
    assert GAMES[name].provenance
    assert "Source:" in sys.modules[type(games.make(name)).__module__].__doc__


PAGE_ROWS = ("creation", "agents", "moves", "actions", "rewards", "infos", "reference", "source")


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_page_in_the_common_form_that_names_its_parameters(name):
    """Its examples run with those of all pages."""
    docs = Path(__file__).parents[2] / "docs"
    page = (docs / "games" / f"{name}.md").read_text()
    assert page.startswith(f"# {name}\n")
    for row in PAGE_ROWS:
        assert f"| {row} | " in page, row
    assert "Confidence: " in page
    assert "Version history" in page
    assert ">>> " in page
    for parameter in signature(type(games.make(name))).parameters:
        assert f"`{parameter}`" in page or f"({parameter}" in page or f"{parameter})`" in page, parameter
    for image in re.findall(r"!\[[^]]+\]\(([^)]+)\)", page):
        shown = re.findall(r">([^<>\n]+)</text>", (docs / "games" / image).read_text())
        anew = re.findall(r">([^<>\n]+)</text>", drawn(name)[1])
        assert shown == anew, f"draw {image} anew: genmarket games {name} --out FOLDER"
    table = (docs / "games.md").read_text()
    assert f"[`{name}`](games/{name}.md)" in table


@pytest.mark.parametrize("name", NAMES)
def test_what_is_wrong_is_said_in_one_line(name):
    for parameters in ({"nonsense": 1}, {"nonsense\n": 1}):
        with pytest.raises(ValueError, match="has no parameter") as raised:
            games.make(name, **parameters)
        assert "\n" not in str(raised.value)
    with pytest.raises(ValueError, match="the games are: "):
        games.make(name + "x")


@every
def test_a_learner_plays_200_rounds_that_repeat_to_the_bit(game):
    """EXP3 in every seat that has a list of actions, best replies in games with other seats."""
    learner = "exp3" if "exp3" in agents.fitting(game) else "best_reply"

    def played():
        crowd = agents.population(learner, game, rng=np.random.default_rng(0))
        return list(agents.play(crowd, 200, rng=np.random.default_rng(1)))

    first, second = played(), played()
    for one, other in zip(first, second, strict=True):
        assert np.isfinite(one.rewards).all()
        for space, action, again in zip(game.spaces, one.actions, other.actions, strict=True):
            np.testing.assert_array_equal(action, again)
            if isinstance(space, Box):
                assert action.shape == space.shape
                assert ((action >= space.low) & (action <= space.high)).all()
            else:
                assert space.contains(action if action.ndim else int(action))
    payoffs = [game.payoffs(one.state, one.actions) for one in first]
    np.testing.assert_allclose([one.rewards for one in first], payoffs, rtol=0, atol=1e-12)


WRONG = (np.nan, -1e30, np.inf, "x", [], [[1.0], [1.0, 2.0]], {}, object(), 1e400, [np.nan])


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_parameter_is_set_to_a_game_is_made_or_one_line_says_why_not(name):
    refused = []
    for parameter in GAMES[name].parameters:
        for value in WRONG:
            try:
                game = games.make(name, **{parameter: value})
            except (ValueError, TypeError) as error:
                refused.append(str(error))
            else:
                rng = np.random.default_rng(0)
                assert np.isfinite(game.payoffs(game.draw(rng), drawn_actions(game, rng))).all(), (parameter, value)
    assert len(refused) >= len(WRONG)
    assert all(message and "\n" not in message for message in refused), refused


MANY = [
    (name, {parameter: 10**6})
    for name in NAMES
    for parameter in ("n", "m", "N", "M", "X", "T", "w_max")
    if isinstance(GAMES[name].parameters.get(parameter), int)
]


@pytest.mark.parametrize(("name", "size"), MANY)
def test_a_million_of_anything_is_worked_with_or_one_line_says_what_is_too_many(name, size):
    refused = ""
    try:
        game = games.make(name, **size)
    except ValueError as error:
        refused = str(error)
    if refused:
        assert "\n" not in refused
        assert next(iter(size)) in refused
    else:  # only of actions there may be so many
        rng = np.random.default_rng(0)
        assert len(game.players) <= 10
        assert np.isfinite(game.payoffs(game.draw(rng), drawn_actions(game, rng))).all()


def test_ten_thousand_players_are_still_worked_with():
    game, rng = games.make("llm-ads", n=10_000), np.random.default_rng(0)
    assert game.payoffs(game.draw(rng), drawn_actions(game, rng)).shape == (10_000,)
    with pytest.raises(ValueError, match="make states of 3,000,000 numbers, more than 1,000,000: take fewer"):
        games.make("mosaic", n=3, M=10**6)


@those(lambda game: isinstance(game, Private))
def test_what_a_player_does_not_know_is_drawn_anew_and_what_it_knows_stays(game):
    rng = np.random.default_rng(11)
    state = game.draw(rng, (5,))
    for player in range(len(game.players)):
        others = game.unknown(state, player, rng, (40,))
        seen = np.broadcast_to(game.observe(others, player), (40, 5, game.observe(state, player).shape[-1]))
        np.testing.assert_array_equal(seen, np.broadcast_to(game.observe(state, player), seen.shape))
        payoffs = game.payoffs(others, drawn_actions(game, rng, (40, 5)))
        assert payoffs.shape == (40, 5, len(game.players))
        if len(game.players) > 1:
            assert any((part != part[:1]).any() for part in others)
