"""Which items of a list were there before."""

from collections.abc import Hashable, Iterable


def repeated(items: Iterable[Hashable]) -> set[int]:
    """Return the indexes of the items that come a second time, or more often."""
    seen, indexes = set[Hashable](), set[int]()
    for index, item in enumerate(items):
        if item in seen:
            indexes.add(index)
        seen.add(item)
    return indexes
