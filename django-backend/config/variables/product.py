"""Variables of the process, its services, the business and its security, by their section in docs/settings.md."""

from functools import partial
from typing import Final

from config.variables.parsers import (
    api_url,
    boolean,
    cache_url,
    comma_separated,
    days,
    email_url,
    encryption_keys,
    postgres_url,
    rate,
    request_rate,
    retention_days,
    seconds,
    session_seconds,
    site_url,
    text_lines,
)  # fmt: skip
from config.variables.variable import REQUIRED, Variable

# Protection that needs https, so it is off on a developer's machine.
_hardening: Final = partial(Variable, parse=boolean, local="False", production="True")

PRODUCT: Final[dict[str, tuple[Variable, ...]]] = {
    "Django": (
        Variable(
            "DJANGO_SECRET_KEY",
            "Key that signs sessions, access tokens and e-mail links. Changing it signs everybody out.",
            local="CHANGEME!!!",
            production=REQUIRED,
        ),
        Variable(
            "DJANGO_DEBUG",
            "Debug pages. Production refuses to start with it.",
            parse=boolean,
            local="True",
            production="False",
        ),
        Variable(
            "DJANGO_ALLOWED_HOSTS",
            "Host names that are answered, comma-separated. Production refuses `*`.",
            parse=comma_separated,
            local="localhost,127.0.0.1,[::1]",
            production=REQUIRED,
        ),
        Variable(
            "DJANGO_CSRF_TRUSTED_ORIGINS",
            "Origins (`https://host`) whose forms are accepted besides our own, comma-separated.",
            parse=comma_separated,
            unset=[],
        ),
        Variable(
            "SITE_URL",
            "Where people reach us, `https://host`, for links in mails that no request caused. Unset: "
            "`http://127.0.0.1:` and `PORT`, in production `https://` and the first of `DJANGO_ALLOWED_HOSTS`.",
            parse=site_url,
        ),
        Variable(
            "SOURCE_URL",
            "Address of the source code, for the link on the first page. Unset: no link; on a developer's machine "
            "the repository that this copy was cloned from.",
            parse=api_url,
        ),
    ),
    "Services": (
        Variable(
            "DJANGO_DATABASES",
            "PostgreSQL address, `postgres://user:password@host:port/name`.",
            alias="DATABASE_URL",
            parse=postgres_url,
            local="postgres://localhost/season_tickets",
            production=REQUIRED,
            brought=True,
        ),
        Variable(
            "DATABASE_REPLICA_URL",
            "Streaming replica of that PostgreSQL, which then answers lists and single objects of the API "
            "(docs/scaling.md). Unset: the primary answers everything.",
            parse=postgres_url,
        ),
        Variable(
            "WEB_LOCK_TIMEOUT_SECONDS",
            "How long a web request waits for what another transaction has locked; then it is answered with 503. 0: "
            "as long as it takes.",
            parse=seconds,
            default="3",
        ),
        Variable(
            "WEB_STATEMENT_TIMEOUT_SECONDS",
            "How long one statement of a web request may take; then the request is answered with 503. 0: no limit.",
            parse=seconds,
            default="20",
        ),
        Variable(
            "DJANGO_CACHES",
            "Cache address, `redis://:password@host:port/db`; also the broker unless `CELERY_BROKER_URL` is set.",
            alias="REDIS_URL",
            parse=cache_url,
            local="locmemcache://",
            production=REQUIRED,
            brought=True,
        ),
        Variable(
            "CELERY_BROKER_URL", "Celery broker, Redis or RabbitMQ (`amqp://…`). Unset: the Redis of `DJANGO_CACHES`."
        ),
        Variable(
            "EMAIL_URL",
            "Mail transport, for example `smtp+tls://user:password@host:587`; `consolemail://` prints mails. "
            "Production needs it unless mail goes by Mailgun's API. Unset: `run_local.sh` brings a mailbox.",
            parse=email_url,
            local="consolemail://",
            brought=True,
        ),
    ),
    "Business": (
        Variable(
            "BUSINESS_TOTAL_EXPENSES",
            "Commission rate of the house, from 0 up to but not including 1, at most four decimals: with 0.2 the "
            "holder of a $100 ticket gets $80 and the house keeps $20.",
            parse=rate,
            default="0.2",
        ),
        Variable(
            "BUYER_FEE",
            "Fee that buyers pay on top of the price of a seat, as a share of it, from 0 up to but not including 1, at "
            "most four decimals: with 0.15 a seat of $100 costs the buyer $115. Rounded half-up for each seat.",
            parse=rate,
            default="0",
        ),
        Variable(
            "TERMS_VERSION",
            "Version of the terms of sale, with refund policy and resale notice, that buyers accept at checkout.",
            default="1",
        ),
        Variable(
            "INVOICE_SELLER",
            "Name and address of the seller on invoices, lines separated by `|`: `Season Tickets Tech|1 Main "
            "Street|Philadelphia, PA 19103`.",
            parse=text_lines,
            default="Season Tickets Tech",
        ),
        Variable(
            "CHOICE_DAYS",
            "Days after an event was postponed or moved within which its buyers may have their money back, 0 to 365.",
            parse=days,
            default="14",
        ),
        Variable(
            "PAYOUT_DAYS_AFTER_EVENT",
            "Days from the event to the day on which the holder's payout is due, 0 to 365.",
            parse=days,
            default="7",
        ),
        Variable(
            "BUYER_RETENTION_DAYS",
            "Days from the last event of an order to the night in which its buyer's data is erased, 180 to 3650.",
            parse=retention_days,
            default="730",
        ),
        Variable(
            "HEALTH_CHECK_TOKEN",
            "Value that `Authorization` must have to read the health check. Unset: the health check is closed.",
        ),
        Variable(
            "GENERATE_EMAILS_TOKEN",
            "Token of the generator of random test identities (`Authorization: <scheme> <token>`). Unset: the "
            "generator is closed.",
        ),
        Variable(
            "API_THROTTLE_ANON",
            "How often an address may ask the API without an account: `15/hour`, `1/second`; `none` for no limit.",
            parse=request_rate,
            production="15/hour",
        ),
        Variable(
            "API_THROTTLE_USER",
            "How often a user may ask the API, staff too: `100/hour`; `none` for no limit.",
            parse=request_rate,
            production="100/hour",
        ),
        Variable(
            "MARKET_THROTTLE",
            "How often an address may read the market, with an account or without; `none` for no limit.",
            parse=request_rate,
            production="300/minute",
        ),
        Variable(
            "CONTACT_THROTTLE_ANON",
            "How often an address may write in the contact form without an account; `none` for no limit.",
            parse=request_rate,
            production="5/hour",
        ),
        Variable(
            "CONTACT_THROTTLE_USER",
            "How often a user may write in the contact form; `none` for no limit.",
            parse=request_rate,
            production="20/day",
        ),
    ),
    "Admin": (
        Variable(
            "ADMIN_ENABLED", "Whether the admin has an address at all.", parse=boolean, local="True", production="False"
        ),
        Variable("ADMIN_URL", "Path of the admin, without the leading slash.", default="admin/"),
    ),
    "Security": (
        Variable(
            "DATA_ENCRYPTION_KEYS",
            "Keys that encrypt the secrets of second factors in the database, comma-separated, 32 characters or more "
            "each: the first writes, all read. Unset: a key derived from `DJANGO_SECRET_KEY`. `plain` as the first "
            "writes unencrypted; when to use it, and how to exchange keys, is in docs/security.md.",
            parse=encryption_keys,
            unset=[],
        ),
        _hardening(
            "DJANGO_SECURE_SSL_REDIRECT", "Send http to https. A proxy says which it was in `X-Forwarded-Proto`."
        ),
        Variable(
            "DJANGO_SECURE_HSTS_SECONDS",
            "Seconds for which browsers must come back by https (0: no header). Raise it step by step.",
            parse=int,
            local="0",
            production="3600",
        ),
        _hardening("DJANGO_SECURE_HSTS_INCLUDE_SUBDOMAINS", "HSTS holds for subdomains too."),
        _hardening("DJANGO_SECURE_HSTS_PRELOAD", "Allow the domain on the browsers' preload lists."),
        _hardening(
            "DJANGO_SECURE_BROWSER_XSS_FILTER", "Send `X-XSS-Protection: 1; mode=block` to browsers that still read it."
        ),
        _hardening("DJANGO_SECURE_CONTENT_TYPE_NOSNIFF", "Send `X-Content-Type-Options: nosniff`."),
        _hardening("DJANGO_SECURE_FRAME_DENY", "Send `X-Frame-Options: DENY`; False means `SAMEORIGIN`."),
        Variable(
            "DJANGO_SESSION_COOKIE_AGE", "Seconds until a session ends.", parse=session_seconds, default="1209600"
        ),
        Variable("DJANGO_SESSION_COOKIE_DOMAIN", "Domain of the session cookie. Unset: the host of the request alone."),
        Variable(
            "DJANGO_SESSION_EXPIRE_AT_BROWSER_CLOSE", "End sessions with the browser.", parse=boolean, default="False"
        ),
        Variable(
            "DJANGO_SESSION_SAVE_EVERY_REQUEST",
            "Write the session at every request, so that it ends that long after the last one.",
            parse=boolean,
            default="False",
        ),
        Variable(
            "DJANGO_SESSION_COOKIE_HTTPONLY", "Hide the session cookie from scripts.", parse=boolean, default="True"
        ),
        _hardening(
            "DJANGO_SESSION_COOKIE_SECURE",
            "Send session and CSRF cookies by https only. The seed's table said False for production: that is a "
            "security hole (`check --deploy` W012), so it is True here.",
        ),
    ),
    "Process": (
        Variable("DJANGO_LOG_LEVEL", "Lowest level that is logged: DEBUG, INFO, WARNING, ERROR.", default="INFO"),
        Variable("PORT", "Port that the web server listens on.", parse=int, default="8000"),
        Variable("WEB_CONCURRENCY", "Web server processes.", parse=int, default="2"),
        Variable("WEB_THREADS", "Threads of each web server process.", parse=int, default="8"),
    ),
}
