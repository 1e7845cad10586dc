import json

import pytest

from genmarket_env import MarketGame
from genmarket_env.command_line import parse, run
from genmarket_env.train.compare_entry import Arguments, main
from genmarket_env.train.entry import report

QUICK = ("--drawn", "2", "--seeds", "2", "--jobs", "1", "--releases", "8", "--search", "16", "-m", "random",
         "-m", "best", "-m", "ppo", "-m", "resampling-adaptive")  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    words = [*QUICK, "--market", "paper-fig4-a", "-n", "2", "--out", str(out)]
    return words, out, main(parse(Arguments, words))


def test_every_method_meets_every_market(finished):
    _, out, comparison = finished
    real, drawn = "paper-fig4-a, data-mixture", "drawn synthetic markets, radial-bumps"
    draws = {(row.setting, row.method): row.figures["payoff"].draws for row in comparison.rows}
    expected = {(setting, method): 2 for setting in (real, drawn) for method in ("random", "best", "ppo")}
    # What draws nothing is not run once a seed.
    assert draws == {**expected, (real, "resampling-adaptive"): 1, (drawn, "resampling-adaptive"): 2}
    assert len(comparison.results) == 4 * 4 - 1
    assert all(result["regret"] >= 0 for _, result in comparison.results)
    drawn = {cell.game.market.scores.tobytes() for cell, _ in comparison.results if cell.setting.startswith("drawn")}
    assert len(drawn) == 2
    assert all(isinstance(cell.game, MarketGame) for cell, _ in comparison.results)
    names = {path.name for path in out.iterdir()}
    assert names == {"cells", "results.json", "results.csv", "table.md", "entry.svg", "report.html"}
    page = (out / "report.html").read_text()
    assert page.count("<svg") == 1
    assert "resampling-adaptive" in page


def test_the_same_command_computes_nothing_again_and_gives_the_same_bits(finished, monkeypatch):
    words, out, _ = finished
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    monkeypatch.setattr("genmarket_env.train.entry.cells._entry", lambda cell: pytest.fail("computed again"))
    main(parse(Arguments, words))
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


def test_what_is_missing_is_computed(finished):
    words, out, comparison = finished
    gone = sorted((out / "cells").iterdir())[0]
    gone.unlink()
    again = main(parse(Arguments, words))
    assert gone.exists()
    assert [result["payoff"] for _, result in again.results] == [result["payoff"] for _, result in comparison.results]


def test_json_and_the_table_are_printed(finished, capsys):
    words, _, _ = finished
    main(parse(Arguments, [*words, "--json"]))
    assert {row["method"] for row in json.loads(capsys.readouterr().out)["methods"]} == {
        "random", "best", "ppo", "resampling-adaptive",
    }  # fmt: skip
    main(parse(Arguments, words))
    shown = capsys.readouterr().out
    assert "drawn synthetic markets, radial-bumps (2 draws)" in shown
    assert "regret" in shown


def test_every_point_is_within_its_panel(finished):
    _, _, comparison = finished
    for axes in report.regret_figure(comparison).axes:
        low, high = axes.get_xlim()
        for line in axes.get_lines():
            assert all(low <= x <= high for x in line.get_xdata())


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--market", "nowhere"), "livebench-2026-06"),
        (("--method", "luck"), "gradient-gate"),
        (("--technology", "magic"), "data-mixture"),
        (("--drawn", "-1"), "--drawn is -1"),
        (("--seeds", "0"), "--seeds is 0"),
        (("--seed", str(2**32)), "the largest seed"),
        (("--releases", "0"), "--releases is 0"),
        (("-n", "0"), "num_platforms is 0"),
        (("--jobs", "0"), "--jobs is 0"),
        (("--temperature", "0"), "temperature is 0"),
    ],
)
def test_bad_input_ends_in_one_line_and_exit_code_2(tmp_path, capsys, words, complaint):
    with pytest.raises(SystemExit) as end:
        run(Arguments, main, [*words, "--out", str(tmp_path / "out")])
    assert end.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.strip().splitlines()) == 1
    assert complaint in shown.err
    assert not (tmp_path / "out").exists()
