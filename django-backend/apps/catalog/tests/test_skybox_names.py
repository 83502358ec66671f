"""Names of SkyBox events, split into their parts."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.rules.skybox_names import ParsedName, UnclearSides, parse_name, skip_code
from apps.catalog.rules.skybox_text import RowDoubtful, RowRefused, same_name_key, shown
from apps.catalog.rules.team_names import teams_named

words = st.text(alphabet="abcdefgXYZéß.'&0123456789", min_size=1, max_size=12).filter(
    lambda word: word.lower() not in {"at", "tbd", "tba"}
)
phrases = st.lists(words, min_size=1, max_size=3).map(" ".join)


def parsed(text: str) -> tuple[str, str | None, str | None, str]:
    name = parse_name(text)
    return name.name, name.away, name.home, name.additional_info


class TestParseName:
    """`parse_name`."""

    @pytest.mark.parametrize(
        ("text", "info"),
        [
            ("A at B", ""),
            ("  A   at\tB ", ""),
            ("A AT B", ""),
            ("A @ B", ""),
            ("A  @\tB (Time TBD)", "Time TBD"),
            ("Preseason - A at B", "Preseason"),
            ("Winter Classic: A at B", "Winter Classic"),
            ("A at B (Split Squad)", "Split Squad"),
            ("A at B(Split Squad)", "Split Squad"),
            ("Spring Training - A at B (Split Squad)", "Spring Training, Split Squad"),
            ("A at B (one) (two)", "one, two"),
            ("A at B (one (two))", "one (two)"),
            ("A at B (Rescheduled from 9/1 - rain)", "Rescheduled from 9/1 - rain"),
            ("A at B - Game 2", "Game 2"),
            ("Preseason - A at B (one) - Game 2 (two)", "Preseason, one, Game 2, two"),
            ("A at B ()", ""),
            ("A at B () ( x )", "x"),
            ("(note) - A at B", "note"),
            ("Promo) - A at B", "Promo)"),
        ],
    )
    def test_cuts_prefix_suffix_and_notes_off(self, text: str, info: str) -> None:
        assert parsed(text) == ("A at B", "A", "B", info)

    @pytest.mark.parametrize(
        "text", ["All-Star Game", "Disney On Ice: Frozen", "Stadium Series - Final", "(only a note)"]
    )
    def test_keeps_the_name_of_an_event_without_teams(self, text: str) -> None:
        assert parsed(text) == (text, None, None, "")

    def test_cuts_the_notes_of_an_event_without_teams(self) -> None:
        assert parse_name("All-Star Game (Date TBD)") == ParsedName("All-Star Game", None, None, "Date TBD", True, True)

    def test_leaves_parentheses_inside_a_team_alone(self) -> None:
        assert parsed("Miami (OH) at Ohio (Homecoming)") == ("Miami (OH) at Ohio", "Miami (OH)", "Ohio", "Homecoming")

    def test_leaves_a_parenthesis_alone_that_opens_nowhere(self) -> None:
        assert parsed("A at B)") == ("A at B)", "A", "B)", "")

    @pytest.mark.parametrize("other", ["Bowl", "Houston", "Navy"])
    def test_takes_the_reading_whose_teams_are_known(self, other: str) -> None:
        known = {"Army", "Texas at San Antonio", other}
        name = parse_name("Bowl at Houston - Army at Texas at San Antonio", is_team=known.__contains__)
        assert (name.away, name.home, name.additional_info) == ("Army", "Texas at San Antonio", "Bowl at Houston")

    def test_takes_the_first_reading_when_no_team_is_known(self) -> None:
        assert parsed("A at B at C") == ("A at B at C", "A", "B at C", "")

    @pytest.mark.parametrize(
        ("text", "sides"), [("TBD at B", (None, "B")), ("A at TBD", ("A", None)), ("TBD at tba", (None, None))]
    )
    def test_has_no_team_where_the_opponent_is_to_be_decided(self, text: str, sides: tuple[str | None, ...]) -> None:
        assert parsed(text)[1:3] == sides

    @pytest.mark.parametrize("text", ["A at A", "Rangers at  RANGERS", "Montre\u0301al at Montr\u00e9al"])
    def test_refuses_a_team_against_itself(self, text: str) -> None:
        with pytest.raises(RowRefused) as refusal:
            parse_name(text)
        assert refusal.value.code == "same_team"

    @pytest.mark.parametrize("text", [" at ", "AT", "at B", "A at ", "Preseason - at B (Time TBD)", "A at - Game 2"])
    def test_refuses_a_side_that_is_empty(self, text: str) -> None:
        with pytest.raises(RowRefused) as refusal:
            parse_name(text, is_team={"A", "B"}.__contains__)
        assert refusal.value.code == "invalid_name"

    @pytest.mark.parametrize("text", ["At the Drive-In", "Live at", "Atlanta", "What Are You Looking at"])
    def test_takes_names_that_begin_or_end_like_an_empty_side(self, text: str) -> None:
        assert parsed(text) == (text, None, None, "")

    @pytest.mark.parametrize(
        ("note", "time_tbd", "date_tbd"),
        [
            ("Time TBD", True, False),
            ("time tba", True, False),
            ("Time: TBD", True, False),
            ("Kickoff TBD", True, False),
            ("TBD", True, False),
            ("Date TBD", True, True),
            ("Date TBA", True, True),
            ("Date and Time TBD", True, True),
            ("Date/Time TBD", True, True),
            ("Opponent TBD", False, False),
            ("TBD Bank Night", False, False),
            ("Preseason", False, False),
        ],
    )
    def test_reads_what_is_to_be_decided(self, note: str, time_tbd: bool, date_tbd: bool) -> None:
        for text in (f"A at B ({note})", f"A at B - {note}"):
            name = parse_name(text)
            assert (name.time_tbd, name.date_tbd) == (time_tbd, date_tbd)

    def test_reads_what_several_notes_leave_to_be_decided(self) -> None:
        name = parse_name("A at B (Date TBD) (Time TBD)")
        assert (name.time_tbd, name.date_tbd) == (True, True)

    @given(phrases, phrases, st.lists(phrases, max_size=2), st.lists(phrases, max_size=3))
    def test_finds_the_parts_that_a_name_was_composed_of(
        self, away: str, home: str, prefixes: list[str], notes: list[str]
    ) -> None:
        if same_name_key(away) == same_name_key(home):
            return
        text = " - ".join([*prefixes, f"{away} at {home}"]) + "".join(f" ({note})" for note in notes)
        assert parsed(text) == (f"{away} at {home}", away, home, ", ".join([*prefixes, *notes]))

    @given(st.text(alphabet="AB ()-:at\n", max_size=60))
    def test_gives_a_name_or_a_refusal_for_any_text(self, text: str) -> None:
        refusal = None
        try:
            name = parse_name(text)
        except RowRefused as raised:
            refusal = raised.code
        assert refusal in {"same_team", "invalid_name"} if refusal else (name.home is not None) <= (" at " in name.name)


class TestUnclearSides:
    """Two teams, and nothing says who is at home."""

    def named(self, text: str) -> list[str]:
        return teams_named(text, ("Alpha", "Beta City", "Gamma Town"))

    @pytest.mark.parametrize(
        "text",
        [
            "Alpha vs. Beta City",
            "Alpha vs Beta City",
            "ALPHA V BETA CITY",
            "Alpha v. Beta City (Time TBD)",
            "Preseason - Alpha versus Beta City - Game 2",
            "Alpha - Beta City",
            "Alpha/Beta City",
            "Alpha@Beta City",
            "Alpha, Beta City",
            "Alpha Beta City",
            "Alpha: Beta City (Promo)",
            "Alpha, Beta City, Gamma Town",
        ],
    )
    def test_are_reported_with_both_readings(self, text: str) -> None:
        with pytest.raises(RowDoubtful) as doubt:
            parse_name(text, is_team={"Alpha", "Beta City"}.__contains__, named=self.named)
        assert doubt.value.code == "unclear_sides"
        assert "alpha at beta city' or 'beta city at alpha'" in doubt.value.detail.lower()

    @pytest.mark.parametrize(
        ("text", "part", "additional_info"),
        [
            ("Alpha vs. Beta City", "Alpha vs. Beta City", ""),
            (
                "Preseason - Alpha  versus Beta City - Game 2 (Promo)",
                "Alpha versus Beta City",
                "Preseason, Game 2, Promo",
            ),
            ("Promo: Alpha - Beta City (Game 2)", "Alpha - Beta City", "Promo, Game 2"),
            ("Alpha/Beta City", "Alpha/Beta City", ""),
            ("ALPHA - beta city", "ALPHA - beta city", ""),
            ("Alpha Beta City Game 2", "Alpha Beta City Game 2", "Alpha Beta City Game 2"),
        ],
    )
    def test_are_read_as_staff_have_chosen_for_that_part(self, text: str, part: str, additional_info: str) -> None:
        for home, away in (("Alpha", "Beta City"), ("BETA CITY", "Alpha")):
            name = parse_name(text, named=self.named, home_of={part: home}.get)
            assert (name.name.lower(), name.additional_info) == (f"{away} at {home}".lower(), additional_info)

    @pytest.mark.parametrize("home", ["Gamma", "", "Alpha vs. Beta City"])
    def test_stay_unclear_where_another_side_was_chosen(self, home: str) -> None:
        """A team may have another name since."""
        with pytest.raises(UnclearSides):
            parse_name("Alpha vs. Beta City", named=self.named, home_of=lambda _: home)

    @pytest.mark.parametrize("text", ["Alpha vs. Alpha", "Alpha vs. ALPHA"])
    def test_of_one_team_alone_are_refused_once_they_are_read(self, text: str) -> None:
        with pytest.raises(RowRefused) as refusal:
            parse_name(text, named=self.named, home_of=lambda _: "Alpha")
        assert refusal.value.code == "same_team"

    @pytest.mark.parametrize("text", ["Alpha VS. Stars of the World", "TBD vs. Alpha", "Alpha v TBD", "Alpha v B v C"])
    def test_are_reported_where_one_of_two_is_known(self, text: str) -> None:
        with pytest.raises(RowDoubtful):
            parse_name(text, named=self.named)

    def test_are_reported_in_forty_characters_each(self) -> None:
        with pytest.raises(RowDoubtful, match=f"may mean 'Alpha at {'x' * 40}' or '{'x' * 40} at Alpha'"):
            parse_name(f"Alpha v {'x' * 41}", named=self.named)

    @pytest.mark.parametrize(
        "text", ["Alpha Fan Fest", "Batman v Superman", "Alphabet - Beta City", "All-Star Game", "Gamma vs. Delta"]
    )
    def test_are_no_matter_where_there_are_not_two_teams(self, text: str) -> None:
        assert parse_name(text, named=self.named).home is None


class TestSkipCode:
    """`skip_code`."""

    @pytest.mark.parametrize(
        "name",
        [
            "PARKING PASSES ONLY Dallas Cowboys at Philadelphia Eagles",
            "Parking: Dallas Cowboys at Philadelphia Eagles",
            "NFL - Parking - A at B",
            "A at B - Parking",
            "A at B (Parking)",
            "A at B Parking Lot K",
        ],
    )
    def test_skips_parking(self, name: str) -> None:
        assert skip_code(name=name, venue_name="Lincoln Financial Field") == "parking"

    @pytest.mark.parametrize("venue", ["Lincoln Financial Field Parking Lots", "Parking Lot K", "Stadium Parking"])
    def test_skips_what_takes_place_on_a_parking_lot(self, venue: str) -> None:
        assert skip_code(name="A at B", venue_name=venue) == "parking"

    @pytest.mark.parametrize(
        "name",
        [
            "2025 Philadelphia Eagles Season Tickets",
            "Philadelphia Eagles Season Tickets (Includes All Home Games)",
            "Ticket Package - Philadelphia Eagles",
            "Philadelphia Phillies Flex Plan",
            "Full Season",
            "Half Season Plan",
            "Phillies 20-Game Plan",
            "A at B (Season Tickets)",
            "TBD at TBD - Half Season Ticket Holder Night",
        ],
    )
    def test_skips_packages(self, name: str) -> None:
        assert skip_code(name=name, venue_name="") == "package"

    @pytest.mark.parametrize(
        "name",
        [
            "A at B",
            "Preseason - A at B",
            "Regular Season - A at B",
            "A at B (Season Ticket Holder Night)",
            "A at B (Parking Included)",
            "Sparking Rivals at B",
        ],
    )
    def test_keeps_games(self, name: str) -> None:
        assert skip_code(name=name, venue_name="Lincoln Financial Field") is None

    @pytest.mark.parametrize(
        "name",
        [
            "A at B - Half Season Ticket Holder Night",
            "A at B - Season Ticket Appreciation Day",
            "A at B - Mini Plan Members Night",
            "A at B - Parking Lot Party",
            "Parking Lot Party: A at B",
            "2027 Season Tickets on Sale Night - A at B",
            "TBD at B - Season Ticket Appreciation Day",
            "A vs. B - Season Ticket Appreciation Day",
            "A @ B - Season Ticket Appreciation Day",
        ],
    )
    def test_keeps_games_of_known_teams_with_any_words_next_to_them(self, name: str) -> None:
        assert skip_code(name=name, venue_name="Citi Field", is_team={"A", "B"}.__contains__) is None
        assert skip_code(name=name.replace("B", "Z"), venue_name="Citi Field", is_team={"A", "B"}.__contains__)

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("Parking: A at B", "parking"),
            ("A at B - Parking Lot K", "parking"),
            ("A at B (Parking Passes Only)", "parking"),
            ("Half Season Tickets - A at B", "package"),
            ("A at B (Season Tickets)", "package"),
            ("A at B Parking Lot K", "parking"),
            ("PARKING PASSES ONLY A at B", "parking"),
        ],
    )
    def test_skips_known_teams_with_nothing_but_the_word_next_to_them(self, name: str, code: str) -> None:
        assert skip_code(name=name, venue_name="Citi Field", is_team={"A", "B"}.__contains__) == code

    @pytest.mark.parametrize("part", ["Citi Field Parking", "CITI FIELD Parking Pass", "Citi Field Parking Lot K"])
    @pytest.mark.parametrize("name", ["{} - A at B", "A at B - {}", "A at B ({})"])
    def test_skips_known_teams_with_the_parking_of_the_venue(self, name: str, part: str) -> None:
        skips = partial(skip_code, name=name.format(part), is_team={"A", "B"}.__contains__)
        assert skips(venue_name="Citi Field") == "parking"
        assert skips(venue_name="Elsewhere") is None

    def test_skips_known_teams_on_a_parking_lot(self) -> None:
        assert skip_code(name="A at B", venue_name="Lot K Parking", is_team={"A", "B"}.__contains__) == "parking"


class TestSameNameKey:
    """`same_name_key`."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Philadelphia Eagles", " philadelphia  EAGLES "),
            ("Montr\u00e9al Canadiens", "Montre\u0301al Canadiens"),
            ("\u0130stanbul", "istanbul"),
        ],
    )
    def test_is_the_same_for_spellings_of_one_name(self, one: str, other: str) -> None:
        assert same_name_key(one) == same_name_key(other)

    @pytest.mark.parametrize(("one", "other"), [("St. Louis", "St Louis"), ("Montréal", "Montreal")])
    def test_differs_for_different_letters(self, one: str, other: str) -> None:
        assert same_name_key(one) != same_name_key(other)


class TestShown:
    """`shown`."""

    @given(st.text() | st.lists(st.integers()))
    def test_is_short_and_on_one_line(self, value: object) -> None:
        assert len(shown(value)) <= 61
        assert "\n" not in shown(value)

    @pytest.mark.parametrize(
        ("length", "quoted"), [(58, f"'{'x' * 58}'"), (59, f"'{'x' * 59}…"), (1000, f"'{'x' * 59}…")]
    )
    def test_is_cut_after_sixty_characters(self, length: int, quoted: str) -> None:
        assert shown("x" * length) == quoted
