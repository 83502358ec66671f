"""What each stage starts with, seen from outside: a fresh process, its environment, its settings."""

import functools
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import BACKEND_DIR
from config.senders import public_sender

SECRET_KEY = "x9!" + "abcdefghij0123456789" * 3
PRODUCTION = {
    "DJANGO_SECRET_KEY": SECRET_KEY,
    "DJANGO_ALLOWED_HOSTS": "tickets.example.com",
    "DATABASE_URL": "postgres://u:p@127.0.0.1:5432/d",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "EMAIL_URL": "smtp://127.0.0.1:25",
}
UNSET = "unset"
SENDERS = ("Season Tickets Tech <noreply@localhost>", "Season Tickets Tech <noreply@tickets.example.com>")
MAILGUN = "anymail.backends.mailgun.EmailBackend"


def run(stage: str, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": f"config.settings.{stage}", **variables}
    return subprocess.run(
        [sys.executable, "-c", f"from django.conf import settings as s; {code}"],
        cwd=BACKEND_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def value(stage: str, expression: str, **variables: str) -> str:
    done = run(stage, f"print({expression})", **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def local(expression: str, **variables: str) -> str:
    # Empty values count as unset and keep a developer's .env.dev out of the test.
    from config.variables import VARIABLES

    empty = {name: "" for variable in VARIABLES for name in variable.names}
    return value("local", expression, **(empty | variables))


def production(expression: str, **variables: str) -> str:
    return value("production", expression, **(PRODUCTION | variables))


ROWS: list[tuple[str, str, str, str, str, str]] = [
    # id, variable, setting, a value and what the setting becomes, local default, production default
    ("S2-08", "DJANGO_DEBUG", "s.DEBUG", "False", "True", "False"),
    ("S2-10", "DJANGO_SECURE_BROWSER_XSS_FILTER", "s.SECURE_BROWSER_XSS_FILTER", "False", "False", "True"),
    ("S2-11", "DJANGO_SECURE_SSL_REDIRECT", "s.SECURE_SSL_REDIRECT", "False", "False", "True"),
    ("S2-12", "DJANGO_SECURE_CONTENT_TYPE_NOSNIFF", "s.SECURE_CONTENT_TYPE_NOSNIFF", "False", "False", "True"),
    ("S2-14", "DJANGO_SECURE_HSTS_INCLUDE_SUBDOMAINS", "s.SECURE_HSTS_INCLUDE_SUBDOMAINS", "False", "False", "True"),
    ("S2-15", "DJANGO_SESSION_COOKIE_HTTPONLY", "s.SESSION_COOKIE_HTTPONLY", "False", "True", "True"),
    ("S4-04", "DJANGO_SESSION_COOKIE_AGE", "s.SESSION_COOKIE_AGE", "60", "1209600", "1209600"),
    ("S4-04", "DJANGO_SESSION_COOKIE_DOMAIN", "s.SESSION_COOKIE_DOMAIN", "shop.example.com", "None", "None"),
    ("S4-04", "DJANGO_SESSION_EXPIRE_AT_BROWSER_CLOSE", "s.SESSION_EXPIRE_AT_BROWSER_CLOSE", "True", "False", "False"),
    ("S4-04", "DJANGO_SESSION_SAVE_EVERY_REQUEST", "s.SESSION_SAVE_EVERY_REQUEST", "True", "False", "False"),
    ("S2-16", "DJANGO_SESSION_COOKIE_SECURE", "s.SESSION_COOKIE_SECURE", "False", "False", "True"),
    (
        "S2-17",
        "DJANGO_DEFAULT_FROM_EMAIL",
        "s.DEFAULT_FROM_EMAIL",
        "a@b.example",
        *SENDERS,
    ),
    ("S2-18", "DJANGO_SERVER_EMAIL", "s.SERVER_EMAIL", "a@b.example", *SENDERS),
    ("S2-19", "DJANGO_EMAIL_SUBJECT_PREFIX", "s.EMAIL_SUBJECT_PREFIX", "[x]", *["[Season Tickets Tech]"] * 2),
    ("", "ADMIN_ENABLED", "s.ADMIN_ENABLED", "False", "True", "False"),
    ("", "BUSINESS_TOTAL_EXPENSES", "s.DEFAULT_COMMISSION_RATE_BPS", "0.15", "2000", "2000"),
]


@functools.cache
def defaults(stage: Callable[[str], str]) -> dict[str, str]:
    """Return the settings of the table as a stage has them by default; one process answers for all of them."""
    settings = [row[2] for row in ROWS]
    printed = stage(f"{', '.join(settings)}, sep=chr(10)")
    return dict(zip(settings, map(str.strip, printed.split("\n")), strict=True))


class TestDefaults:
    @pytest.mark.parametrize(
        ("variable", "setting", "given", "local_default", "production_default"),
        [pytest.param(*row[1:], id=f"{row[0]} {row[1]}".strip()) for row in ROWS],
    )
    def test_each_variable_changes_its_setting(
        self, variable: str, setting: str, given: str, local_default: str, production_default: str
    ) -> None:
        """S2-08, S2-10 to S2-12, S2-14 to S2-19, S4-04 (the id stands in the parameter)."""
        expected = "1500" if variable == "BUSINESS_TOTAL_EXPENSES" else given
        assert defaults(local)[setting] == local_default
        assert defaults(production)[setting] == production_default
        assert local(setting, **{variable: given}) == expected
        assert production(setting, **{variable: given}) == expected if variable != "DJANGO_DEBUG" else True

    def test_caches_by_either_name(self) -> None:
        """S2-06."""
        backend = "s.CACHES['default']['BACKEND'].rsplit('.', 1)[1]"
        assert local(backend) == "LocMemCache"
        assert production(backend) == "RedisCache"
        for name in ("DJANGO_CACHES", "REDIS_URL"):
            assert (
                local("s.CACHES['default']['LOCATION']", **{name: "redis://127.0.0.1:7/3"}) == "redis://127.0.0.1:7/3"
            )

    def test_database_by_either_name(self) -> None:
        """S2-07."""
        assert local("s.DATABASES['default']['NAME']") == "season_tickets"
        for name in ("DJANGO_DATABASES", "DATABASE_URL"):
            assert local("s.DATABASES['default']['PORT']", **{name: "postgres://u:p@127.0.0.1:7/d"}) == "7"

    def test_secret_key(self) -> None:
        """S2-09."""
        assert local("s.SECRET_KEY") == "CHANGEME!!!"
        assert production("s.SECRET_KEY") == SECRET_KEY

    def test_frame_options(self) -> None:
        """S2-13: SECURE_FRAME_DENY of django-secure is X_FRAME_OPTIONS today."""
        assert production("s.X_FRAME_OPTIONS") == "DENY"
        assert production("s.X_FRAME_OPTIONS", DJANGO_SECURE_FRAME_DENY="False") == "SAMEORIGIN"

    def test_broker_is_the_redis_of_the_cache_unless_named(self) -> None:
        assert production("s.CELERY_BROKER_URL") == PRODUCTION["REDIS_URL"]
        assert production("s.CELERY_BROKER_URL", CELERY_BROKER_URL="amqp://h//") == "amqp://h//"

    def test_limits_of_the_api(self) -> None:
        """S3-57: 15 an hour without an account, 100 with one; a developer's machine has no limits."""
        assert production("s.API_THROTTLES") == "{'anon': (15, 3600), 'user': (100, 3600)}"
        assert local("s.API_THROTTLES") == "{'anon': None, 'user': None}"
        changed = {"API_THROTTLE_ANON": "none", "API_THROTTLE_USER": "2/second"}
        assert production("s.API_THROTTLES", **changed) == "{'anon': None, 'user': (2, 1)}"

    def test_links_in_mails_lead_to_this_site(self) -> None:
        assert local("s.SITE_URL") == "http://127.0.0.1:8000"
        assert local("s.SITE_URL", PORT="8001") == "http://127.0.0.1:8001"
        assert production("s.SITE_URL") == "https://tickets.example.com"
        assert production("s.SITE_URL", DJANGO_ALLOWED_HOSTS=".a.example,b.example") == "https://a.example"
        for stage in (local, production):
            assert stage("s.SITE_URL", SITE_URL="https://s.example:8443/") == "https://s.example:8443"

    @pytest.mark.parametrize("stage", ["local", "production"])
    def test_mail_goes_by_mailgun_when_its_names_are_there(self, stage: str) -> None:
        """S2-21: either name of each."""
        read = local if stage == "local" else production
        own = {"DJANGO_MAILGUN_API_KEY": "key-1", "DJANGO_MAILGUN_SERVER_NAME": "mg.example.com"}
        for names in (own, {"MAILGUN_ACCESS_KEY": "key-1", "MAILGUN_SERVER_NAME": "mg.example.com"}):
            assert read("s.EMAIL_BACKEND", **names, EMAIL_URL="") == MAILGUN
            assert read("s.EMAIL_BACKEND", **names, EMAIL_URL="smtp://127.0.0.1:25") == MAILGUN
            assert read("s.ANYMAIL['MAILGUN_API_KEY'], s.ANYMAIL['MAILGUN_SENDER_DOMAIN']", **names) == (
                "key-1 mg.example.com"
            )
        assert read("s.ANYMAIL['MAILGUN_API_URL']", **own) == "https://api.mailgun.net/v3"
        eu = "https://api.eu.mailgun.net/v3"
        assert read("s.ANYMAIL['MAILGUN_API_URL']", **own, DJANGO_MAILGUN_API_URL=f"{eu}/") == eu
        assert read("s.EMAIL_BACKEND") != MAILGUN

    @pytest.mark.parametrize("stage", ["local", "production"])
    @pytest.mark.parametrize(
        ("given", "missing"),
        [
            ("DJANGO_MAILGUN_API_KEY", "DJANGO_MAILGUN_SERVER_NAME"),
            ("MAILGUN_SERVER_NAME", "DJANGO_MAILGUN_API_KEY"),
        ],
    )
    def test_half_of_mailgun_is_refused(self, stage: str, given: str, missing: str) -> None:
        """S2-21."""
        done = run(stage, "s.DEBUG", **(PRODUCTION | {given: "x"}))
        assert done.returncode != 0
        assert missing in done.stderr.splitlines()[-1]

    @pytest.mark.parametrize("stage", ["local", "production"])
    def test_health_check_is_closed_by_default(self, stage: str) -> None:
        """S3-21."""
        assert (local if stage == "local" else production)("s.HEALTH_CHECK_TOKEN") == "None"


class TestProduction:
    @pytest.mark.parametrize("name", sorted(PRODUCTION))
    def test_refuses_to_start_without(self, name: str) -> None:
        """S2-09 and the other required variables: the sentence names the variable."""
        done = run("production", "s.DEBUG", **{k: v for k, v in PRODUCTION.items() if k != name})
        assert done.returncode != 0
        assert name in done.stderr.splitlines()[-1]

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("DJANGO_DEBUG", "True"),
            ("DJANGO_ALLOWED_HOSTS", "*"),
            ("DJANGO_ALLOWED_HOSTS", "a.example,*"),
            ("DJANGO_SECRET_KEY", "CHANGEME!!!"),
            ("DJANGO_SECRET_KEY", "a" * 60),
            ("BUSINESS_TOTAL_EXPENSES", "1"),
            ("BUSINESS_TOTAL_EXPENSES", "-0.01"),
            ("DJANGO_CACHES", "locmemcache://"),
            ("API_THROTTLE_ANON", "15 per hour"),
            ("API_THROTTLE_USER", "0/hour"),
            ("SITE_URL", "tickets.example.com"),
            ("SITE_URL", "https://tickets.example.com/app"),
            ("SITE_URL", "ftp://tickets.example.com"),
            ("SITE_URL", "https://u:p@tickets.example.com"),
            ("SITE_URL", "https://tickets.example.com:99999"),
            ("SITE_URL", "https://"),
            ("SITE_URL", "https://tickets.example.com/?a=b"),
            ("SITE_URL", "https://two words"),
            ("DJANGO_MAILGUN_API_URL", "api.mailgun.net"),
            ("DJANGO_DEFAULT_FROM_EMAIL", "Season Tickets Tech <noreply@localhost>"),
            ("DJANGO_SERVER_EMAIL", "Season Tickets Tech <noreply@localhost>"),
        ],
    )
    def test_refuses_to_start_with(self, name: str, text: str) -> None:
        """S2-40 (hosts), S3-23 (rate)."""
        done = run("production", "s.DEBUG", **(PRODUCTION | {name: text}))
        assert done.returncode != 0
        assert name in done.stderr.splitlines()[-1]

    @pytest.mark.parametrize(
        "sender",
        [
            "Season Tickets Tech <noreply@localhost>",
            *("noreply@LOCALHOST.", "noreply@web", "noreply@web.local", "noreply@localhost.localdomain"),
            *("noreply@127.0.0.1", "noreply@10.0.0.10", "noreply@[127.0.0.1]", "noreply@[IPv6:::1]"),
            *("noreply", "Season Tickets Tech", "<>", "@tickets.example.com", "a@tickets.example.com, b@example.com"),
            *("Tickets <a@example.com", "a@example.com\nBcc: b@example.com", "a b@example.com"),
        ],
    )
    def test_refuses_a_sender_that_nobody_could_answer(self, sender: str) -> None:
        """S2-17, S2-18."""
        with pytest.raises(ImproperlyConfigured, match="DJANGO_SERVER_EMAIL"):
            public_sender("DJANGO_SERVER_EMAIL", sender, host="tickets.example.com")

    @pytest.mark.parametrize(
        "sender", ["noreply@tickets.example.com", '"Tickets, Inc." <a+b@mg.example.co.uk>', "Ünï <x@b.example>"]
    )
    def test_takes_any_other_sender(self, sender: str) -> None:
        assert public_sender("X", sender, host="localhost") == sender

    @pytest.mark.parametrize("hosts", ["localhost", "127.0.0.1,tickets.example.com", "[::1]"])
    def test_makes_no_sender_from_a_host_that_is_not_public(self, hosts: str) -> None:
        done = run("production", "s.DEBUG", **(PRODUCTION | {"DJANGO_ALLOWED_HOSTS": hosts}))
        assert done.returncode != 0
        assert "DJANGO_DEFAULT_FROM_EMAIL" in done.stderr.splitlines()[-1]

    def test_check_deploy_is_clean(self) -> None:
        """S2-32."""
        done = subprocess.run(
            [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            cwd=BACKEND_DIR,
            env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings.production", **PRODUCTION},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "no issues" in done.stdout

    def test_answers_with_the_security_headers(self) -> None:
        """S2-10 to S2-16, S2-40: seen on answers of the production settings."""
        code = """
import django; django.setup()
from django.conf import settings
from django.test import Client
settings.STORAGES['staticfiles']['BACKEND'] = 'django.contrib.staticfiles.storage.StaticFilesStorage'  # not collected
c = Client(raise_request_exception=False)
r = c.get('/livez', HTTP_HOST='tickets.example.com')
print(r.status_code)
r = c.get('/api/docs/', HTTP_HOST='tickets.example.com')
print(r.status_code, r.headers['Location'])
r = c.get('/livez', HTTP_HOST='tickets.example.com', HTTP_X_FORWARDED_PROTO='https')
print(r.status_code, [r.headers.get(h) for h in ('X-Content-Type-Options', 'X-Frame-Options', 'X-XSS-Protection')])
print(r.headers['Strict-Transport-Security'])
print(c.get('/livez', HTTP_HOST='evil.example', HTTP_X_FORWARDED_PROTO='https').status_code)
print(c.get('/admin/', HTTP_HOST='tickets.example.com', HTTP_X_FORWARDED_PROTO='https').status_code)
"""
        done = run("production", f"exec({code!r})", **PRODUCTION)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [
            "200",
            "301 https://tickets.example.com/api/docs/",
            "200 ['nosniff', 'DENY', '1; mode=block']",
            "max-age=3600; includeSubDomains; preload",
            "400",
            "404",
        ]


def test_local_gunicorn_reads_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """S3-36: $PORT is honoured."""
    import importlib

    import config.gunicorn

    monkeypatch.setenv("PORT", "9001")
    reloaded: Any = importlib.reload(config.gunicorn)
    assert reloaded.bind == "0.0.0.0:9001"


class TestStripe:
    LIVE, TEST = {"STRIPE_SECRET_KEY": "sk_live_abc"}, {"STRIPE_SECRET_KEY": "rk_test_abc"}
    HOOK = {"STRIPE_WEBHOOK_SECRETS": "whsec_a, whsec_b"}

    def test_without_a_key_is_off(self) -> None:
        assert production("[s.STRIPE_SECRET_KEY, s.STRIPE_WEBHOOK_SECRETS]") == "['', []]"

    def test_with_a_live_key_is_for_production(self) -> None:
        """S4-19, S4-37."""
        assert production("s.STRIPE_WEBHOOK_SECRETS", **self.LIVE, **self.HOOK) == "['whsec_a', 'whsec_b']"
        assert local("s.STRIPE_SECRET_KEY", **self.TEST) == "rk_test_abc"
        assert production("s.DEBUG", **self.TEST, **self.HOOK, STRIPE_TEST_KEY_ALLOWED="True") == "False"

    @pytest.mark.parametrize(
        ("stage", "variables", "words"),
        [
            ("local", LIVE, "DJANGO_DEBUG is on"),
            ("production", LIVE, "STRIPE_WEBHOOK_SECRETS too"),
            ("production", TEST | HOOK, "STRIPE_TEST_KEY_ALLOWED"),
            ("production", {"STRIPE_SECRET_KEY": "pk_live_abc"} | HOOK, "STRIPE_SECRET_KEY has a value of the wrong"),
            ("production", LIVE | {"STRIPE_WEBHOOK_SECRETS": "secret"}, "STRIPE_WEBHOOK_SECRETS has a value of the"),
        ],
    )
    def test_of_the_wrong_mode_or_form_refuses_to_start(
        self, stage: str, variables: dict[str, str], words: str
    ) -> None:
        """S0-13, S4-19, S4-37: and quotes no secret."""
        done = run(stage, "print(s.DEBUG)", **(PRODUCTION if stage == "production" else {}), **variables)
        assert done.returncode != 0
        assert words in done.stderr
        assert "_abc" not in done.stderr
