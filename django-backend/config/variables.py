"""The table of every environment variable that the product reads; config/environment.py reads by it."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Required(Enum):
    """Marks a default that does not exist: the process refuses to start without the variable."""

    REQUIRED = "required"


REQUIRED: Final = Required.REQUIRED


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One environment variable: defaults are written as the text that would stand in the environment."""

    name: str
    purpose: str
    kind: str = "str"
    local: str | None = None
    production: str | Required | None = None
    alias: str | None = None
    section: str = "Django"

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which the variable may be set, strongest first."""
        return (self.name, self.alias) if self.alias else (self.name,)


def _same(default: str | None, **fields: Any) -> Variable:
    return Variable(local=default, production=default, **fields)


VARIABLES: Final[tuple[Variable, ...]] = (
    Variable(
        name="DJANGO_SECRET_KEY",
        purpose="Key that signs sessions, access tokens and e-mail links. Changing it signs everybody out.",
        local="CHANGEME!!!",
        production=REQUIRED,
    ),
    Variable(
        name="DJANGO_DEBUG",
        purpose="Debug pages. Production refuses to start with it.",
        kind="bool",
        local="True",
        production="False",
    ),
    Variable(
        name="DJANGO_ALLOWED_HOSTS",
        purpose="Host names that are answered, comma-separated. Production refuses `*`.",
        kind="list",
        local="localhost,127.0.0.1,[::1]",
        production=REQUIRED,
    ),
    _same(
        None,
        name="DJANGO_CSRF_TRUSTED_ORIGINS",
        purpose="Origins (`https://host`) whose forms are accepted besides our own, comma-separated.",
        kind="list",
    ),
    _same(
        None,
        name="SITE_URL",
        purpose="Where people reach us, `https://host`, for links in mails that no request caused. Unset: "
        "`http://127.0.0.1:` and `PORT`, in production `https://` and the first of `DJANGO_ALLOWED_HOSTS`.",
        kind="site_url",
    ),
    Variable(
        name="DJANGO_DATABASES",
        alias="DATABASE_URL",
        purpose="PostgreSQL address, `postgres://user:password@host:port/name`.",
        kind="db_url",
        local="postgres://localhost/season_tickets",
        production=REQUIRED,
        section="Services",
    ),
    Variable(
        name="DJANGO_CACHES",
        alias="REDIS_URL",
        purpose="Cache address, `redis://:password@host:port/db`; also the broker unless `CELERY_BROKER_URL` is set.",
        kind="cache_url",
        local="locmemcache://",
        production=REQUIRED,
        section="Services",
    ),
    _same(
        None,
        name="CELERY_BROKER_URL",
        purpose="Celery broker, Redis or RabbitMQ (`amqp://…`). Unset: the Redis of `DJANGO_CACHES`.",
        section="Services",
    ),
    Variable(
        name="EMAIL_URL",
        purpose="Mail transport, for example `smtp+tls://user:password@host:587`; `consolemail://` prints mails. "
        "Production needs it unless mail goes by Mailgun's API.",
        kind="email_url",
        local="consolemail://",
        section="Services",
    ),
    _same(
        "0.2",
        name="BUSINESS_TOTAL_EXPENSES",
        purpose="Commission rate of the house, from 0 up to but not including 1, at most four decimals: with 0.2 the "
        "holder of a $100 ticket gets $80 and the house keeps $20.",
        kind="rate",
        section="Business",
    ),
    _same(
        "7",
        name="PAYOUT_DAYS_AFTER_EVENT",
        purpose="Days from the event to the day on which the holder's payout is due, 0 to 365.",
        kind="days",
        section="Business",
    ),
    _same(
        None,
        name="HEALTH_CHECK_TOKEN",
        purpose="Value that `Authorization` must have to read the health check. Unset: the health check is closed.",
        section="Business",
    ),
    _same(
        None,
        name="GENERATE_EMAILS_TOKEN",
        purpose="Token of the generator of random test identities (`Authorization: <scheme> <token>`). Unset: "
        "the generator is closed.",
        section="Business",
    ),
    _same(
        None,
        name="STT_NOTIFICATIONS_BOT_API_TOKEN",
        purpose="Token of the Slack bot (`xoxb-…`). Unset: what Slack would show goes to the log and the admin.",
        section="Slack",
    ),
    _same(
        None,
        name="STT_NOTIFICATIONS_CHANNEL_ID",
        purpose="Id of the Slack channel in which staff triage and are told, such as `C06BH3YAPV4`.",
        section="Slack",
    ),
    _same(
        None,
        name="SLACK_SIGNING_SECRET",
        purpose="Secret by which requests from Slack (buttons, slash commands) are known. Unset: they are refused.",
        section="Slack",
    ),
    _same(
        "https://slack.com/api/",
        name="SLACK_API_URL",
        purpose="Address of the Slack Web API; another one for a stand-in.",
        kind="api_url",
        section="Slack",
    ),
    _same(
        "1",
        name="SLACK_SECONDS_BETWEEN_MESSAGES",
        purpose="Pace of each channel, 0 to 3600; Slack takes about one message a second.",
        kind="seconds",
        section="Slack",
    ),
    Variable(
        name="CELERY_AGGREGATED_SLACK_NOTIFICATION_COUNTDOWN",
        purpose="Seconds, 0 to 3600: listings of one holder and team that come within this time of each other are one "
        "Slack message.",
        kind="seconds",
        local="5",
        production="30",
        section="Slack",
    ),
    _same(
        "24",
        name="TRIAGE_SLA_HOURS",
        purpose="Hours, 1 to 8760: what waits longer for a decision of staff is raised again once a day.",
        kind="hours",
        section="Slack",
    ),
    Variable(
        name="API_THROTTLE_ANON",
        purpose="How often an address may ask the API without an account: `15/hour`, `1/second`; `none` for no limit.",
        kind="request_rate",
        local=None,
        production="15/hour",
        section="Business",
    ),
    Variable(
        name="API_THROTTLE_USER",
        purpose="How often a user may ask the API, staff too: `100/hour`; `none` for no limit.",
        kind="request_rate",
        local=None,
        production="100/hour",
        section="Business",
    ),
    Variable(
        name="ADMIN_ENABLED",
        purpose="Whether the admin has an address at all.",
        kind="bool",
        local="True",
        production="False",
        section="Admin",
    ),
    _same("admin/", name="ADMIN_URL", purpose="Path of the admin, without the leading slash.", section="Admin"),
    _same(
        None,
        name="DJANGO_ADMINS",
        purpose="Addresses that get error mails, comma-separated.",
        kind="list",
        section="Mail",
    ),
    _same(
        "Season Tickets Tech <noreply@localhost>",
        name="DJANGO_DEFAULT_FROM_EMAIL",
        purpose="Sender of mails to people.",
        section="Mail",
    ),
    _same(
        "Season Tickets Tech <noreply@localhost>",
        name="DJANGO_SERVER_EMAIL",
        purpose="Sender of error mails.",
        section="Mail",
    ),
    _same(
        "[Season Tickets Tech] ",
        name="DJANGO_EMAIL_SUBJECT_PREFIX",
        purpose="Start of every subject line.",
        section="Mail",
    ),
    _same(
        None,
        name="DJANGO_MAILGUN_API_KEY",
        alias="MAILGUN_ACCESS_KEY",
        purpose="API key of Mailgun. With the server name, mail goes by Mailgun's API and not by `EMAIL_URL`.",
        section="Mail",
    ),
    _same(
        None,
        name="DJANGO_MAILGUN_SERVER_NAME",
        alias="MAILGUN_SERVER_NAME",
        purpose="Sending domain at Mailgun. It goes together with the key: one without the other is refused.",
        section="Mail",
    ),
    _same(
        "https://api.mailgun.net/v3",
        name="DJANGO_MAILGUN_API_URL",
        purpose="Address of Mailgun's API; domains in the EU have `https://api.eu.mailgun.net/v3`.",
        kind="api_url",
        section="Mail",
    ),
    Variable(
        name="DJANGO_SECURE_SSL_REDIRECT",
        purpose="Send http to https. A proxy says which it was in `X-Forwarded-Proto`.",
        kind="bool",
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_HSTS_SECONDS",
        purpose="Seconds for which browsers must come back by https (0: no header). Raise it step by step.",
        kind="int",
        local="0",
        production="3600",
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_HSTS_INCLUDE_SUBDOMAINS",
        purpose="HSTS holds for subdomains too.",
        kind="bool",
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_HSTS_PRELOAD",
        purpose="Allow the domain on the browsers' preload lists.",
        kind="bool",
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_BROWSER_XSS_FILTER",
        purpose="Send `X-XSS-Protection: 1; mode=block` to browsers of the kind that still read it.",
        kind="bool",
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_CONTENT_TYPE_NOSNIFF",
        purpose="Send `X-Content-Type-Options: nosniff`.",
        kind="bool",
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_FRAME_DENY",
        purpose="Send `X-Frame-Options: DENY`; False means `SAMEORIGIN`.",
        kind="bool",
        local="False",
        production="True",
        section="Security",
    ),
    _same(
        "True",
        name="DJANGO_SESSION_COOKIE_HTTPONLY",
        purpose="Hide the session cookie from scripts.",
        kind="bool",
        section="Security",
    ),
    Variable(
        name="DJANGO_SESSION_COOKIE_SECURE",
        purpose="Send session and CSRF cookies by https only. The seed's table said False for production: that is a "
        "security hole (`check --deploy` W012), so it is True here.",
        kind="bool",
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_LOG_LEVEL",
        purpose="Least level that is logged: DEBUG, INFO, WARNING, ERROR.",
        local="INFO",
        production="INFO",
        section="Process",
    ),
    _same("8000", name="PORT", purpose="Port that the web server listens on.", kind="int", section="Process"),
    _same("2", name="WEB_CONCURRENCY", purpose="Web server processes.", kind="int", section="Process"),
    _same("8", name="WEB_THREADS", purpose="Threads of each web server process.", kind="int", section="Process"),
)
