"""Variables of what leaves the house: Slack, payments, GitHub, mail, logs and reports of errors."""

from typing import Final

from config.variables.parsers import (
    api_url,
    boolean,
    comma_separated,
    hours,
    repositories,
    seconds,
    stripe_key,
    time_zone,
    webhook_secrets,
    weekly_time,
)
from config.variables.variable import Variable

OUTGOING: Final[dict[str, tuple[Variable, ...]]] = {
    "Slack": (
        Variable(
            "STT_NOTIFICATIONS_BOT_API_TOKEN",
            "Token of the Slack bot (`xoxb-…`). Unset: what Slack would show goes to the log and the admin.",
        ),
        Variable(
            "STT_NOTIFICATIONS_CHANNEL_ID",
            "Id of the Slack channel in which staff read and decide, such as `C06BH3YAPV4`.",
        ),
        Variable(
            "SLACK_SIGNING_SECRET",
            "Secret that signs requests from Slack (buttons, slash commands). Unset: they are refused.",
        ),
        Variable(
            "SLACK_API_URL",
            "Address of the Slack Web API; another one for a stand-in.",
            parse=api_url,
            default="https://slack.com/api/",
        ),
        Variable(
            "SLACK_SECONDS_BETWEEN_MESSAGES",
            "Pace of each channel, 0 to 3600; Slack takes about one message a second.",
            parse=seconds,
            default="1",
        ),
        Variable(
            "CELERY_AGGREGATED_SLACK_NOTIFICATION_COUNTDOWN",
            "Seconds, 0 to 3600: listings of one holder and team that come within this time of each other are one "
            "Slack message.",
            parse=seconds,
            local="5",
            production="30",
        ),
        Variable(
            "TRIAGE_SLA_HOURS",
            "Hours, 1 to 8760: what waits longer for a decision of staff is raised again once a day.",
            parse=hours,
            default="24",
        ),
    ),
    "Stripe": (
        Variable(
            "STRIPE_SECRET_KEY",
            "Secret key of Stripe (`sk_…` or `rk_…`). A live key with `DJANGO_DEBUG` is refused. Unset: there are no "
            "payments.",
            parse=stripe_key,
        ),
        Variable(
            "STRIPE_WEBHOOK_SECRETS",
            "Secrets of the webhook endpoint (`whsec_…`), comma-separated: while they are exchanged there are two. "
            "Production needs one when there is a key. Unset: events are refused.",
            parse=webhook_secrets,
            unset=[],
        ),
        Variable(
            "STRIPE_TEST_KEY_ALLOWED",
            "Whether production may run with a test key; buyers then pay nothing.",
            parse=boolean,
            default="False",
        ),
        Variable(
            "REFUND_ON_FRAUD_WARNING",
            "Whether an order is refunded as soon as the card's issuer suspects fraud, which may prevent a dispute.",
            parse=boolean,
            default="False",
        ),
        Variable(
            "STRIPE_API_BASE",
            "Address of Stripe's API; another one for a stand-in.",
            parse=api_url,
            default="https://api.stripe.com",
        ),
    ),
    "HubSpot": (
        Variable(
            "HUBSPOT_ACCESS_TOKEN",
            "Access token of the HubSpot app that keeps buyers as contacts (scope `crm.objects.contacts.write`). "
            "Unset: no contact is sent.",
        ),
        Variable(
            "HUBSPOT_API_BASE",
            "Address of HubSpot's API; another one for a stand-in.",
            parse=api_url,
            default="https://api.hubapi.com",
        ),
    ),
    "GitHub": (
        Variable(
            "GITHUB_ACCESS_TOKEN",
            "Token that reads issues of the repositories of the weekly report. Unset: there is no report.",
        ),
        Variable(
            "WEEKLY_REPORT_REPOSITORIES",
            "Repositories of the weekly report, `owner/name`, comma-separated, in the order of the report.",
            parse=repositories,
        ),
        Variable(
            "STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID",
            "Id of the Slack channel that gets the weekly report, such as `C06BH3YAPV4`.",
        ),
        Variable(
            "WEEKLY_REPORT_SCHEDULE",
            "When a week of the report ends and the report is made: a weekday and a quarter of an hour.",
            parse=weekly_time,
            default="sunday 13:00",
        ),
        Variable(
            "WEEKLY_REPORT_TIME_ZONE",
            "Time zone of that schedule, an IANA name such as `America/New_York`.",
            parse=time_zone,
            default="UTC",
        ),
        Variable(
            "GITHUB_API_URL",
            "Address of GitHub's API; another one for GitHub Enterprise (`https://host/api/v3`) or a stand-in.",
            parse=api_url,
            default="https://api.github.com",
        ),
    ),
    "Mail": (
        Variable("DJANGO_ADMINS", "Addresses that get error mails, comma-separated.", parse=comma_separated, unset=[]),
        Variable(
            "DJANGO_DEFAULT_FROM_EMAIL",
            "Sender of mails to people. Production refuses one at localhost. Unset there: `noreply@` and the first "
            "of `DJANGO_ALLOWED_HOSTS`.",
            local="Season Tickets Tech <noreply@localhost>",
        ),
        Variable(
            "SUPPORT_EMAIL",
            "Address of support, which gets what people write in the contact form. Unset: only the admin and Slack "
            "show it.",
        ),
        Variable(
            "DJANGO_SERVER_EMAIL",
            "Sender of error mails. Production refuses one at localhost. Unset there: `noreply@` and the first of "
            "`DJANGO_ALLOWED_HOSTS`.",
            local="Season Tickets Tech <noreply@localhost>",
        ),
        Variable("DJANGO_EMAIL_SUBJECT_PREFIX", "Start of every subject line.", default="[Season Tickets Tech] "),
        Variable(
            "DJANGO_MAILGUN_API_KEY",
            "API key of Mailgun. With the server name, mail goes by Mailgun's API and not by `EMAIL_URL`.",
            alias="MAILGUN_ACCESS_KEY",
        ),
        Variable(
            "DJANGO_MAILGUN_SERVER_NAME",
            "Sending domain at Mailgun. It goes together with the key: one without the other is refused.",
            alias="MAILGUN_SERVER_NAME",
        ),
        Variable(
            "DJANGO_MAILGUN_API_URL",
            "Address of Mailgun's API; domains in the EU have `https://api.eu.mailgun.net/v3`.",
            parse=api_url,
            default="https://api.mailgun.net/v3",
        ),
    ),
    "Observability": (
        Variable(
            "ROLLBAR_ACCESS_TOKEN", "Token of the Rollbar project (`post_server_item`). Unset: nothing is reported."
        ),
        Variable(
            "ROLLBAR_ENVIRONMENT",
            "Name of this installation in Rollbar, such as `production` or `staging`.",
            local="local",
            production="production",
        ),
        Variable(
            "ROLLBAR_API_URL",
            "Address of Rollbar's API; another one for a stand-in.",
            parse=api_url,
            default="https://api.rollbar.com/api/1",
        ),
        Variable(
            "RELEASE",
            "Commit or version that runs, for error tracking. Unset: what the image's file `RELEASE` says.",
            alias="HEROKU_SLUG_COMMIT",
        ),
        Variable(
            "DJANGO_LOG_FORMAT",
            "`json` for machines, without personal data, or `line` for people.",
            local="line",
            production="json",
        ),
    ),
}
