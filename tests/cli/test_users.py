"""`genmarket users`: what it prints is what the functions say of the file."""

import json

import numpy as np
import pytest

from genmarket_env import Logit, markets, users

pytest.importorskip("pyarrow")


@pytest.fixture
def file(tmp_path):
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 50, (300, 4)) / 50
    lines = ["poet,coder,both,third,mass", *(",".join(map(str, [*row, 1 + k % 3])) for k, row in enumerate(scores))]
    path = tmp_path / "votes.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("words", [[], ["--temperature", "0.1"], ["--start", "poet,3,coder"], ["--threads", "1"]])
def test_the_answer_is_that_of_the_functions(genmarket, file, words):
    ended = genmarket("users", file, "-n", 3, "--pure", "--json", *words)
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    crowd = markets.open_users(file)
    choice = (Logit(0.1),) if "--temperature" in words else ()
    start = [0, 2, 1] if "--start" in words else [int(users.average_scores(crowd).argmax())] * 3
    solution = users.best_response_dynamics(crowd, start, *choice, max_rounds=100)
    assert found["profile"] == solution.profile.tolist()
    assert found["status"] == solution.status.name.lower()
    assert found["users"] == 300
    regrets = users.regret(crowd, solution.profile, *choice)
    np.testing.assert_allclose(found["regrets"], regrets, atol=1e-13)
    np.testing.assert_allclose(
        found["market_shares"], users.market_shares(crowd, solution.profile, *choice), atol=1e-13
    )
    np.testing.assert_allclose(found["welfare"], users.welfare(crowd, solution.profile, *choice), atol=1e-13)
    assert found["pure_equilibria"] == users.pure_equilibria(crowd, 3, *choice).tolist()
    assert found["is_equilibrium"] == (regrets.max() <= 1e-12)
    assert found["is_equilibrium"] == (sorted(found["profile"]) in found["pure_equilibria"])


def test_a_profile_is_only_checked_if_that_is_asked(genmarket, file):
    ended = genmarket("users", file, "-n", 2, "--start", "poet,poet", "--rounds", 0)
    crowd = markets.open_users(file)
    assert "No best replies were played: 2 x poet." in ended.out
    gain = users.regret(crowd, [0, 0]).max()
    assert f"no pure equilibrium: a platform gains {gain:.6f} by another model" in ended.out
    better = crowd.model_names[users.best_response(crowd, [0, 0], 0)]
    assert better in ended.out


def test_what_was_found_is_printed_where_pure_equilibria_are_too_many(genmarket, tmp_path):
    np.save(tmp_path / "votes.npy", np.random.default_rng(0).random((40, 6), np.float32))
    words = ("users", tmp_path / "votes.npy", "-n", 2000, "--rounds", 1, "--pure")
    ended = genmarket(*words)
    assert ended.code == 0
    assert "platforms, 40 users, 6 models" in ended.out
    assert "Pure equilibria" not in ended.out
    (line,) = ended.err.splitlines()
    assert line.startswith("note: --pure is left out: ")
    found = json.loads(genmarket(*words, "--json").out)
    assert found["pure_equilibria"] is None
    assert f"note: {found['left_out']}" == line


def test_a_column_that_numbers_users_is_no_model(genmarket, tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("id,poet,coder\n1,0.5,0.25\n0,0.25,0.75\n")
    ended = genmarket("users", path, "-n", 1)
    assert ended.code == 0
    assert "2 models" in ended.out
    assert ended.err.startswith("note: ")
    assert "'id' look like numbers of users" in ended.err


def test_welfare_by_group_is_that_of_the_functions(genmarket, tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("poet,coder,language\n0.9,0.1,en\n0.2,0.8,fr\n0.4,0.3,en\n")
    words = ("users", path, "-n", 1, "--start", "poet", "--rounds", 0, "--by", "language")
    found = json.loads(genmarket(*words, "--json").out)["groups"]
    assert [row["group"] for row in found] == ["en", "fr"]
    np.testing.assert_allclose([row["users"] for row in found], [2 / 3, 1 / 3])
    np.testing.assert_allclose([row["welfare"] for row in found], [0.65, 0.2], rtol=1e-6)
    told = genmarket(*words).out
    assert ["en", "66.7%", "0.6500"] in [line.replace(" %", "%").split() for line in told.splitlines()], told
    ended = genmarket("users", path, "-n", 1, "--by", "poet")
    assert ended.code == 2
    assert "keeps no labels of users called 'poet'" in ended.err


def test_workers_say_what_threads_say(genmarket, tmp_path):
    np.save(tmp_path / "votes.npy", np.random.default_rng(0).random((9000, 8), np.float32))
    words = ("users", tmp_path / "votes.npy", "-n", 3, "--json")
    one, two = (json.loads(genmarket(*words, *more).out) for more in ([], ["--jobs", 2]))
    one.pop("about")
    two.pop("about")
    assert one == two


def test_only_options_that_there_are_are_named(genmarket, file):
    ended = genmarket("users", file, "-n", 2)
    assert "--out" not in ended.out
    assert ended.out.rstrip().endswith("the command: --json.")
    assert json.loads(genmarket("users", file, "-n", 2, "--json").out)["left_out"] is None
    told = " ".join(genmarket("users", "--help").out.replace("\u2502", " ").split())
    assert "or a folder of markets.write_users" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.npy", "-n", "2"], "there is no such file"),
        (["FILE", "-n", "2", "--start", "poet"], "--start names 1 models for 2 platforms"),
        (["FILE", "-n", "1", "--start", "nobody"], "there is no model 'nobody'"),
        (["FILE", "-n", "1", "--start", "9"], "a model of --start is 9"),
        (["FILE", "-n", "1", "--temperature", "0"], "temperature is 0.0"),
    ],
)
def test_bad_questions_end_in_one_line(genmarket, file, words, said):
    ended = genmarket("users", *(file if word == "FILE" else word for word in words))
    assert (ended.code, ended.out) == (2, "")
    (line,) = [line for line in ended.err.splitlines() if not line.startswith("note:")]
    assert said in line
