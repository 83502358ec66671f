"""What a scrape says, parsed by the client's own parser."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(families: Iterable[Metric]) -> Samples:
    """Return the values by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def parsed(text: str) -> Samples:
    """Return the values of a text in Prometheus' format."""
    return samples(text_string_to_metric_families(text))


def value(found: Samples, name: str, **labels: str) -> float:
    """Return one value, 0 where there is none yet."""
    return found.get((name, tuple(sorted(labels.items()))), 0.0)
