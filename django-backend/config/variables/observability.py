"""Variables of logs and error tracking."""

from typing import Final

from config.variables.parsers import api_url
from config.variables.variable import Variable

OBSERVABILITY: Final[tuple[Variable, ...]] = (
    Variable(
        name="ROLLBAR_ACCESS_TOKEN",
        purpose="Token of the Rollbar project (`post_server_item`). Unset: nothing is reported.",
        section="Observability",
    ),
    Variable(
        name="ROLLBAR_ENVIRONMENT",
        purpose="Name of this installation in Rollbar, such as `production` or `staging`.",
        local="local",
        production="production",
        section="Observability",
    ),
    Variable(
        name="ROLLBAR_API_URL",
        purpose="Address of Rollbar's API; another one for a stand-in.",
        parse=api_url,
        section="Observability",
        default="https://api.rollbar.com/api/1",
    ),
    Variable(
        name="RELEASE",
        alias="HEROKU_SLUG_COMMIT",
        purpose="Commit or version that runs, for error tracking. Unset: what the image's file `RELEASE` says.",
        section="Observability",
    ),
    Variable(
        name="DJANGO_LOG_FORMAT",
        purpose="`json` for machines, without personal data, or `line` for people.",
        local="line",
        production="json",
        section="Observability",
    ),
)
