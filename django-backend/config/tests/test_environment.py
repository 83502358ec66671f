"""The table of environment variables: typed values, clear refusals, one truth for code, example and documentation."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import BACKEND_DIR, Environment, Stage
from config.variables import REQUIRED, VARIABLES
from devtools.environment_docs import (
    ENV_EXAMPLE,
    PRODUCTION_EXAMPLE,
    SETTINGS_DOC,
    env_example,
    production_example,
    settings_markdown,
)
from devtools.stack import ensure_env_file

NAMES = [name for variable in VARIABLES for name in variable.names]


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


class TestDocumentation:
    def test_settings_page_is_current(self) -> None:
        assert SETTINGS_DOC.read_text(encoding="utf-8") == settings_markdown()

    def test_example_of_production_has_every_variable_and_is_current(self) -> None:
        """S2-34: every key of env.example is read by the settings and the other way round."""
        text = PRODUCTION_EXAMPLE.read_text(encoding="utf-8")
        assert text == production_example()
        keys = re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", text, flags=re.MULTILINE)
        assert sorted(keys) == sorted(variable.alias or variable.name for variable in VARIABLES)
        assert re.search(r"^DJANGO_SECRET_KEY=$", text, flags=re.MULTILINE)

    def test_env_example_is_current(self) -> None:
        """S3-04."""
        assert ENV_EXAMPLE.read_text(encoding="utf-8") == env_example()

    def test_both_name_every_variable_once(self) -> None:
        """S3-04: the example is complete."""
        in_example = re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", env_example(), flags=re.MULTILINE)
        assert sorted(in_example) == sorted(variable.alias or variable.name for variable in VARIABLES)
        for name in NAMES:
            assert f"`{name}`" in settings_markdown()

    def test_every_variable_is_read_by_the_code(self) -> None:
        folder = BACKEND_DIR / "config"
        code = "".join(
            p.read_text(encoding="utf-8") for p in [*(folder / "settings").glob("*.py"), folder / "gunicorn.py"]
        )
        read = set(re.findall(r'env\(["\']([A-Z_]+)["\']\)', code))
        assert read == {variable.name for variable in VARIABLES}

    def test_no_code_reads_the_environment_behind_the_table(self) -> None:
        # Entry points choose the settings module; the rest passes an environment on or runs before Django does.
        config = ["asgi", "wsgi", "environment", "gunicorn", "probe", "command_line", "settings/stage", "settings/test"]
        devtools = ["embedded", "guide", "migrated", "running_product", "stack", "suite"]
        allowed = {"manage.py", "conftest.py", "tasks.py", "benchmarks/checkout.py"}
        allowed |= {f"config/{name}.py" for name in config} | {f"devtools/{name}.py" for name in devtools}
        # config/gunicorn.py sets it for prometheus_client, which reads nothing else.
        allowed.add("apps/monitoring/gateways/request_counts.py")
        code = {path.relative_to(BACKEND_DIR).as_posix(): path for path in BACKEND_DIR.rglob("*.py")}
        reads = {
            name
            for name, path in code.items()
            if "/tests/" not in name and re.search(r"os\.(environ|getenv)", path.read_text(encoding="utf-8"))
        }
        assert reads == allowed


class TestEnvironment:
    def test_prefers_the_first_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgres://u:p@second:1/b")
        monkeypatch.setenv("DJANGO_DATABASES", "postgres://u:p@first:1/a")
        assert Environment(Stage.LOCAL)("DJANGO_DATABASES")["HOST"] == "first"

    def test_takes_the_other_name_when_the_first_is_unset(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgres://u:p@second:1/b")
        assert Environment(Stage.PRODUCTION)("DJANGO_DATABASES")["HOST"] == "second"

    @pytest.mark.parametrize("variable", [v for v in VARIABLES if v.production is REQUIRED], ids=lambda v: v.name)
    def test_names_a_required_variable_that_is_missing(self, variable: object) -> None:
        with pytest.raises(ImproperlyConfigured, match=variable.name):
            Environment(Stage.PRODUCTION)(variable.name)
        assert Environment(Stage.LOCAL)(variable.name) is not None

    @pytest.mark.parametrize(("text", "rate"), [("0", "0"), ("0.2", "0.2"), ("0.9999", "0.9999"), ("0.15", "0.15")])
    def test_reads_a_rate(self, monkeypatch: pytest.MonkeyPatch, text: str, rate: str) -> None:
        """S3-23."""
        monkeypatch.setenv("BUSINESS_TOTAL_EXPENSES", text)
        assert Environment(Stage.LOCAL)("BUSINESS_TOTAL_EXPENSES") == Decimal(rate)

    @pytest.mark.parametrize(
        "text", ["1", "1.0", "-0.1", "0.00001", "20%", "2e-1", ".2", "NaN", "Infinity", "abc", "1e400"]
    )
    def test_refuses_a_rate_outside_its_range(self, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        """S3-23: 0 ≤ rate < 1, no finer than a basis point, or the start fails."""
        monkeypatch.setenv("BUSINESS_TOTAL_EXPENSES", text)
        for stage in Stage:
            with pytest.raises(ImproperlyConfigured, match="BUSINESS_TOTAL_EXPENSES"):
                Environment(stage)("BUSINESS_TOTAL_EXPENSES")

    @pytest.mark.parametrize(
        ("text", "value"), [("True", True), ("on", True), ("1", True), ("False", False), ("0", False)]
    )
    def test_reads_a_switch(self, monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
        monkeypatch.setenv("DJANGO_DEBUG", text)
        assert Environment(Stage.LOCAL)("DJANGO_DEBUG") is value

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("DJANGO_DEBUG", "maybe"),
            ("DJANGO_DATABASES", "sqlite:///db.sqlite3"),
            ("DJANGO_DATABASES", "localhost:5432/season_tickets"),
            ("DATABASE_REPLICA_URL", "localhost:5432/season_tickets"),
            ("PORT", "http"),
            ("WEB_THREADS", "2.5"),
            ("PAYOUT_DAYS_AFTER_EVENT", "-1"),
            ("PAYOUT_DAYS_AFTER_EVENT", "366"),
            ("BUYER_RETENTION_DAYS", "179"),
            ("DATA_ENCRYPTION_KEYS", "x" * 31),
            ("DATA_ENCRYPTION_KEYS", "x" * 32 + ",plain"),
        ],
    )
    def test_refuses_a_value_of_the_wrong_form(self, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
        monkeypatch.setenv(name, text)
        with pytest.raises(ImproperlyConfigured, match=name):
            Environment(Stage.LOCAL)(name)

    @pytest.mark.parametrize("scheme", ["postgres", "postgresql", "pgsql", "psql", "POSTGRES"])
    def test_reads_an_address_of_postgresql(self, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
        monkeypatch.setenv("DATABASE_URL", f" {scheme}://u:p%40q@h:5/n?sslmode=require ")
        assert Environment(Stage.PRODUCTION)("DJANGO_DATABASES") == {
            "ENGINE": "apps.common.postgresql", "USER": "u", "PASSWORD": "p@q", "HOST": "h", "PORT": 5, "NAME": "n",
            "OPTIONS": {"sslmode": "require"},
        }  # fmt: skip

    @pytest.mark.parametrize("name", ["BUSINES_TOTAL_EXPENSES", "DATABSE_URL", "HEALTHCHECK_TOKEN"])
    def test_refuses_a_misspelt_name_with_the_right_one(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        """The default would hold instead, and nobody would notice."""
        monkeypatch.setenv(name, "x")
        with pytest.raises(ImproperlyConfigured, match=f"no environment variable {name}. Did you mean [A-Z_]+"):
            Environment(Stage.PRODUCTION)

    def test_leaves_names_of_other_programs_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REDIS_TLS_URL", "rediss://example.com")  # Heroku's
        monkeypatch.setenv("DATABASE_URL", "postgres://localhost/tickets")
        monkeypatch.setenv("DATABASE_URLS", "of a pooler")
        assert Environment(Stage.LOCAL)("DJANGO_DATABASES")["HOST"] == "localhost"

    @pytest.mark.parametrize("keys", [[], ["plain"], ["x" * 32], ["x" * 32, "y" * 40], ["plain", "x" * 32]])
    def test_reads_encryption_keys(self, monkeypatch: pytest.MonkeyPatch, keys: list[str]) -> None:
        monkeypatch.setenv("DATA_ENCRYPTION_KEYS", " , ".join(keys))
        assert Environment(Stage.PRODUCTION)("DATA_ENCRYPTION_KEYS") == keys

    def test_does_not_quote_an_encryption_key_that_it_refuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATA_ENCRYPTION_KEYS", "half-a-key")
        with pytest.raises(ImproperlyConfigured) as caught:
            Environment(Stage.PRODUCTION)("DATA_ENCRYPTION_KEYS")
        assert "half-a-key" not in str(caught.value)

    def test_an_empty_list_is_a_list(self) -> None:
        assert Environment(Stage.LOCAL)("DJANGO_ADMINS") == []


class TestEnsureEnvFile:
    def test_fills_in_fresh_secrets_once(self, tmp_path: Path) -> None:
        """S3-04: .env.dev is made from .env.dev.example."""
        (tmp_path / ".env.dev.example").write_text(env_example(), encoding="utf-8")
        assert ensure_env_file(tmp_path)
        text = (tmp_path / ".env.dev").read_text(encoding="utf-8")
        assert "CHANGEME" not in text
        assert re.search(r"^HEALTH_CHECK_TOKEN=\S{40,}$", text, flags=re.MULTILINE)
        assert (tmp_path / ".env.dev").stat().st_mode & 0o077 == 0
        assert not ensure_env_file(tmp_path)
        assert (tmp_path / ".env.dev").read_text(encoding="utf-8") == text
