import csv
import json
import re
import xml.etree.ElementTree as ET

import pytest

from genmarket_env.reproduce import SECTIONS, Settings, figure4, real_markets, reproduce, temperatures


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    steps = []
    with pytest.MonkeyPatch.context() as small:
        small.setattr(temperatures, "PHASE_PLATFORMS", (1, 2))
        small.setattr(real_markets, "PLATFORMS", (1, 2))
        found = reproduce(folder, Settings(markets=2), progress=lambda *step: steps.append(step))
    return folder, found, steps


def test_a_tiny_run_writes_everything_that_it_names(whole):
    folder, found, steps = whole
    assert list(found) == list(SECTIONS)
    expected = {"report.html", "claims.json"}
    for section in found.values():
        expected |= {f"{picture.name}.svg" for picture in section.pictures}
        expected |= {f"{numbers.name}.csv" for numbers in section.numbers}
        for picture in section.pictures:
            for name in re.findall(r"\w+\.csv", picture.caption):
                assert (folder / name).exists()
    assert {path.name for path in folder.iterdir()} == expected
    assert [step[0] for step in steps] == [*SECTIONS, ""]
    assert steps[-1][1] == steps[-1][2] == len(SECTIONS)


def test_figures_are_pictures_with_axis_titles_and_tables_are_rectangular(whole):
    folder, found, _ = whole
    for section in found.values():
        for picture in section.pictures:
            ET.parse(folder / f"{picture.name}.svg")
        for numbers in section.numbers:
            with (folder / f"{numbers.name}.csv").open() as file:
                rows = list(csv.reader(file))
            assert len(rows) == 1 + len(numbers.rows)
            assert {len(row) for row in rows} == {len(numbers.header)}
            assert len(set(numbers.header)) == len(numbers.header)


def test_the_page_needs_nothing_else_and_shows_every_claim(whole):
    folder, found, _ = whole
    page = (folder / "report.html").read_text()
    assert not re.findall(r"<(?:script|link|img|iframe)\b", page)
    assert page.count("<svg") == sum(len(section.pictures) for section in found.values())
    claims = json.loads((folder / "claims.json").read_text())["claims"]
    assert len(claims) == sum(len(section.claims) for section in found.values())
    verdicts = re.findall(r'class="verdict(?: fails)?">([^<]*)<', page)
    words = {True: "holds", False: "does not hold", None: "undecided"}
    assert verdicts == [words[claim["holds"]] for claim in claims]


def test_a_section_alone_gives_the_same_as_in_the_whole_report(whole, tmp_path):
    folder, _, _ = whole
    reproduce(tmp_path, Settings(markets=2), only=["movers", "figure2"])
    for path in tmp_path.iterdir():
        if path.suffix in {".csv", ".svg"}:
            assert path.read_bytes() == (folder / path.name).read_bytes()


def test_the_seed_decides(tmp_path):
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        reproduce(tmp_path / name, Settings(seed, 2), only=["movers"])
    first, again, other = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
                           for name in ("first", "again", "other"))  # fmt: skip
    assert first == again
    assert first["movers.csv"] != other["movers.csv"]


def test_an_unknown_section_is_refused(tmp_path):
    with pytest.raises(ValueError, match="there is no section 'figure9'; there are existence, "):
        reproduce(tmp_path, only=["figure9"])


def test_a_run_that_does_not_end_writes_nothing(tmp_path, monkeypatch):
    def interrupted(settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(figure4, "section", interrupted)
    with pytest.raises(KeyboardInterrupt):
        reproduce(tmp_path / "out", Settings(markets=2), only=["figure2", "figure4"])
    assert not (tmp_path / "out").exists()
