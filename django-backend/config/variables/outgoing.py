"""Variables of what leaves the house: Slack, GitHub and mail."""

from typing import Final

from config.variables.variable import Variable, same

OUTGOING: Final[tuple[Variable, ...]] = (
    same(
        None,
        name="STT_NOTIFICATIONS_BOT_API_TOKEN",
        purpose="Token of the Slack bot (`xoxb-…`). Unset: what Slack would show goes to the log and the admin.",
        section="Slack",
    ),
    same(
        None,
        name="STT_NOTIFICATIONS_CHANNEL_ID",
        purpose="Id of the Slack channel in which staff read and decide, such as `C06BH3YAPV4`.",
        section="Slack",
    ),
    same(
        None,
        name="SLACK_SIGNING_SECRET",
        purpose="Secret that signs requests from Slack (buttons, slash commands). Unset: they are refused.",
        section="Slack",
    ),
    same(
        "https://slack.com/api/",
        name="SLACK_API_URL",
        purpose="Address of the Slack Web API; another one for a stand-in.",
        kind="api_url",
        section="Slack",
    ),
    same(
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
    same(
        "24",
        name="TRIAGE_SLA_HOURS",
        purpose="Hours, 1 to 8760: what waits longer for a decision of staff is raised again once a day.",
        kind="hours",
        section="Slack",
    ),
    same(
        None,
        name="GITHUB_ACCESS_TOKEN",
        purpose="Token that reads issues of the repositories of the weekly report. Unset: there is no report.",
        section="GitHub",
    ),
    same(
        None,
        name="WEEKLY_REPORT_REPOSITORIES",
        purpose="Repositories of the weekly report, `owner/name`, comma-separated, in the order of the report.",
        kind="repositories",
        section="GitHub",
    ),
    same(
        None,
        name="STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID",
        purpose="Id of the Slack channel that gets the weekly report, such as `C06BH3YAPV4`.",
        section="GitHub",
    ),
    same(
        "sunday 13:00",
        name="WEEKLY_REPORT_SCHEDULE",
        purpose="When a week of the report ends and the report is made: a weekday and a quarter of an hour.",
        kind="weekly_time",
        section="GitHub",
    ),
    same(
        "UTC",
        name="WEEKLY_REPORT_TIME_ZONE",
        purpose="Time zone of that schedule, an IANA name such as `America/New_York`.",
        kind="time_zone",
        section="GitHub",
    ),
    same(
        "https://api.github.com",
        name="GITHUB_API_URL",
        purpose="Address of GitHub's API; another one for GitHub Enterprise (`https://host/api/v3`) or a stand-in.",
        kind="api_url",
        section="GitHub",
    ),
    same(
        None,
        name="DJANGO_ADMINS",
        purpose="Addresses that get error mails, comma-separated.",
        kind="list",
        section="Mail",
    ),
    Variable(
        local="Season Tickets Tech <noreply@localhost>",
        name="DJANGO_DEFAULT_FROM_EMAIL",
        purpose="Sender of mails to people. Production refuses one at localhost. Unset there: `noreply@` and the first "
        "of `DJANGO_ALLOWED_HOSTS`.",
        section="Mail",
    ),
    same(
        None,
        name="SUPPORT_EMAIL",
        purpose="Address of support, which gets what people write in the contact form. Unset: only the admin and Slack "
        "show it.",
        section="Mail",
    ),
    Variable(
        local="Season Tickets Tech <noreply@localhost>",
        name="DJANGO_SERVER_EMAIL",
        purpose="Sender of error mails. Production refuses one at localhost. Unset there: `noreply@` and the first "
        "of `DJANGO_ALLOWED_HOSTS`.",
        section="Mail",
    ),
    same(
        "[Season Tickets Tech] ",
        name="DJANGO_EMAIL_SUBJECT_PREFIX",
        purpose="Start of every subject line.",
        section="Mail",
    ),
    same(
        None,
        name="DJANGO_MAILGUN_API_KEY",
        alias="MAILGUN_ACCESS_KEY",
        purpose="API key of Mailgun. With the server name, mail goes by Mailgun's API and not by `EMAIL_URL`.",
        section="Mail",
    ),
    same(
        None,
        name="DJANGO_MAILGUN_SERVER_NAME",
        alias="MAILGUN_SERVER_NAME",
        purpose="Sending domain at Mailgun. It goes together with the key: one without the other is refused.",
        section="Mail",
    ),
    same(
        "https://api.mailgun.net/v3",
        name="DJANGO_MAILGUN_API_URL",
        purpose="Address of Mailgun's API; domains in the EU have `https://api.eu.mailgun.net/v3`.",
        kind="api_url",
        section="Mail",
    ),
)
