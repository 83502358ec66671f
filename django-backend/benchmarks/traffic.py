"""Requests that go on while parts of the product die: each one's outcome is kept, and what was promised is checked."""

import asyncio
import itertools
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.load import Address, http_request
from benchmarks.scenarios import Client

CLIENTS: Final = 8
_PAUSE_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 15
_READS: Final = ("leagues/", "listings/?page_size=20", "tickets/?page_size=20", "events/?page_size=20")
_CREATED: Final = 201
_ERRORS_FROM: Final = 400


@dataclass(frozen=True)
class Outcome:
    """When a request ended, what it was, and the kind of its error; "" for none."""

    at: float
    is_write: bool
    error: str


@dataclass
class Traffic:
    """Several clients at a time: each lists seats, looks for the listing in its list, and reads three other pages.

    A write that failed is repeated with its Idempotency-Key until it is answered, as a client does.
    """

    address: Address
    client: Client
    outcomes: list[Outcome] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Share the places and the pages among the clients."""
        self._places: Iterator[Any] = iter(self.client.seeded["single"])
        self._reads = itertools.cycle(_READS)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Let each client finish its write, and return when all have ended."""
        self._stop.set()
        self._thread.join()

    def errors(self, begin: float, end: float) -> Counter[str]:
        """Return how many requests of a time failed, by kind."""
        return Counter(one.error for one in self._between(begin, end) if one.error)

    def count(self, begin: float, end: float) -> int:
        """Return how many requests of a time have ended."""
        return len(self._between(begin, end))

    def longest_gap(self, begin: float, end: float, *, is_write: bool) -> float:
        """Return the longest time in which no client got a good answer, to a write or to a read."""
        good = [one.at for one in self._between(begin, end) if not one.error and one.is_write == is_write]
        return max(after - before for before, after in itertools.pairwise([begin, *sorted(good), end]))

    def _between(self, begin: float, end: float) -> list[Outcome]:
        return [one for one in self.outcomes if begin <= one.at < end]

    async def _run(self) -> None:
        await asyncio.gather(*(self._one_client() for _ in range(CLIENTS)))

    async def _one_client(self) -> None:
        exchange = _Exchange(self.address)
        while not self._stop.is_set():
            block, event = next(self._places)
            body = json.dumps({"season_ticket": block, "event": event, "seats": ["1", "2"], "price": "100.00"}).encode()
            request = self._request("POST", "listings/", "writer", body, key=str(uuid.uuid4()))
            answer = None
            while answer is None:
                answer = await self._outcome(exchange, request, is_write=True)
            self.acknowledged.append(answer["id"])
            mine = await self._outcome(exchange, self._request("GET", "listings/?page_size=100", "writer"))
            if mine and answer["id"] not in {row["id"] for row in mine["results"]}:
                self.unseen.append(answer["id"])
            for _ in range(3):
                await self._outcome(exchange, self._request("GET", next(self._reads), "reader"))
        exchange.close()

    def _request(self, method: str, path: str, who: str, body: bytes | None = None, *, key: str = "") -> bytes:
        request = http_request(method, f"/api/v1/{path}", token=self.client.tokens[who], body=body)
        return request.replace(b"\r\n", f"\r\nIdempotency-Key: {key}\r\n".encode(), 1) if key else request

    async def _outcome(self, exchange: "_Exchange", request: bytes, *, is_write: bool = False) -> Any:
        await asyncio.sleep(_PAUSE_SECONDS)
        answer, error = None, ""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                status, body = await exchange.answer(request)
            if status < _ERRORS_FROM:
                answer = json.loads(body)
            else:
                error = f"{status} {json.loads(body)['errors'][0]['code']}" if body.startswith(b"{") else str(status)
        except TimeoutError:
            error = "no answer in time"
        except (OSError, asyncio.IncompleteReadError) as failure:
            error = type(failure).__name__
        if error:
            exchange.close()
        self.outcomes.append(Outcome(time.monotonic(), is_write, error))
        return answer


class _Exchange:
    """One keep-alive connection at a time; a new one after a failure."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def answer(self, request: bytes) -> tuple[int, bytes]:
        """Return status and body."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._address.host, self._address.port)
        reader, writer = self._streams
        writer.write(request)
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        if "content-length" in headers:
            body = await reader.readexactly(int(headers["content-length"]))
        else:  # nginx has compressed it, or passes on chunks
            body = await _chunks(reader)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(status.split(" ")[1]), body

    def close(self) -> None:
        """Forget the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body
