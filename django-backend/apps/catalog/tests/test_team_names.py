"""Which words mean a team."""

import pytest

from apps.catalog.rules.team_names import SHORT_WORDS, is_called, is_near, teams_named
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
    "Chicago White Sox": "Chicago Cubs; CHC; Red Sox; C White Sox",
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


class TestIsNear:
    """`is_near`."""

    @pytest.mark.parametrize(
        ("text", "league", "near"),
        [
            ("Montreal Canadiens", "NHL", ["Montréal Canadiens"]),
            ("Montreal Canadians", "NHL", ["Montréal Canadiens"]),
            ("St Louis Blues", "NHL", ["St. Louis Blues"]),
            ("Saint Louis Blues", "NHL", ["St. Louis Blues"]),
            ("NY Rangers", "NHL", ["New York Rangers"]),
            ("N.Y. Rangers", "NHL", ["New York Rangers"]),
            ("NYR", "NHL", ["New York Rangers"]),
            ("DC United", "MLS", ["D.C. United"]),
            ("LA Dodgers", "MLB", ["Los Angeles Dodgers"]),
            ("Oakland Athletics", "MLB", ["Athletics"]),
            ("Philadelphia Eagels", "NFL", ["Philadelphia Eagles"]),
            ("Sixers", "NBA", ["Philadelphia 76ers"]),
            ("Los Angeles Clippers", "NBA", ["LA Clippers"]),
            ("Los Angeles", "NBA", ["LA Clippers", "Los Angeles Lakers"]),
            ("Quebec Nordiques", "NHL", []),
            ("Hartford Whalers", "NHL", []),
            ("Las Vegas Kings", "NHL", []),
            ("Portland Pilots", "MLB", []),
        ],
    )
    def test_finds_other_spellings_of_the_shipped_teams(self, text: str, league: str, near: list[str]) -> None:
        assert [
            team["name"] for team in reference_rows("teams") if team["league"] == league and near_to(text, team)
        ] == near

    def test_needs_no_city(self) -> None:
        assert is_near("NY Rangers", name="New York Rangers")
        assert not is_near("NJ Rangers", name="New York Rangers")

    @pytest.mark.parametrize(("text", "name"), [("Team 11", "Team 12"), ("Team 12", "Team 11")])
    def test_knows_numbers_apart(self, text: str, name: str) -> None:
        assert not is_near(text, name=name)

    @pytest.mark.parametrize(("text", "near"), [("Chattanooga Lookoxyz", True), ("Chattanooga Lookwxyz", False)])
    def test_forgives_three_wrong_letters_in_twenty(self, text: str, near: bool) -> None:
        assert is_near(text, name="Chattanooga Lookouts") == near

    def test_has_nothing_near_a_name_without_letters(self) -> None:
        assert not is_near("Rangers", name="'")

    def test_has_no_two_shipped_teams_of_a_league_near_each_other(self) -> None:
        teams = reference_rows("teams")
        pairs = ((one, other) for one in teams for other in teams if one["league"] == other["league"])
        assert not [
            (one["name"], other["name"]) for one, other in pairs if one != other and near_to(one["name"], other)
        ]


class TestTeamsNamed:
    """`teams_named`."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("montreal canadiens/St Louis Blues", ["Montréal Canadiens", "St. Louis Blues"]),
            ("New York City v New York", ["New York City", "New York"]),
            ("New York City", ["New York City"]),
            ("New York City v New York City", ["New York City"]),
            ("New Yorkers", []),
            ("Old York City", ["York City"]),
            ("St. Louis Blues AB Montréal Canadiens", ["St. Louis Blues", "AB", "Montréal Canadiens"]),
            ("", []),
        ],
    )
    def test_are_whole_words_in_their_order(self, text: str, expected: list[str]) -> None:
        names = ("New York", "York City", "New York City", "AB", "Montréal Canadiens", "St. Louis Blues")
        assert teams_named(text, names) == expected


def near_to(text: str, team: dict[str, str]) -> bool:
    return is_near(text, name=team["name"], city=team["city"], abbreviation=team["abbreviation"])
