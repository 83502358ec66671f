"""Serves stand-ins from a thread, on this machine only, until the process is asked to stop; and their base class."""

import json
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
# Another site could reach this machine under its own host name: other names are refused.
OWN_HOSTS = ["127.0.0.1", "localhost"]
_MOST_BYTES: Final = 4_000_000
_LOOK_UP_SECONDS: Final = 0.5
PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class ConnectionCut(ConnectionError):
    """Ends the connection without an answer: the server drops it on any ConnectionError."""


class LocalApp:
    """A WSGI application. `urls` name its methods: the endpoint `page` is answered by `_on_page(request, …)`."""

    urls: ClassVar[Map]
    static: ClassVar[Path]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        request = Request(environ)
        request.trusted_hosts, request.max_content_length = OWN_HOSTS, _MOST_BYTES
        try:
            request.host  # noqa: B018 - refuses the host names of other sites
            response = self.answer(request)
        except HTTPException as problem:
            response = self.problem(problem)
        for name, value in self.headers().items():
            response.headers.setdefault(name, value)
        return response(environ, start_response)

    def answer(self, request: Request) -> Response:
        """Answer a request for one of our own host names."""
        endpoint, arguments = self.urls.bind_to_environ(request.environ).match()
        response: Response = getattr(self, f"_on_{endpoint}")(request, **arguments)
        return response

    def problem(self, problem: HTTPException) -> Response:
        """Answer a request that is wrong or for an unknown address."""
        return json_answer({"error": problem.description}, problem.code or 500)

    def headers(self) -> Mapping[str, str]:
        """Return headers that every answer gets unless it has its own."""
        return PAGE_HEADERS

    def _on_static(self, request: Request, name: str) -> Response:
        return send_from_directory(self.static, name, request.environ, max_age=0)


def json_answer(body: object, status: int = 200) -> Response:
    """Return an answer in JSON."""
    return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")


class QuietHandler(WSGIRequestHandler):
    """Writes no log: pages send requests every second, and stand-ins record theirs."""

    def connection_dropped(self, error: BaseException, environ: "WSGIEnvironment | None" = None) -> None:
        """End the connection, which HTTP 1.1 would keep open without an answer."""
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def new_server(port: int, handler: type[WSGIRequestHandler] = QuietHandler) -> BaseWSGIServer:
    """Return a server that listens but does not serve yet, without its application; port 0 means any free port."""
    return make_server(HOST, port, Response(status=503), threaded=True, request_handler=handler)


@contextmanager
def served(server: BaseWSGIServer) -> Iterator[str]:
    """Serve in a thread until the block ends; yields the address, such as http://127.0.0.1:8050."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Ended(threading.Event):
    """Looks up now and then: Python runs no handler of a signal that arrives right before the lock is awaited."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set."""
        while not super().wait(_LOOK_UP_SECONDS):
            pass
        return True


def end_of_process() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set, instead of what they did before."""
    ended = _Ended()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    return ended
