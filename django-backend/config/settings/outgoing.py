"""What leaves the house: the outbox and who delivers it, Slack, GitHub, mail."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.stage import env

# --- Outbox -------------------------------------------------------------------------------------------------------
# Messages of one topic and key become one after so long a quiet.
OUTBOX_GATHERING_SECONDS = env("CELERY_AGGREGATED_SLACK_NOTIFICATION_COUNTDOWN")

# --- Slack --------------------------------------------------------------------------------------------------------
STT_NOTIFICATIONS_BOT_API_TOKEN = env("STT_NOTIFICATIONS_BOT_API_TOKEN")
STT_NOTIFICATIONS_CHANNEL_ID = env("STT_NOTIFICATIONS_CHANNEL_ID") or ""
SLACK_SIGNING_SECRET = env("SLACK_SIGNING_SECRET")
SLACK_API_URL = env("SLACK_API_URL") + "/"
# A slash command says where its answer goes; nothing is ever sent anywhere else.
SLACK_RESPONSE_URL_PREFIXES = ("https://hooks.slack.com/", SLACK_API_URL.removesuffix("api/"))
# https://docs.slack.dev/apis/web-api/rate-limits
SLACK_SECONDS_BETWEEN_MESSAGES = env("SLACK_SECONDS_BETWEEN_MESSAGES")
TRIAGE_SLA_HOURS = env("TRIAGE_SLA_HOURS")
# What stands before the title of a message.
TRIAGE_EMOJIS = {
    "season_ticket": ":admission_tickets:",
    "listings": ":ticket:",
    "relisted": ":repeat:",
    "delisting": ":warning:",
    "sale": ":moneybag:",
    "void": ":leftwards_arrow_with_hook:",
    "event": ":calendar:",
    "order": ":credit_card:",
    "dead": ":rotating_light:",
    "digest": ":hourglass_flowing_sand:",
}

# --- HubSpot ------------------------------------------------------------------------------------------------------
HUBSPOT_ACCESS_TOKEN = env("HUBSPOT_ACCESS_TOKEN") or ""
HUBSPOT_API_BASE = env("HUBSPOT_API_BASE")

# --- GitHub -------------------------------------------------------------------------------------------------------
GITHUB_ACCESS_TOKEN = env("GITHUB_ACCESS_TOKEN")
GITHUB_API_URL = env("GITHUB_API_URL")
WEEKLY_REPORT_REPOSITORIES = env("WEEKLY_REPORT_REPOSITORIES") or []
STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID = env("STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID") or ""
# Weekday (Monday is 0) and time of the day, in the zone.
WEEKLY_REPORT_SCHEDULE = env("WEEKLY_REPORT_SCHEDULE")
WEEKLY_REPORT_TIME_ZONE = env("WEEKLY_REPORT_TIME_ZONE")

# --- Mail ---------------------------------------------------------------------------------------------------------
# Mailgun's API when its key and domain are there, else EMAIL_URL; in production no backend at all is refused.
_EMAIL = env("EMAIL_URL") or {}
_MAILGUN = {
    "DJANGO_MAILGUN_API_KEY": env("DJANGO_MAILGUN_API_KEY"),
    "DJANGO_MAILGUN_SERVER_NAME": env("DJANGO_MAILGUN_SERVER_NAME"),
}
_MISSING = [name for name, value in _MAILGUN.items() if not value]
if len(_MISSING) == 1:
    raise ImproperlyConfigured(f"Set the environment variable {_MISSING[0]} too: Mailgun needs key and server name.")
EMAIL_BACKEND = _EMAIL.get("EMAIL_BACKEND", "") if _MISSING else "anymail.backends.mailgun.EmailBackend"
EMAIL_HOST = _EMAIL.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _EMAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _EMAIL.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _EMAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _EMAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
ANYMAIL = {
    "MAILGUN_API_KEY": _MAILGUN["DJANGO_MAILGUN_API_KEY"],
    "MAILGUN_SENDER_DOMAIN": _MAILGUN["DJANGO_MAILGUN_SERVER_NAME"],
    "MAILGUN_API_URL": env("DJANGO_MAILGUN_API_URL"),
    "REQUESTS_TIMEOUT": EMAIL_TIMEOUT,
}
DEFAULT_FROM_EMAIL = env("DJANGO_DEFAULT_FROM_EMAIL")
SUPPORT_EMAIL = env("SUPPORT_EMAIL") or ""
SERVER_EMAIL = env("DJANGO_SERVER_EMAIL")
EMAIL_SUBJECT_PREFIX = env("DJANGO_EMAIL_SUBJECT_PREFIX")
ADMINS = [(address, address) for address in env("DJANGO_ADMINS")]
# Where links in mails lead that no request caused; production has a default of its own.
SITE_URL = env("SITE_URL") or f"http://127.0.0.1:{env('PORT')}"
