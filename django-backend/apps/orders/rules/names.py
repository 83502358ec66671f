"""Names of people."""


def first_and_last(name: str) -> tuple[str, str]:
    """Return the first name and the whole surname: `Ana`, `de la Cruz`. The surname of a single word is empty."""
    first, _, last = " ".join(name.split()).partition(" ")
    return first, last
