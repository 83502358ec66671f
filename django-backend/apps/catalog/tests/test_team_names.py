"""Which words mean a team."""

import pytest

from apps.catalog.rules.team_names import SHORT_WORDS, is_called
from apps.catalog.services.reference_data import reference_rows

TEAMS = {row["name"]: row for row in reference_rows("teams")}


def called(text: str, name: str) -> bool:
    team = TEAMS[name]
    return is_called(text, name=name, city=team["city"], abbreviation=team["abbreviation"])


MEANT = {
    "Los Angeles Dodgers": "LA; L.A.; LA Dodgers; dodgers; LAD; Los Angeles",
    "LA Clippers": "Los Angeles Clippers; clippers; LAC",
    "New York Mets": "NY; NY Mets; new  york; NYM",
    "Kansas City Royals": "KC; KC Royals",
    "Toronto Blue Jays": "Jays; Blue Jays",
    "St. Louis Cardinals": "St Louis; Saint Louis Cards; STL",
    "Montréal Canadiens": "montreal; Habs; MONTRÉAL CANADIENS; Montre\u0301al",
    "Arizona Diamondbacks": "D-backs; Dbacks; Arizona D‐backs",
    "Athletics": "A's; A’s; As",
    "D.C. United": "DC United; DC; Washington",
    "Philadelphia 76ers": "Sixers; 76ers",
}
NOT_MEANT = {
    "Atlanta Braves": "LA; Atlant; Braves Atlanta; Atlanta Hawks",
    "Cleveland Guardians": "LA; land; Guard",
    "Philadelphia Phillies": "LA; Phil; Del",
    "Los Angeles Dodgers": "Dodge; Angel; LA Angels; LAA; Los Angeles Dodgers Game",
    "New York Mets": "Boston Mets; York New; Met; .; '; ",
    "Chicago White Sox": "Chicago Cubs; CHC; Red Sox",
    "San Diego Padres": "SF; Die",
}


@pytest.mark.parametrize("name", MEANT)
def test_mean_the_team(name: str) -> None:
    assert [text for text in MEANT[name].split("; ") if not called(text, name)] == []


@pytest.mark.parametrize("name", NOT_MEANT)
def test_mean_no_other_team(name: str) -> None:
    assert [text for text in NOT_MEANT[name].split("; ") if called(text, name)] == []


@pytest.mark.parametrize("name", TEAMS)
def test_every_team_goes_by_its_name_city_and_abbreviation(name: str) -> None:
    team = TEAMS[name]
    assert all(called(text, name) for text in (name, name.upper(), team["city"], team["abbreviation"]))


def test_an_abbreviation_means_one_team_of_a_league() -> None:
    """No other team of the league goes by it, unless it is short for their city too."""
    doubtful = {
        (team["abbreviation"], other["name"])
        for team in TEAMS.values()
        for other in TEAMS.values()
        if team["league"] == other["league"] and team is not other and called(team["abbreviation"], other["name"])
    }
    assert doubtful == {("LA", "Los Angeles FC")}


def test_short_words_are_short_for_words_of_teams() -> None:
    words = {word for name in TEAMS for word in name.lower().replace(".", "").split()}
    assert set(SHORT_WORDS.values()) <= words | {"canadiens"}
