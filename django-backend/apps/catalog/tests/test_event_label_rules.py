"""What events are called."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.rules.event_labels import LabelledEvent, label_base, labels_to_write
from apps.catalog.rules.skybox_names import parse_name
from apps.common.text import folded

GAME = "Atlanta Braves at New York Mets"
NAMES = st.sampled_from(
    [GAME, f"{GAME} #2", f"{GAME} (Game 1)", GAME.upper(), "TBD at New York Mets", "Braves", "", "é"]
)
NOTES = st.lists(
    st.sampled_from(["Game 1", "game 1", "Game 2", "First Round", "Date TBD", "World Series", "Bobblehead"]), max_size=3
).map(", ".join)
LABELS = st.sampled_from(["", "", GAME, f"{GAME} #2", f"{GAME} (Game 1)", f"{GAME} (Game 1) #7", "something else"])
EVENTS = st.lists(st.tuples(NAMES, NOTES, LABELS), max_size=12)


def event(number: int, info: str = "", *, name: str = GAME, label: str = "") -> LabelledEvent:
    return LabelledEvent(UUID(int=number), name, info, label)


def written(*events: LabelledEvent) -> dict[int, str]:
    return {key.int: label for key, label in labels_to_write(events).items()}


class TestLabelBase:
    """The name with what tells games of the same teams apart."""

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("NHL Stanley Cup Playoffs First Round: A at B - Home Game 1 (If Necessary)", "First Round, Home Game 1"),
            ("NHL Stanley Cup Final: A at B - Home Game 1 (Date TBD) (If Necessary)", "Stanley Cup Final, Home Game 1"),
            ("Eastern Conference Semifinals: A at B - Game 7", "Eastern Conference Semifinals, Game 7"),
            ("NBA Western Conference Finals: A at B (Game 3)", "Western Conference Finals, Game 3"),
            ("MLB Wild Card Series: A at B - Home Game 2", "Wild Card Series, Home Game 2"),
            ("World Series Game 3: A at B", "World Series, Game 3"),
            ("A at B - Game 2 (Split Doubleheader)", "Game 2"),
            ("A at B (Doubleheader Game Two)", "Game Two"),
            ("A at B - Gm 2", "Gm 2"),
            ("Preseason: A at B", "Preseason"),
            ("Playoffs: A at B", "Playoffs"),
            ("A at B (Final)", "Final"),
            ("A at B - Game 2 (Rescheduled from May 4, Game 1)", "Game 2"),
        ],
    )  # fmt: skip
    def test_has_round_and_game(self, text: str, words: str) -> None:
        parsed = parse_name(text)
        assert label_base(parsed.name, parsed.additional_info) == f"A at B ({words})"

    @pytest.mark.parametrize(
        "info",
        [
            "", "Time TBD", "If Necessary", "Opening Day 2027", "Final Homestand", "Makeup of Game 1", "Game Time TBD",
            "Rescheduled from Game 1", "Championship Ring Night", "Game of the Week", "Round Up Night",
        ],
    )  # fmt: skip
    def test_is_the_name_without_them(self, info: str) -> None:
        assert label_base("A at B", info) == "A at B"

    def test_says_nothing_twice(self) -> None:
        assert label_base("A at B, Game 3", "Game 3") == "A at B, Game 3"

    @pytest.mark.parametrize(
        ("numbers", "kept"), [([*range(1, 9), 10], 9), ([*range(1, 8), 10, 11], 8), (range(50), 9)]
    )
    def test_has_as_many_words_as_fit_into_eighty_characters(self, numbers: Sequence[int], kept: int) -> None:
        rounds = [f"Round {number}" for number in numbers]
        assert label_base("A at B", ", ".join(rounds)) == f"A at B ({', '.join(rounds[:kept])})"


class TestLabelsToWrite:
    """One label for each event of a season."""

    def test_count_games_that_nothing_tells_apart(self) -> None:
        assert written(event(1), event(2), event(3, name="Other")) == {1: f"{GAME} #1", 2: f"{GAME} #2", 3: "Other"}
        assert written(event(1, name=""), event(2, name="")) == {1: " #1", 2: " #2"}

    def test_go_on_counting_after_the_last_one(self) -> None:
        assert written(event(1, label=GAME), event(2), event(3)) == {2: f"{GAME} #2", 3: f"{GAME} #3"}
        assert written(event(1, label=f"{GAME} #4"), event(2)) == {2: f"{GAME} #5"}

    def test_stay_whatever_comes_before_them(self) -> None:
        assert written(event(3), event(1, label=f"{GAME} #1"), event(2, "Date TBD", label=f"{GAME} #2")) == {
            3: f"{GAME} #3"
        }

    def test_change_with_name_and_game(self) -> None:
        old = f"{GAME} (Game 1)"
        assert written(event(1, "Game 2", label=old), event(2, "Game 1", label=f"{GAME} (Game 2)")) == {
            1: f"{GAME} (Game 2)",
            2: f"{GAME} (Game 1)",
        }
        assert written(event(1, "Game 1", name="X at Y", label=old)) == {1: "X at Y (Game 1)"}
        assert written(event(1, label=" #2")) == {1: GAME}

    def test_of_one_name_are_not_those_of_another(self) -> None:
        """An event may be called as another one would be labelled."""
        labels = written(
            event(1, name=f"{GAME} #1"), event(2), event(3), event(4, name=f"{GAME} (Game 1)"), event(5, "Game 1")
        )
        assert len({folded(label) for label in labels.values()}) == 5
        called = event(1, name=f"{GAME} #1", label=f"{GAME} #1")
        assert written(called, event(2), event(3)) == {2: f"{GAME} #2", 3: f"{GAME} #3"}

    @given(EVENTS)
    def test_are_unique_in_a_season_and_written_once(self, rows: list[tuple[str, str, str]]) -> None:
        """Whatever is there already, as long as it is unique itself, which the database sees to."""
        taken: set[str] = set()
        events = []
        for number, (name, info, label) in enumerate(rows):
            events.append(event(number, info, name=name, label="" if folded(label) in taken else label))
            taken.add(folded(label))
        labels = labels_to_write(events)
        after = [row._replace(label=labels.get(row.id, row.label)) for row in events]
        assert len({folded(row.label) for row in after}) == len(after)
        assert all(row.label.startswith(row.name) for row in after)
        assert labels_to_write(after) == {}
