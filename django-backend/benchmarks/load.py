"""The load generator: keep-alive HTTP/1.1 clients in plain asyncio.

A client costs about a tenth of what the server does for the cheapest request. Libraries such as httpx cost as much as
the server itself, and would measure themselves on a machine that both share.
"""

import asyncio
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

CLIENTS: Final = 16
_HTTP_ERRORS_FROM: Final = 400


class RequestFailed(Exception):
    """The server answered with an error, so the measurement would mean nothing."""


@dataclass(frozen=True)
class Address:
    """Where the server listens."""

    host: str
    port: int

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"http://{self.host}:{self.port}{path}"


@dataclass(frozen=True)
class Load:
    """What a run measured: answered requests, the seconds it took, and the seconds of each request in order."""

    seconds: float
    latencies: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    def percentile_ms(self, percent: int) -> float:
        """Return the milliseconds within which this percentage of the requests was answered."""
        if len(self.latencies) == 1:
            return self.latencies[0] * 1000
        return statistics.quantiles(self.latencies, n=100, method="inclusive")[percent - 1] * 1000


def http_request(method: str, path: str, *, token: str = "", body: bytes | None = None) -> bytes:
    """Return the bytes of a request, with an access token and a JSON body if they are given."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def run_load(address: Address, requests: Iterable[bytes], *, seconds: float, clients: int = CLIENTS) -> Load:
    """Send requests from several clients at a time, until the seconds are over or the requests have run out.

    Raises:
        RequestFailed: an answer of 400 or above; the message has its first line and its body.
    """
    return asyncio.run(_run(address, iter(requests), seconds, clients))


async def _run(address: Address, requests: Iterator[bytes], seconds: float, clients: int) -> Load:
    begin = time.perf_counter()
    answered = await asyncio.gather(*(_client(address, requests, begin + seconds) for _ in range(clients)))
    latencies = sorted(latency for client in answered for latency in client)
    return Load(time.perf_counter() - begin, tuple(latencies))


async def _client(address: Address, requests: Iterator[bytes], deadline: float) -> list[float]:
    latencies: list[float] = []
    connection = None
    for request in requests:
        if connection is None:
            connection = await asyncio.open_connection(address.host, address.port)
        begin = time.perf_counter()
        if begin >= deadline:
            break
        is_open = await _exchange(*connection, request)
        latencies.append(time.perf_counter() - begin)
        if not is_open:  # the server replaces its processes after a number of requests, as in production
            connection[1].close()
            connection = None
    if connection is not None:
        connection[1].close()
    return latencies


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bool:
    """Send a request, read its answer, and return whether the connection stays open."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status, *lines = head.split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    if int(status.split(" ")[1]) >= _HTTP_ERRORS_FROM:
        raise RequestFailed(f"{status}: {body[:500]!r}")
    return headers.get("connection", "").lower() != "close"
