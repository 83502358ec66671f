"""What Prometheus' own tool says of its configuration, of the alerts and of the text that it gets."""

import re
from pathlib import Path

import pytest
import yaml
from django.test import Client
from pytest_django import Settings

from config.tests.prometheus import ALERTS, CONFIGURATION, FOLDER, promtool

UNIT_TESTS = FOLDER / "alerts_test.yml"


def test_configuration_is_right() -> None:
    """Its rules with it; the token's file is written when the container starts."""
    done = promtool("check", "config", "--syntax-only", CONFIGURATION.name)
    assert done.returncode == 0, done.stderr
    done = promtool("check", "rules", ALERTS.name)
    assert done.returncode == 0, done.stderr


def test_text_has_no_fault_of_form_or_of_name(client: Client, settings: Settings, db: None) -> None:
    """The tool reads the older of the two texts; it wants help, units and endings as Prometheus' guide has them."""
    settings.HEALTH_CHECK_TOKEN = "token"
    client.get("/livez")
    text = client.get("/api/metrics/", headers={"Authorization": "token"}).text
    # Times of creation are the library's own, exported only by a single process; gunicorn's do not have them.
    lines = [line for line in text.splitlines() if not re.match(r"(# \w+ )?stt_\w+_created\b", line)]
    done = promtool("check", "metrics", text="\n".join([*lines, ""]))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class TestAlerts:
    def test_fire_when_they_must_and_only_then(self) -> None:
        done = promtool("test", "rules", UNIT_TESTS.name)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_are_each_tested_both_ways(self) -> None:
        """An alert without a case that fires, or without one that does not, is not tested."""
        rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
        cases = [
            (case["alertname"], bool(case["exp_alerts"]))
            for test in yaml.safe_load(UNIT_TESTS.read_text())["tests"]
            for case in test["alert_rule_test"]
        ]
        assert {(rule["alert"], fires) for rule in rules for fires in (True, False)} == set(cases)

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ("max(stt_beat_age_seconds) > 300", "max(stt_beat_age_seconds) > 299"),
            ("max(stt_beat_age_seconds) != max(stt_beat_age_seconds)", "max(stt_beat_age_seconds) == 0"),
            ("max by (invariant) (stt_invariant_failing) == 1", "stt_invariant_failing == 1"),
            ("stt_source_up == 0", "stt_source_up != 2"),
            (', route!~"api//?health-check/|api/metrics/|livez"', ""),
            ("or absent(up", "and absent(up"),
            ("for: 10m", "for: 11m"),
            ("> 0.05", "> 0.06"),
        ],
    )
    def test_are_held_by_their_tests(self, right: str, wrong: str, tmp_path: Path) -> None:
        """The tests of the alerts are red for a rule that is a little wrong."""
        text = ALERTS.read_text()
        assert right in text
        (tmp_path / ALERTS.name).write_text(text.replace(right, wrong))
        (tmp_path / UNIT_TESTS.name).write_text(UNIT_TESTS.read_text())
        assert promtool("test", "rules", str(tmp_path / UNIT_TESTS.name)).returncode == 1
