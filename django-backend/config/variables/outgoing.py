"""Variables of what leaves the house: Slack, GitHub and mail."""

from typing import Final

from config.variables.parsers import api_url, comma_separated, hours, repositories, seconds, time_zone, weekly_time
from config.variables.variable import Variable

OUTGOING: Final[tuple[Variable, ...]] = (
    Variable(
        name="STT_NOTIFICATIONS_BOT_API_TOKEN",
        purpose="Token of the Slack bot (`xoxb-…`). Unset: what Slack would show goes to the log and the admin.",
        section="Slack",
    ),
    Variable(
        name="STT_NOTIFICATIONS_CHANNEL_ID",
        purpose="Id of the Slack channel in which staff read and decide, such as `C06BH3YAPV4`.",
        section="Slack",
    ),
    Variable(
        name="SLACK_SIGNING_SECRET",
        purpose="Secret that signs requests from Slack (buttons, slash commands). Unset: they are refused.",
        section="Slack",
    ),
    Variable(
        name="SLACK_API_URL",
        purpose="Address of the Slack Web API; another one for a stand-in.",
        parse=api_url,
        section="Slack",
        default="https://slack.com/api/",
    ),
    Variable(
        name="SLACK_SECONDS_BETWEEN_MESSAGES",
        purpose="Pace of each channel, 0 to 3600; Slack takes about one message a second.",
        parse=seconds,
        section="Slack",
        default="1",
    ),
    Variable(
        name="CELERY_AGGREGATED_SLACK_NOTIFICATION_COUNTDOWN",
        purpose="Seconds, 0 to 3600: listings of one holder and team that come within this time of each other are one "
        "Slack message.",
        parse=seconds,
        local="5",
        production="30",
        section="Slack",
    ),
    Variable(
        name="TRIAGE_SLA_HOURS",
        purpose="Hours, 1 to 8760: what waits longer for a decision of staff is raised again once a day.",
        parse=hours,
        section="Slack",
        default="24",
    ),
    Variable(
        name="GITHUB_ACCESS_TOKEN",
        purpose="Token that reads issues of the repositories of the weekly report. Unset: there is no report.",
        section="GitHub",
    ),
    Variable(
        name="WEEKLY_REPORT_REPOSITORIES",
        purpose="Repositories of the weekly report, `owner/name`, comma-separated, in the order of the report.",
        parse=repositories,
        section="GitHub",
    ),
    Variable(
        name="STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID",
        purpose="Id of the Slack channel that gets the weekly report, such as `C06BH3YAPV4`.",
        section="GitHub",
    ),
    Variable(
        name="WEEKLY_REPORT_SCHEDULE",
        purpose="When a week of the report ends and the report is made: a weekday and a quarter of an hour.",
        parse=weekly_time,
        section="GitHub",
        default="sunday 13:00",
    ),
    Variable(
        name="WEEKLY_REPORT_TIME_ZONE",
        purpose="Time zone of that schedule, an IANA name such as `America/New_York`.",
        parse=time_zone,
        section="GitHub",
        default="UTC",
    ),
    Variable(
        name="GITHUB_API_URL",
        purpose="Address of GitHub's API; another one for GitHub Enterprise (`https://host/api/v3`) or a stand-in.",
        parse=api_url,
        section="GitHub",
        default="https://api.github.com",
    ),
    Variable(
        name="DJANGO_ADMINS",
        purpose="Addresses that get error mails, comma-separated.",
        parse=comma_separated,
        unset=[],
        section="Mail",
    ),
    Variable(
        local="Season Tickets Tech <noreply@localhost>",
        name="DJANGO_DEFAULT_FROM_EMAIL",
        purpose="Sender of mails to people. Production refuses one at localhost. Unset there: `noreply@` and the first "
        "of `DJANGO_ALLOWED_HOSTS`.",
        section="Mail",
    ),
    Variable(
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
    Variable(
        name="DJANGO_EMAIL_SUBJECT_PREFIX",
        purpose="Start of every subject line.",
        section="Mail",
        default="[Season Tickets Tech] ",
    ),
    Variable(
        name="DJANGO_MAILGUN_API_KEY",
        alias="MAILGUN_ACCESS_KEY",
        purpose="API key of Mailgun. With the server name, mail goes by Mailgun's API and not by `EMAIL_URL`.",
        section="Mail",
    ),
    Variable(
        name="DJANGO_MAILGUN_SERVER_NAME",
        alias="MAILGUN_SERVER_NAME",
        purpose="Sending domain at Mailgun. It goes together with the key: one without the other is refused.",
        section="Mail",
    ),
    Variable(
        name="DJANGO_MAILGUN_API_URL",
        purpose="Address of Mailgun's API; domains in the EU have `https://api.eu.mailgun.net/v3`.",
        parse=api_url,
        section="Mail",
        default="https://api.mailgun.net/v3",
    ),
)
