import json

from genmarket_env import games
from genmarket_env.reproduce import SECTIONS, Settings, figure3, figure4, figure5
from tests.cli.test_docs import blocks, commands, page


def test_it_prints_the_claims_and_writes_the_report(genmarket, tmp_path):
    ended = genmarket("reproduce", "--only", "figure4", "--out", tmp_path / "out", "--markets", 2)
    assert ended.code == 0
    assert ended.out.startswith("3 of 3 claims hold.")
    assert ended.err == f"report: {tmp_path / 'out' / 'report.html'}\n"
    assert (tmp_path / "out" / "figure4.svg").exists()


def test_json_is_what_the_file_holds(genmarket, tmp_path):
    ended = genmarket("reproduce", "--only", "figure2", "--out", tmp_path, "--json", "--seed", 3)
    assert ended.code == 0
    assert ended.out == (tmp_path / "claims.json").read_text()
    assert json.loads(ended.out)["seed"] == 3


def test_bad_input_ends_in_one_line(genmarket, tmp_path):
    (tmp_path / "file").write_text("")
    for words, complaint in (
        (("--only", "figure9"), "there is no section 'figure9'"),
        (("--markets", "1"), "Invalid value for '--markets'"),
        (("--seed", "-1"), "Invalid value for '--seed'"),
        (("--only", "figure2", "--out", tmp_path / "file"), "cannot be made a folder"),
    ):
        ended = genmarket("reproduce", *(words if "--out" in words else (*words, "--out", tmp_path / "out")))
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith("error: ")
        assert ended.err.count("\n") == 1
        assert complaint in ended.err


def test_an_interruption_ends_in_one_line_and_leaves_no_file(genmarket, tmp_path, monkeypatch):
    def interrupted(settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(figure4, "section", interrupted)
    ended = genmarket("reproduce", "--only", "figure4", "--out", tmp_path)
    assert ended.code == 130
    assert ended.err == "interrupted; nothing was left half-written\n"
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_it_says_what_is_missing(genmarket, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    ended = genmarket("reproduce", "--only", "figure4", "--out", tmp_path)
    assert (ended.code, ended.err) == (2, "error: figures need matplotlib: pip install 'genmarket_env[plot]'\n")


def test_the_page_shows_what_the_command_prints(genmarket, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ((_, *words), shown) = next(commands(blocks("reproduce")[0]))
    ended = genmarket(*words)
    assert ended.code == 0
    assert [line.rstrip() for line in (ended.err + ended.out).splitlines() if line.strip()] == shown


def test_the_page_names_every_section():
    assert all(f"| `{name}` |" in page("reproduce") for name in set(SECTIONS) - set(games.names()))
    assert set(games.names()) <= set(SECTIONS)
    assert "| the name of a game |" in page("reproduce")


def test_the_page_states_what_the_default_run_finds():
    text = " ".join(page("reproduce").split())
    claims = [claim for module in (figure3, figure5) for claim in module.section(Settings()).claims]
    measured = {claim.statement: claim.measured for claim in claims}
    below = measured["The measured boundary is never above the threshold"].split("it is ")[1].split()[0]
    assert f"the boundary lies {float(below):.2f} lower on average" in text
    fell = measured["In drawn markets, too, a model more can lower welfare at equilibrium"].split()[2:5]
    assert f"In {fell[0]} of the {fell[2]} a model more lowers welfare at equilibrium" in text
    assert measured["Most pools go through that sequence of Fig. 5"].startswith("0 of 200")
    assert "none of 200 drawn pools goes through it" in text
