"""Tables as people have them give the same market in every shape and notation, or one line that names the remedy."""

import csv
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genmarket_env import Market, markets
from tests.markets.test_catalogue import SHARED
from tests.markets.test_files import assert_equal

MARKET = Market([[0.9, 0.125], [0.2, 0.8]], [0.75, 0.25], model_names=["poet", "coder"], user_names=["chat", "code"])

SAME = {
    "semicolons and decimal commas": "model;chat;code\nmasses;0,75;0,25\npoet;0,9;0,125\ncoder;0,2;0,8\n",
    "tabs": "model\tchat\tcode\nmasses\t.75\t.25\npoet\t.9\t.125\ncoder\t.2\t.8\n",
    "tabs and decimal commas": "model\tchat\tcode\nmasses\t,75\t,25\npoet\t0,9\t0,125\ncoder\t0,2\t0,8\n",
    "quoted decimal commas": 'model,chat,code\nmasses,"0,75","0,25"\npoet,"0,9","0,125"\ncoder,"0,2","0,8"\n',
    "per cent": "model,chat,code\nmasses,75%,25%\npoet,90%,12.5 %\ncoder,20%,80%\n",
    "per cent with decimal commas": "model;chat;code\nmasses;75%;25%\npoet;90%;12,5%\ncoder;20%;80%\n",
    "a capital": "Model,chat,code\nMasses,.75,.25\npoet,.9,.125\ncoder,.2,.8\n",
    "model_name": "model_name,chat,code\nmasses,.75,.25\npoet,.9,.125\ncoder,.2,.8\n",
    "the models last": "chat,code,LLM\n.75,.25,masses\n.9,.125,poet\n.2,.8,coder\n",
    "name": "Name,chat,code\nmasses,.75,.25\npoet,.9,.125\ncoder,.2,.8\n",
    "an index": ",model,chat,code\n0,masses,.75,.25\n1,poet,.9,.125\n2,coder,.2,.8\n",
    "a last separator": "model,chat,code,\nmasses,.75,.25,\npoet,.9,.125,\ncoder,.2,.8,\n",
    "transposed": "user,poet,coder,mass\nchat,.9,.2,.75\ncode,.125,.8,.25\n",
    "transposed categories": "Category,Share,poet,coder\nchat,75%,90%,20%\ncode,25%,12.5%,80%\n",
    "long": "model,user type,score,weight\n"
    "poet,chat,.9,.75\npoet,code,.125,.25\ncoder,code,.8,.25\ncoder,chat,.2,.75\n",
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".dat"])
def test_the_same_market_in_every_notation(load, text, suffix):
    assert_equal(load(text, suffix), MARKET)


RECORDS = [{"model": "masses", "chat": 0.75, "code": 0.25}, {"model": "poet", "chat": 0.9, "code": 0.125},
           {"model": "coder", "chat": 0.2, "code": 0.8}]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        (json.dumps(RECORDS), ".json"),
        (json.dumps({"data": RECORDS}), ".json"),
        (json.dumps({"rows": [{"row_idx": i, "row": row} for i, row in enumerate(RECORDS)]}), ".json"),
        ("\n".join(map(json.dumps, RECORDS)), ".jsonl"),
        (json.dumps({name: [row[name] for row in RECORDS] for name in RECORDS[0]}), ".json"),
        (json.dumps({name: {str(i): row[name] for i, row in enumerate(RECORDS)} for name in RECORDS[0]}), ".json"),
    ],
)
def test_records_of_json_are_a_table(load, text, suffix):
    assert_equal(load(text, suffix), MARKET)


@pytest.mark.parametrize("gap", ["N/A", "n/a", "NA", "-", "\N{EN DASH}", "nan", "null", "", "?"])
def test_gaps_of_any_name_leave_the_model_out_and_name_it(load, gap):
    with pytest.warns(markets.LeftOutWarning, match=r"models without a score for each user type: 1 of 3: b \(no t2\)"):
        market = load(f"model,t1,t2\na,90,10\nb,20,{gap}\nc,50,50\n", masses="uniform", scale=100)
    assert market.model_names == ("a", "c")
    assert market.scores.tolist() == [[0.9, 0.1], [0.5, 0.5]]


LONG = "Model,Subject,Accuracy,StdErr\npoet,chat,90,1.5\npoet,code,12.5,2\ncoder,chat,20,3\ncoder,code,80,4\n"


def test_long_tables_keep_what_they_say_of_errors(load):
    market = load(LONG, scale=100, masses="uniform")
    np.testing.assert_allclose(market.standard_errors, [[0.015, 0.02], [0.03, 0.04]], rtol=1e-14)
    text = LONG.replace("StdErr", "n").replace("1.5", "64").replace(",2\n", ",25\n")
    market = load(text.replace(",3\n", ",64\n").replace(",4\n", ",25\n"), scale=100, masses="uniform")
    q, n = market.scores, np.array([64, 25])
    np.testing.assert_allclose(market.standard_errors, np.sqrt(q * (1 - q) / n), rtol=1e-12)
    ends = "model,task,score,score_q025,score_q975\na,t,0.5,0.40200180,0.59799820\n"
    np.testing.assert_allclose(load(ends, masses="uniform").standard_errors, [[0.05]], rtol=1e-6)
    with pytest.raises(ValueError, match=r"line 2: the score 0.5 is not in its interval \[0.6, 0.7\]"):
        load("model,task,score,lower,upper\na,t,0.5,0.6,0.7\n", masses="uniform")


OPTIONS = [
    ("model,chat,code\npoet,90,12.5\ncoder,20,80\n", {"scale": 100}),
    ("model,chat,code\npoet,90,12.5\ncoder,20,80\n", {"scale": "100"}),
    ("model,chat,code,average\npoet,.9,.125,.5\ncoder,.2,.8,.5\n", {"drop": "average"}),
    ("model,chat,vendor,code\npoet,.9,x,.125\ncoder,.2,y,.8\n", {"drop": ["vendor"]}),
    ("model,code,chat,vendor\npoet,.125,.9,x\ncoder,.8,.2,y\n", {"users": "chat, code"}),
    ("agent,chat,code\npoet,.9,.125\ncoder,.2,.8\n", {"model": "agent"}),
    ("agent,chat,code\npoet,.9,.125\ncoder,.2,.8\n", {"rows": "models"}),
    (",poet,coder\nchat,.9,.2\ncode,.125,.8\n", {"rows": "users"}),
    ("field,poet,coder\nchat,.9,.2\ncode,.125,.8\n", {"user": "field"}),
    ("model,field,hps,n\npoet,chat,.9,3\npoet,code,.125,3\ncoder,chat,.2,3\ncoder,code,.8,3\n",
     {"user": "field", "score": "hps", "drop": "n"}),
    ("model|chat|code".replace("|", ";") + "\npoet;0.9;0.125\ncoder;0.2;0.8\n", {"separator": "semicolon"}),
    ('model,chat,code\npoet,"0,900","0,125"\ncoder,"0,200","0,800"\n', {"decimal": "comma"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "options"), OPTIONS)
def test_options_say_what_the_table_does_not(load, text, options):
    market = load(text, masses="uniform", **options)
    assert (market.scores.tolist(), market.model_names) == (MARKET.scores.tolist(), MARKET.model_names)
    assert market.user_names == MARKET.user_names


BAD = [
    ("model,chat,Overall\npoet,.9,.5\n", {}, "'Overall' looks like a summary .* with drop=Overall, .* with users=chat"),
    ("model,chat,Global average\npoet,90,50\n", {}, "'Global average' looks like a summary of the others"),
    ("model,rank,chat\npoet,1,.5\n", {}, "'rank' looks like a summary of the others and no user type"),
    ("model,category,score\npoet,chat,.5\npoet,total,.5\n", {}, "'total' looks like a summary of the others"),
    ("user,poet,mean\nchat,.9,.5\n", {}, "the column 'mean' looks like a summary .* no model.*drop=mean"),
    ("user,poet\nchat,.9\naverage,.5\n", {}, "'average' looks like a summary of the others and no user type"),
    ("model,chat\npoet,90\n", {}, r"column 'chat' is 90; it must be in \[0, 1\]; scale .* --set scale=100$"),
    ("model,chat\npoet,900\n", {"scale": 100}, r"is 900; it must be in \[0, 100\]$"),
    ("model,chat\npoet,190%\n", {}, r"is 190%; it must be in \[0, 100%\]$"),
    ("model,chat,code\npoet,90%,0.1\n", {}, "column 'code' is '0.1'; give all scores a per cent sign, or none"),
    ("model,chat,vendor\npoet,.9,x\n", {}, "'vendor' is 'x', not a number: --set drop=vendor leaves what"),
    ("model,vendor,chat,terms\npoet,x,.9,MIT\n", {}, "'vendor' is 'x', not a number: --set drop=vendor,terms"),
    ("agent,chat\npoet,.9\n", {}, "say what a row is, --set rows=models or --set rows=users, or which .* model="),
    ("model,LLM,chat\npoet,x,.9\n", {}, "'LLM' is 'x', not a number: --set drop=LLM"),
    ("chat,model,LLM\n.9,x,y\n", {}, "'model', 'LLM' may each be the column for model: say which, model=model"),
    ("model,dataset,category,score\npoet,a,b,.9\n", {}, "'dataset', 'category' may each be .* user=dataset"),
    ("model,category,hps,cost\npoet,a,.1,.9\n", {}, "which column has the scores, 'hps', 'cost'.* --set score=COLUMN"),
    ("model,category,x\npoet,a,b\n", {}, "which column has the scores, as none has numbers"),
    ("model,chat\npoet,.9\n", {"users": "code"}, "has no user type 'code'; known: chat"),
    ("model,chat\npoet,.9\n", {"drop": "code"}, "no column or user type 'code' to drop; its columns: model, chat"),
    ("model,chat\npoet,.9\n", {"drop": "chat"}, "the header must be 'model,<user type>,...'"),
    ("model,chat\npoet,.9\n", {"rows": "columns"}, "rows is 'columns'; it must be models or users"),
    ("model,chat\npoet,.9\n", {"gaps": "fill"}, "gaps is 'fill'; it must be one of drop-models, drop-types, most"),
    ("model,chat\npoet,.9\n", {"score": "chat"}, "score=chat is of long tables"),
    ("model,chat\npoet,.9\n", {"model": "agent"}, "has no column 'agent'; its columns: model, chat"),
    ("model,chat\npoet,.9\n", {"separator": "pipe"}, "separator is 'pipe'; it must be one of comma, semicolon, tab"),
    ("model,chat\npoet,.9\n", {"colour": "red"}, "unknown option 'colour' of .*; known: masses, scale, users, drop"),
    ("a,b;c\n1,2;3\n", {}, "may be separated by commas or semicolons: say which, separator="),
    ('model,chat,votes\npoet,"0,5","1,234"\ncoder,0.25,1\n', {}, "may be a decimal comma or stand for thousands"),
    ('model,chat,votes\npoet,1,"1,234"\n', {}, "'1,234' may be a decimal comma or stand for thousands: say decimal="),
    ("model,category,rating\npoet,chat,1400\n", {}, "looks like LMArena's leaderboard.* import --from lmarena"),
    ("model,task,score,weight\na,t,.5,1\nb,t,.5,2\n", {}, "another share of 't' in the column 'weight'.*drop=weight"),
    ("model,task,score,se\na,t,.5,\na,u,.5,.1\n", {}, "the column 'se' has a gap beside a score; .* --set drop=se"),
    ("model,task,score\na,t,.5\na,t,.5\n", {}, "line 3: a second score of model 'a' for 't'"),
    ("user,a\nt,.5\nt,.5\n", {}, "line 3: a second row of user type 't'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "options", "words"), BAD, ids=[words for *_, words in BAD])
def test_what_may_be_read_in_two_ways_is_said_with_the_option_that_decides(load, text, options, words):
    suffix = ".txt" if "may be separated" in words else ".csv"
    with pytest.raises(ValueError, match=words) as caught:
        load(text, suffix, masses="uniform", **options)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 600


def test_masses_of_a_part_of_the_user_types_are_divided_by_their_sum(load):
    text = "model,a,b,c\nmasses,.5,.3,.2\npoet,.1,.2,.3\n"
    for options in ({"users": "c,b"}, {"drop": "a"}):
        market = load(text, **options)
        by_name = dict(zip(market.user_names, market.masses.tolist(), strict=True))
        assert by_name == {"b": pytest.approx(0.6), "c": pytest.approx(0.4)}
    entry = markets.describe(load.path, users="c,b")
    assert any("divided by their sum; without a" in note for note in entry.notes)


def test_a_row_that_may_be_a_summary_is_noted_and_can_be_left_out(load):
    text = "model,chat\npoet,.9\nAverage,.5\n"
    assert load(text, masses="uniform").model_names == ("poet", "Average")
    assert any("perhaps summaries of others: Average" in note for note in markets.describe(load.path).notes)
    assert load(text, masses="uniform", drop="Average").model_names == ("poet",)


@pytest.mark.parametrize(
    "content", [{"poet": {"chat": 0.9}, "coder": {"chat": 0.2}}, {"a": 1}, {"model": ["a"], "b": 1}]
)
def test_json_that_is_no_table_says_what_one_is(load, content):
    with pytest.raises(ValueError, match=r"neither a market, .* nor a table: give a list of records such as"):
        load(json.dumps(content), ".json")


def test_a_catalogue_name_wins_and_any_file_that_is_there_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scores").write_text("model,chat\npoet,.5\n")
    assert markets.load("scores", masses="uniform").scores.tolist() == [[0.5]]
    (tmp_path / "paper-fig4-a").write_text("model,chat\npoet,.5\n")
    assert markets.load("paper-fig4-a").num_models > 1
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(ValueError, match=r"'old.xls': .xls files are not read; save the table as CSV, .xlsx"):
        markets.load("old.xls")


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=6).filter(
    lambda name: markets.roles.key_of(name) not in markets.roles.MASS and not markets.roles.is_summary(name)
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(NAMES, min_size=2, max_size=4, unique=True),
    st.integers(0, 2**32 - 1),
    st.sampled_from([";", "\t"]),
    st.sampled_from(["wide", "transposed", "long"]),
    st.sampled_from([",", "."]),
)
def test_any_market_reads_the_same_from_any_shape(load, models, seed, separator, shape, decimal):
    rng = np.random.default_rng(seed)
    users = [f"t{k}" for k in range(rng.integers(1, 4))]
    scores = rng.integers(0, 1001, (len(models), len(users))) / 1000

    def cell(value):
        text = str(value).replace(".", decimal)
        return '"' + text.replace('"', '""') + '"' if separator in text or '"' in text else text

    if shape == "wide":
        rows = [["model", *users], *([model, *row] for model, row in zip(models, scores, strict=True))]
    elif shape == "transposed":
        rows = [["user type", *models], *([user, *column] for user, column in zip(users, scores.T, strict=True))]
    else:
        rows = [["model", "user type", "score"]]
        rows += [[m, u, scores[j, k]] for j, m in enumerate(models) for k, u in enumerate(users)]
    names = set(models)
    quoted = [
        ['"' + str(value).replace('"', '""') + '"' if value in names else cell(value) for value in row] for row in rows
    ]
    text = "\n".join(separator.join(row) for row in quoted)
    words = "comma" if decimal == "," else "point"
    market = load(text, masses="uniform", separator={";": "semicolon", "\t": "tab"}[separator], decimal=words)
    assert (market.model_names, market.user_names) == (tuple(models), tuple(users))
    assert market.scores.tolist() == scores.tolist()


LOADABLE = {
    "mmlupro_by_subject.csv": ("subject", {}),
    "alpacaeval2_by_segment.csv": ("segment", {}),
    "llmrouter_9models_by_task.csv": ("task", {}),
    "geneval_published_scores.csv": ("category", {}),
    "livebench_2026-06-25_scores.csv": ("category", {}),
    "llmrouterbench_small.csv": ("dataset", {"user": "dataset"}),
}


@pytest.mark.parametrize(("name", "expected"), LOADABLE.items())
def test_real_tables_are_read_as_they_are(name, expected):
    path = SHARED / name
    if not path.is_file():
        pytest.skip("the real tables are not at hand")
    user, options = expected
    with path.open(newline="") as file:
        rows = {(row["model"], row[user]): row for row in csv.DictReader(file)}
    market = markets.load(path, masses="uniform", **options)
    assert len(rows) == market.scores.size
    for (model, of), row in rows.items():
        j, k = market.model_names.index(model), market.user_names.index(of)
        assert market.scores[j, k] == float(row["score"])
        if "se" in row:
            assert market.standard_errors[j, k] == float(row["se"])
