"""Three repositories with 120 closed issues each, other issues and pull requests, and the people who work on them."""

from datetime import datetime, timedelta

from sandbox.github.options import Issue, Options, Repository, User

CLOSED_A_WEEK = 120
PEOPLE = (
    User("ann-fan", "Ann Fan"),
    User("bo-row", "Bo Row"),
    User("cy", None),
    User("dee-seat", "Dee <Seat> & *Sons*"),
)
_NAMES = ("season-tickets/backend", "season-tickets/mobile", "season-tickets/website")
_TAGS = ("[bug]", "[listings]", "[payouts]", "[import]")
_WORK = (
    "Show the payout before the holder confirms",
    "Seats of one row are listed twice",
    "Prices <b>& fees</b> are rounded *once*",
    "A schedule with a postponed game is read",
    "Tell holders when the game moves",
)


def sample(*, end: datetime, token: str) -> Options:
    """Return a GitHub in which each repository has 120 issues that were closed in the seven days before `end`.

    Each has ten pull requests closed then, 15 issues opened in those days and still open, and 20 old ones.
    """
    repositories = tuple(Repository(name, tuple(_issues(end, shift))) for shift, name in enumerate(_NAMES))
    return Options(repositories=repositories, users=PEOPLE, token=token)


def _issues(end: datetime, shift: int) -> list[Issue]:
    step = timedelta(hours=168) / (CLOSED_A_WEEK + 1)
    issues = [
        Issue(
            number=100 + place,
            title=f"{_TAGS[place % 4]} {_WORK[(place + shift) % 5]}",
            created_at=end - timedelta(days=60 + place),
            closed_at=end - step * (place + 1),
            assignees=_assignees(place),
        )
        for place in range(CLOSED_A_WEEK)
    ]
    issues += [
        Issue(300 + n, "[deps] Merge me", end - timedelta(days=3), end - timedelta(days=2), ("bo-row",), True)
        for n in range(10)
    ]
    issues += [Issue(400 + n, f"[idea] New {n}", end - timedelta(hours=5 + n)) for n in range(15)]
    issues += [Issue(10 + n, f"[later] Old {n}", end - timedelta(days=500 - n)) for n in range(20)]
    return issues


def _assignees(place: int) -> tuple[str, ...]:
    if place % 10 == 0:
        return ()
    if place % 10 == 1:
        return ("ann-fan", "dee-seat")
    return (PEOPLE[place % len(PEOPLE)].login,)
