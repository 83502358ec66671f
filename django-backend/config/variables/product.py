"""Variables of the process, its services, the business and its security."""

from typing import Final

from config.variables.parsers import (
    api_url,
    boolean,
    cache_url,
    comma_separated,
    days,
    db_url,
    email_url,
    encryption_keys,
    rate,
    request_rate,
    seconds,
    site_url,
)
from config.variables.variable import REQUIRED, Variable

PRODUCT: Final[tuple[Variable, ...]] = (
    Variable(
        name="DJANGO_SECRET_KEY",
        purpose="Key that signs sessions, access tokens and e-mail links. Changing it signs everybody out.",
        local="CHANGEME!!!",
        production=REQUIRED,
    ),
    Variable(
        name="DJANGO_DEBUG",
        purpose="Debug pages. Production refuses to start with it.",
        parse=boolean,
        local="True",
        production="False",
    ),
    Variable(
        name="DJANGO_ALLOWED_HOSTS",
        purpose="Host names that are answered, comma-separated. Production refuses `*`.",
        parse=comma_separated,
        local="localhost,127.0.0.1,[::1]",
        production=REQUIRED,
    ),
    Variable(
        name="DJANGO_CSRF_TRUSTED_ORIGINS",
        purpose="Origins (`https://host`) whose forms are accepted besides our own, comma-separated.",
        parse=comma_separated,
        unset=[],
    ),
    Variable(
        name="SITE_URL",
        purpose="Where people reach us, `https://host`, for links in mails that no request caused. Unset: "
        "`http://127.0.0.1:` and `PORT`, in production `https://` and the first of `DJANGO_ALLOWED_HOSTS`.",
        parse=site_url,
    ),
    Variable(
        name="SOURCE_URL",
        purpose="Address of the source code, for the link on the first page. Unset: no link; on a developer's machine "
        "the repository that this copy was cloned from.",
        parse=api_url,
    ),
    Variable(
        name="DJANGO_DATABASES",
        alias="DATABASE_URL",
        purpose="PostgreSQL address, `postgres://user:password@host:port/name`.",
        parse=db_url,
        local="postgres://localhost/season_tickets",
        brought=True,
        production=REQUIRED,
        section="Services",
    ),
    Variable(
        name="WEB_LOCK_TIMEOUT_SECONDS",
        purpose="How long a web request waits for what another transaction has locked; then it is answered with 503. "
        "0: as long as it takes.",
        parse=seconds,
        section="Services",
        default="3",
    ),
    Variable(
        name="WEB_STATEMENT_TIMEOUT_SECONDS",
        purpose="How long one statement of a web request may take; then the request is answered with 503. 0: no limit.",
        parse=seconds,
        section="Services",
        default="20",
    ),
    Variable(
        name="DJANGO_CACHES",
        alias="REDIS_URL",
        purpose="Cache address, `redis://:password@host:port/db`; also the broker unless `CELERY_BROKER_URL` is set.",
        parse=cache_url,
        local="locmemcache://",
        brought=True,
        production=REQUIRED,
        section="Services",
    ),
    Variable(
        name="CELERY_BROKER_URL",
        purpose="Celery broker, Redis or RabbitMQ (`amqp://…`). Unset: the Redis of `DJANGO_CACHES`.",
        section="Services",
    ),
    Variable(
        name="EMAIL_URL",
        purpose="Mail transport, for example `smtp+tls://user:password@host:587`; `consolemail://` prints mails. "
        "Production needs it unless mail goes by Mailgun's API. Unset: `run_local.sh` brings a mailbox.",
        parse=email_url,
        local="consolemail://",
        brought=True,
        section="Services",
    ),
    Variable(
        name="BUSINESS_TOTAL_EXPENSES",
        purpose="Commission rate of the house, from 0 up to but not including 1, at most four decimals: with 0.2 the "
        "holder of a $100 ticket gets $80 and the house keeps $20.",
        parse=rate,
        section="Business",
        default="0.2",
    ),
    Variable(
        name="PAYOUT_DAYS_AFTER_EVENT",
        purpose="Days from the event to the day on which the holder's payout is due, 0 to 365.",
        parse=days,
        section="Business",
        default="7",
    ),
    Variable(
        name="HEALTH_CHECK_TOKEN",
        purpose="Value that `Authorization` must have to read the health check. Unset: the health check is closed.",
        section="Business",
    ),
    Variable(
        name="GENERATE_EMAILS_TOKEN",
        purpose="Token of the generator of random test identities (`Authorization: <scheme> <token>`). Unset: "
        "the generator is closed.",
        section="Business",
    ),
    Variable(
        name="API_THROTTLE_ANON",
        purpose="How often an address may ask the API without an account: `15/hour`, `1/second`; `none` for no limit.",
        parse=request_rate,
        production="15/hour",
        section="Business",
    ),
    Variable(
        name="API_THROTTLE_USER",
        purpose="How often a user may ask the API, staff too: `100/hour`; `none` for no limit.",
        parse=request_rate,
        production="100/hour",
        section="Business",
    ),
    Variable(
        name="CONTACT_THROTTLE_ANON",
        purpose="How often an address may write in the contact form without an account; `none` for no limit.",
        parse=request_rate,
        production="5/hour",
        section="Business",
    ),
    Variable(
        name="CONTACT_THROTTLE_USER",
        purpose="How often a user may write in the contact form; `none` for no limit.",
        parse=request_rate,
        production="20/day",
        section="Business",
    ),
    Variable(
        name="ADMIN_ENABLED",
        purpose="Whether the admin has an address at all.",
        parse=boolean,
        local="True",
        production="False",
        section="Admin",
    ),
    Variable(
        name="ADMIN_URL", purpose="Path of the admin, without the leading slash.", section="Admin", default="admin/"
    ),
    Variable(
        name="DATA_ENCRYPTION_KEYS",
        purpose="Keys that encrypt the secrets of second factors in the database, comma-separated, 32 characters or "
        "more each: the first writes, all read. Unset: a key derived from `DJANGO_SECRET_KEY`. `plain` as the first "
        "writes unencrypted; when to use it, and how to exchange keys, is in docs/security.md.",
        parse=encryption_keys,
        unset=[],
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_SSL_REDIRECT",
        purpose="Send http to https. A proxy says which it was in `X-Forwarded-Proto`.",
        parse=boolean,
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_HSTS_SECONDS",
        purpose="Seconds for which browsers must come back by https (0: no header). Raise it step by step.",
        parse=int,
        local="0",
        production="3600",
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_HSTS_INCLUDE_SUBDOMAINS",
        purpose="HSTS holds for subdomains too.",
        parse=boolean,
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_HSTS_PRELOAD",
        purpose="Allow the domain on the browsers' preload lists.",
        parse=boolean,
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_BROWSER_XSS_FILTER",
        purpose="Send `X-XSS-Protection: 1; mode=block` to browsers that still read it.",
        parse=boolean,
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_CONTENT_TYPE_NOSNIFF",
        purpose="Send `X-Content-Type-Options: nosniff`.",
        parse=boolean,
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_SECURE_FRAME_DENY",
        purpose="Send `X-Frame-Options: DENY`; False means `SAMEORIGIN`.",
        parse=boolean,
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_SESSION_COOKIE_HTTPONLY",
        purpose="Hide the session cookie from scripts.",
        parse=boolean,
        section="Security",
        default="True",
    ),
    Variable(
        name="DJANGO_SESSION_COOKIE_SECURE",
        purpose="Send session and CSRF cookies by https only. The seed's table said False for production: that is a "
        "security hole (`check --deploy` W012), so it is True here.",
        parse=boolean,
        local="False",
        production="True",
        section="Security",
    ),
    Variable(
        name="DJANGO_LOG_LEVEL",
        purpose="Lowest level that is logged: DEBUG, INFO, WARNING, ERROR.",
        default="INFO",
        section="Process",
    ),
    Variable(name="PORT", purpose="Port that the web server listens on.", parse=int, section="Process", default="8000"),
    Variable(name="WEB_CONCURRENCY", purpose="Web server processes.", parse=int, section="Process", default="2"),
    Variable(
        name="WEB_THREADS", purpose="Threads of each web server process.", parse=int, section="Process", default="8"
    ),
)
