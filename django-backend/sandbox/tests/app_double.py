"""A minimal app: takes what the local Slack sends, checks the signature, and gives the answers that a test sets."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from slack_sdk.signature import SignatureVerifier
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

SECRET = "of-the-tests"


class QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@dataclass
class Received:
    """One request as it arrived."""

    path: str
    signed: bool
    content_type: str
    fields: dict[str, str]

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.fields["payload"])


@dataclass
class AppDouble:
    """The requests received, and the answer to the next one: a response, or a function that makes one."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], Response] = lambda _received: Response("")

    @property
    def last(self) -> Received:
        return self.received[-1]

    @Request.application
    def __call__(self, request: Request) -> Response:
        body = request.get_data()
        received = Received(
            path=request.path,
            signed=SignatureVerifier(SECRET).is_valid_request(body, dict(request.headers)),
            content_type=request.content_type or "",
            fields={name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()},
        )
        self.received.append(received)
        return self.answer(received)


@contextmanager
def app_double() -> Iterator[AppDouble]:
    """Run the double until the block ends."""
    double = AppDouble()

    def application(environ: Any, start_response: Any) -> Any:
        return double(environ, start_response)

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietHandler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
