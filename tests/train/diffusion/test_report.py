import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread

from genmarket_env import welfare
from genmarket_env.entry import entry_outcome
from genmarket_env.train.diffusion import figures, report
from genmarket_env.train.diffusion.measure import Scores, market_of
from genmarket_env.train.diffusion.pipeline import OneEntrant, Results

PICTURES = ("samples", "scores", "classes", "schemes", "traces")


def model(name, seed, groups):
    rng = np.random.default_rng(seed)
    images = rng.uniform(-1, 1, (12, 8, 8))
    rewards = rng.uniform(0.1, 0.9, len(groups.names)) + rng.uniform(-0.05, 0.05, (20, len(groups.names)))
    return Scores(name, rewards, rewards.mean(axis=0), rng.dirichlet(np.ones(10)), images)


@pytest.fixture
def results(groups):
    pool = [model(name, seed, groups) for seed, name in enumerate(("baseline", "<b>lora</b>"))]
    market = market_of(pool, groups)
    entries = []
    for number, scheme in enumerate(("resampling", "resampling", "plain")):
        scores = model(f"{scheme}-seed{number}", 10 + number, groups)
        outcomes = [entry_outcome(market, scores.scores, count) for count in (1, 3)]
        trace = [{"objective": 0.1 * step} for step in range(3)] if scheme == "resampling" else []
        entries.append(
            OneEntrant(scheme, number, scores, 0.1 + number, 0.2 + number, outcomes, [0.5, 0.25 * number], trace)
        )
    return Results(
        accuracy=0.975,
        audit_accuracy=0.95,
        test_images=359,
        groups=groups,
        class_names=tuple("0123456789"),
        pool=pool,
        market=market,
        platforms=[1, 3],
        before=[outcome.before for outcome in entries[0].outcomes],
        entries=entries,
        arguments={"data": "digits", "settings": {"images": 12}},
    )


def test_the_table_has_a_row_a_scheme(results):
    rows = report.rows(results)
    assert rows[0] == ["scheme", "F", "F by neighbours", "share served, N = 1", "share served, N = 3"]
    assert [row[0] for row in rows[1:]] == ["resampling", "plain"]
    assert rows[1][1].startswith("0.600 [0.000, 1.000]")
    assert rows[2][1:] == ["2.100", "2.200", "0.500", "0.500"]
    lines = report.text(results).splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("| resampling | 0.600 [")


def test_the_folder_holds_the_page_and_its_figures(results, tmp_path):
    page = report.write(results, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"report.html", "results.json", "table.md", *(f"{name}.svg" for name in PICTURES)}
    text = page.read_text()
    assert "<b>lora</b>" not in text
    assert "97.5%" in text
    assert 'src="http' not in text


def test_a_run_without_traces_has_no_picture_of_them(results, tmp_path):
    report.write(replace(results, entries=[entry for entry in results.entries if not entry.trace]), tmp_path)
    assert not (tmp_path / "traces.svg").exists()


def test_the_markets_before_and_after_are_solved_with_the_entrant_as_last_model(results):
    head, before, *after = report.before_and_after(results, 1)
    assert head[:3] == ["market", "deployed", "share served"]
    assert before[0] == "before"
    assert before[2] == ""
    assert [row[0] for row in after] == [entry.scores.model for entry in results.entries]
    for row, entry in zip(after, results.entries, strict=True):
        outcome = entry.outcomes[1]
        assert row[2].startswith(f"{outcome.share.mean:.3f}")
        assert ("THE ENTRANT" in row[1]) == (outcome.adoption > 0)
        profile = outcome.after.rests[0].profiles[0]
        reached = welfare(outcome.market, profile)
        if len(outcome.after.rests) == 1 and outcome.after.rests[0].is_equilibrium:
            assert row[3] == f"{reached:.3f}"
        assert 0 < float(row[4].removesuffix("%")) <= 100


def test_a_grid_shows_every_image_in_its_place(results):
    scores = results.pool[0]
    address = figures.grid(scores)
    sheet = imread(io.BytesIO(base64.b64decode(address.removeprefix("data:image/png;base64,"))))[..., 0]
    scale = figures.SCALE[8]
    for index, image in enumerate(scores.images):
        top, left = (scale * (1 + place * 9) for place in divmod(index, 10))
        cell = sheet[top : top + 8 * scale : scale, left : left + 8 * scale : scale]
        np.testing.assert_allclose(cell, (image + 1) / 2, atol=1 / 128)
    assert (sheet[0] == 1).all()


def test_a_group_is_shown_by_the_classes_it_likes(results):
    shown = report.preferences(results, 0)
    liked = dict(part.split(": ") for part in shown.split(", "))
    wanted = results.groups.preferences[0]
    assert {int(name): float(share) for name, share in liked.items()} == {
        c: pytest.approx(share, abs=0.005) for c, share in enumerate(wanted) if share > 0
    }
