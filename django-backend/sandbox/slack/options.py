"""What the local Slack is started with, and the people who live in it."""

from dataclasses import dataclass

TEAM_ID, TEAM_DOMAIN = "T00SANDBOX", "sandbox"
APP_ID, BOT_ID, BOT_USER_ID, BOT_NAME = "A00APP", "B00APP", "U00APP", "Season Tickets"
ADMIN_ID = "U01ADMIN"
DEFAULT_TOKEN = "xoxb-sandbox"  # noqa: S105 - opens a service of this machine that holds nothing


@dataclass(frozen=True)
class User:
    """A member of the workspace; `name` is the handle, `real_name` what the page shows."""

    id: str
    name: str
    real_name: str
    email: str
    deleted: bool = False
    is_bot: bool = False

    @property
    def may_act(self) -> bool:
        """Whether this is a person, who can press buttons."""
        return not self.deleted and not self.is_bot


@dataclass(frozen=True)
class Options:
    """Settings of one local Slack.

    Attributes:
        database: File that keeps channels, messages and calls.
        signing_secret: Secret shared with the app; signs what is sent to it.
        app_url: Where the app answers, without a slash at the end.
        token: The only bot token that is accepted.
        per_second: Calls of chat.postMessage a second and channel beyond which 429 is answered; None: no limit.
        channels: Names of channels that exist from the start, by id.
    """

    database: str
    signing_secret: str
    app_url: str
    token: str = DEFAULT_TOKEN
    staff_email: str = "admin@example.com"
    staff_name: str = "Local Admin"
    per_second: float | None = None
    channels: tuple[tuple[str, str], ...] = ()

    @property
    def users(self) -> dict[str, User]:
        """Everybody, by id: staff, a guest without rights in the app, a former member, a bot, and the app itself."""
        everybody = (
            User(ADMIN_ID, "admin", self.staff_name, self.staff_email),
            User("U02STAFF", "sam", "Sam Staff", "sam@example.com"),
            User("U03GUEST", "gus", "Gus Guest", "gus@example.com"),
            User("U04GONE", "dana", "Dana Departed", "dana@example.com", deleted=True),
            User("U05ROBOT", "robot", "Robot", "", is_bot=True),
            User(BOT_USER_ID, "season-tickets", BOT_NAME, "", is_bot=True),
        )
        return {user.id: user for user in everybody}
