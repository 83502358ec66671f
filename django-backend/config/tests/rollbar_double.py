"""A Rollbar that keeps what it is sent, and can be slow or broken."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAIT_SECONDS = 20


class RollbarDouble(ThreadingHTTPServer):
    """Answers as Rollbar does; while `open` is not set it takes requests and says nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[str] = []
        self.paths: list[str] = []
        self.status = 200
        self.open = threading.Event()
        self.open.set()
        self.arrived = threading.Semaphore(0)

    @property
    def url(self) -> str:
        """Address of its API, with the slash that the setting has."""
        return f"http://127.0.0.1:{self.server_port}/api/1/"

    @property
    def reports(self) -> list[dict[str, Any]]:
        """What was reported to it, without the envelope."""
        return [json.loads(body)["data"] for body in self.bodies]

    def await_report(self) -> dict[str, Any]:
        """Return the next report; it comes in another thread than that of the error."""
        assert self.arrived.acquire(timeout=WAIT_SECONDS), "nothing was reported to Rollbar"
        return self.reports[-1]


class _Handler(BaseHTTPRequestHandler):
    server: RollbarDouble

    def do_POST(self) -> None:
        self.server.paths.append(self.path)
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.arrived.release()
        self.server.open.wait()
        body = json.dumps({"err": 0, "result": {"uuid": "1"}}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Keep the test output clean."""


@contextmanager
def rollbar_double() -> Iterator[RollbarDouble]:
    """Run one until the block ends."""
    server = RollbarDouble()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.open.set()
    server.shutdown()
    thread.join()
    server.server_close()
