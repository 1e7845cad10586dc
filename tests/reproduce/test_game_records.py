import pytest

from genmarket_env import games
from genmarket_env.games.registry import GAMES
from genmarket_env.reproduce.game_records import section_of


@pytest.mark.parametrize("name", games.names())
def test_each_record_holds_and_is_a_claim_with_its_number(name):
    section = section_of(name)
    (table,) = section.numbers
    assert len(section.claims) == len(table.rows) == len(GAMES[name].records) > 0
    assert len(section.pictures) == (GAMES[name].figure is not None)
    for claim, record, row in zip(section.claims, GAMES[name].records, table.rows, strict=True):
        assert record.source
        assert claim.statement == f"{name}: {record.claim}"
        assert claim.holds, claim
        measured = row[table.header.index("measured")]
        assert abs(measured - record.published) <= record.tolerance


def test_a_record_that_does_not_hold_says_so(monkeypatch):
    wrong = GAMES["pricing-duopoly"].records[-1]
    monkeypatch.setattr(type(wrong), "check", lambda record: (record.published + 1, False))
    assert {claim.verdict for claim in section_of("pricing-duopoly").claims} == {"does not hold"}


def test_an_unknown_game_is_refused():
    with pytest.raises(ValueError, match="no game is called 'chess'"):
        section_of("chess")
