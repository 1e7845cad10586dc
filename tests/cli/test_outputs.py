"""What reaches a terminal, and what happens where there is none: hostile names, closed and full outputs, odd places."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
WICKED = "\x1b]0;pwned\x07 \x1b[2J \x9b31m \u202egnp.exe \u2066x\u2028y"
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
STYLES = re.compile(r"\x1b\[[0-9;]*m")
SCHEME = f"scheme {WICKED}"
NAME = "model \u202egnp"
"""No file may hold a name with control characters, but what turns the direction of text."""


@pytest.fixture
def wicked_file(tmp_path):
    path = tmp_path / "wicked.json"
    document = {
        "format": "genmarket-market",
        "version": 1,
        **{key: f"{key} {WICKED}" for key in ("title", "source", "licence", "unit")},
        "notes": [f"note {WICKED}"],
        "users": [f"user {NAME}", "code"],
        "masses": {"default": SCHEME, "schemes": {SCHEME: {"shares": [1, 2], "source": WICKED}}},
        "models": [
            {"name": NAME, "scores": [0.9, 0.1], "source": f"source {WICKED}"},
            {"name": "coder", "scores": [0.2, 0.8], "source": f"source {WICKED}"},
        ],
    }
    path.write_text(json.dumps(document))
    return path


COMMANDS = [
    ("markets", "show", "FILE"),
    ("solve", "FILE", "-n", "2"),
    ("solve", "FILE", "-n", "1:2", "--masses", "all"),
    ("simulate", "FILE", "-n", "2"),
    ("play", "FILE", "-n", "2", "--rounds", "5"),
    ("entry", "FILE", "-n", "1", "--search", "10"),
    ("phase-diagram", "FILE", "-n", "1", "--temperatures", "0"),
    ("import", "--from", "csv", "FILE", "--out", "FILE2"),
    ("solve", WICKED, "-n", "2"),
    ("solve", "FILE", "-n", WICKED),
    ("phase-diagram", "FILE", "--temperatures", WICKED),
    ("solve", "FILE", "-n", "2", "--masses", WICKED),
    ("solve", "FILE", "-n", "2", "--masses", f"{WICKED}=1"),
    ("solve", "FILE", "-n", "2", "--without", WICKED),
    ("solve", "FILE", "-n", "2", "--set", f"{WICKED}=1"),
    ("simulate", "FILE", "-n", "2", "--start", WICKED),
    ("play", "FILE", "-n", "2", "--policy", WICKED),
    ("play", WICKED, "-n", "2"),
    ("solve", "token-auction", "--state", WICKED),
    ("solve", "token-auction", "--set", f"{WICKED}=1"),
    ("games", WICKED),
    ("solve", "FILE", "-n", "2", "--out", f"/dev/null/{WICKED}"),
    (WICKED,),
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0] if words[0].isascii() else "wicked")
def test_nothing_in_a_name_or_a_note_is_printed_raw(genmarket, wicked_file, words):
    places = {"FILE": wicked_file, "FILE2": wicked_file.with_name("other.json")}
    ended = genmarket(*(places.get(word, word) for word in words))
    printed = ended.out + ended.err
    assert printed
    assert not RAW.search(printed), ascii(RAW.search(printed))
    assert ended.code == 0 or (ended.out, ended.err.count("\n")) == ("", 1)
    if ended.code == 0 and words[0] != "import":
        assert "\\u202e" in printed


@pytest.mark.parametrize("words", [*COMMANDS[:7]], ids=lambda words: words[0])
def test_json_is_escaped_and_says_what_it_says(genmarket, wicked_file, words):
    words = [wicked_file if word == "FILE" else word for word in words]
    ended = genmarket(*words, "--json")
    assert not RAW.search(ended.out)
    assert NAME in json.dumps(json.loads(ended.out), ensure_ascii=False)


def test_a_message_of_an_importer_is_escaped(genmarket, tmp_path):
    file = tmp_path / "table.csv"
    file.write_text(f"model,chat,code\nm{WICKED.split()[0]},0.5,x\n")
    ended = genmarket("import", "--from", "csv", file, "--out", tmp_path / "out.json")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert not RAW.search(ended.err)


def on_a_terminal(*words):
    """What a process writes on a terminal."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(CHECKOUT)
        os.execv(sys.executable, [sys.executable, *map(str, words)])
    shown = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # its end, on Linux
            break
        if not part:
            break
        shown += part
    os.waitpid(process, 0)
    os.close(terminal)
    return shown.decode()


def test_on_a_terminal_styles_pass_and_nothing_else(wicked_file):
    shown = on_a_terminal("-m", "genmarket_env", "markets", "show", wicked_file)
    assert "\x1b[1m" in shown
    rest = STYLES.sub("", shown).replace("\r\n", "\n")
    assert not RAW.search(rest), ascii(RAW.search(rest))
    assert "\\x1b]0;pwned\\x07" in re.sub(r"\s", "", rest)


def test_the_guard_holds_for_whatever_a_process_writes():
    code = (
        "import sys; from genmarket_env.guarded_output import take_standard_output as take; take();"
        "print('\\x1b]0;pwned\\x07\\u202e', file=sys.stderr); print('\\x1b]0;pwned\\x07\\x1b[1mbold\\x1b[0m')"
    )
    shown = on_a_terminal("-c", code).replace("\r\n", "\n")
    assert shown == "\\x1b]0;pwned\\x07\\u202e\n\\x1b]0;pwned\\x07\x1b[1mbold\x1b[0m\n"


def shell(words, redirection, **options):
    command = " ".join([sys.executable, "-m", "genmarket_env", words, redirection])
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True, text=True, timeout=120, check=False, cwd=options.pop("cwd", CHECKOUT),
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, **options,
    )  # fmt: skip


FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is needed")
GOOD, BAD = "markets show noted.csv --json", "solve nowhere -n 2"


@pytest.mark.parametrize(
    ("words", "redirection", "code", "errors"),
    [
        (GOOD, ">&-", 0, 1),  # the note on the masses
        (BAD, ">&-", 2, 1),
        (GOOD, "2>&-", 0, 0),
        (BAD, "2>&-", 2, 0),
        (GOOD, ">&- 2>&-", 0, 0),
        (GOOD, "<&- 2>&-", 0, 0),
        (GOOD, "| head -1", 1, 1),
        pytest.param(GOOD, ">/dev/full", 2, 2, marks=FULL),
        pytest.param(GOOD, "2>/dev/full", 0, 0, marks=FULL),
        pytest.param(BAD, ">/dev/full 2>/dev/full", 2, 0, marks=FULL),
    ],
)
def test_an_output_that_is_not_there(tmp_path, words, redirection, code, errors):
    (tmp_path / "noted.csv").write_text("model,chat,code\n" + "".join(f"m{j},0.5,0.25\n" for j in range(3000)))
    ended = shell(words, redirection, cwd=tmp_path)
    assert ended.returncode == code
    assert ended.stderr.count("\n") == errors, ended.stderr
    assert "Traceback" not in ended.stderr
    if code == 0 and ">&-" not in redirection.replace("2>&-", ""):
        assert json.loads(ended.stdout)["name"] == "noted.csv"
    elif "head" not in redirection:
        assert ended.stdout == ""


def test_a_working_folder_that_is_gone(tmp_path):
    gone = tmp_path / "gone"
    command = f"mkdir {gone}; cd {gone}; rmdir {gone}; {sys.executable} -m genmarket_env "
    for words, code, out, err in (
        ("solve paper-fig4-a -n 1 --json", 0, '"market": "paper-fig4-a"', ""),
        ("solve mine.csv -n 1", 2, "", "error: 'mine.csv': there is no such file\n"),
        (
            "solve paper-fig4-a -n 1 --out report",
            2,
            "",
            "error: --out report cannot be made a folder: the working folder has been removed\n",
        ),
    ):
        ended = subprocess.run(
            ["bash", "-c", command + words],
            capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        )  # fmt: skip
        assert (ended.returncode, ended.stderr) == (code, err)
        assert out in ended.stdout


def test_a_name_that_is_not_utf_8(genmarket, tmp_path):
    file, out = (os.fsdecode(os.fsencode(tmp_path) + name) for name in (b"/m\xff.csv", b"/out\xff"))
    Path(file).write_text("model,chat\nmasses,1\npoet,0.5\n")
    ended = genmarket("solve", file, "-n", 1, "--out", out)
    assert ended.code == 0
    assert "m\\udcff\n" in ended.out
    assert ended.err.endswith("out\\udcff/report.html\n")
    page = Path(out, "report.html").read_text()
    assert "m\\udcff" in page
    assert json.loads(Path(out, "solve.json").read_text())["market"].endswith("m\\udcff.csv")


def test_a_file_behind_a_link(genmarket, market_file, tmp_path):
    links = tmp_path / "link.csv", tmp_path / "dangling.csv", tmp_path / "loop.csv"
    for link, target in zip(links, (market_file, tmp_path / "none.csv", links[2]), strict=True):
        link.symlink_to(target)
    behind, itself = (json.loads(genmarket("solve", place, "-n", 1, "--json").out) for place in (links[0], market_file))
    assert behind["equilibria"] == itself["equilibria"]
    for link in links[1:]:
        ended = genmarket("solve", link, "-n", 1)
        assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
        assert str(link) in ended.err
    out = tmp_path / "out.json"
    out.symlink_to(tmp_path / "target.json")
    assert genmarket("import", "--from", "csv", market_file, "--out", out).code == 0
    assert out.is_symlink()
    assert genmarket("solve", tmp_path / "target.json", "-n", 1).code == 0
