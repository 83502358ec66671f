"""Normal forms of text: printed text that compares equal in the database, words of other people in Slack."""


def normalise_printed(text: str) -> str:
    """Return a section, row or seat as it is stored: trimmed, single-spaced, upper case (`" 10a "` is `"10A"`)."""
    return " ".join(text.split()).upper()


def slack_escaped(text: str) -> str:
    """Return words of other people as Slack shows them letter by letter, in one line.

    Slack reads three characters: https://docs.slack.dev/messaging/formatting-message-text#escaping. The marks of bold,
    italic and code are kept apart from the words by a character of no width.
    """
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, entity)
    for mark in "*_~`":
        text = text.replace(mark, f"\u200b{mark}\u200b")
    return " ".join(text.split())
