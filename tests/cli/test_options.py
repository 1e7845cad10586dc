import pytest

import genmarket_env as gm
from genmarket_env.cli.options import choice_in_words, choice_rule, load
from genmarket_env.command_line import settings_of

BEST, LOGIT = "users choose the best score", "users choose by Logit at temperature 0.1"
AWAY = ", and stay away from scores"


@pytest.mark.parametrize(
    ("temperature", "reservation", "rule", "words"),
    [
        (None, None, gm.HardMax(), BEST),
        (0.1, None, gm.Logit(0.1), LOGIT),
        (None, 0.5, gm.OutsideOption(gm.HardMax(), 0.5), f"{BEST}{AWAY} below 0.5"),
        (0.1, 0.0, gm.OutsideOption(gm.Logit(0.1), 0.0), f"{LOGIT}{AWAY} below 0"),
    ],
)
def test_the_choice_rule(temperature, reservation, rule, words):
    assert choice_rule(temperature, reservation) == rule
    assert choice_in_words(temperature, reservation) == words


def test_settings_are_name_and_value():
    assert settings_of(None) == {}
    assert settings_of(["a=1", "b==x="]) == {"a": "1", "b": "=x="}
    for bad, words in ((["a"], "got 'a'"), (["=1"], "got '=1'"), (["a=1", "a=2"], "--set a is given twice")):
        with pytest.raises(ValueError, match=words):
            settings_of(bad)


def test_a_market_is_loaded_by_name_or_from_a_file(market_file):
    named = load("livebench-2026-06", "uniform", None)
    assert named.options == {"masses": "uniform"}
    assert named.title.startswith("24 language models")
    assert named.market.masses.tolist() == [1 / 7] * 7
    from_file = load(str(market_file), None, None)
    assert (from_file.name, from_file.title) == (str(market_file), "mine")
    assert from_file.market.model_names == ("poet", "coder", "both")


def test_masses_that_are_missing_are_noted(tmp_path, capsys):
    path = tmp_path / "mine.csv"
    path.write_text("model,writing,coding\npoet,0.9,0.1\n")
    assert load(str(path), None, None).market.masses.tolist() == [0.5, 0.5]
    err = capsys.readouterr().err
    assert err.startswith("note: ")
    assert err.count("\n") == 1
    load(str(path), "uniform", None)
    assert capsys.readouterr().err == ""


def test_masses_are_given_once():
    with pytest.raises(ValueError, match="--masses and --set masses are both given"):
        load("livebench-2026-06", "uniform", ["masses=lmsys"])


def test_a_file_without_a_title_is_named_once(market_file):
    assert load(str(market_file), None, None).heading == "mine"
    assert load("paper-fig4-a", None, None).heading == "paper-fig4-a: Two specialists, one for each platform"
