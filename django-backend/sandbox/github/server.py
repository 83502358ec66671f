"""The server: threads, this machine only."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from sandbox.github.app import Sandbox
from sandbox.github.options import Options

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HOST = "127.0.0.1"


class _QuietHandler(WSGIRequestHandler):
    """Speaks HTTP 1.1, so that a client keeps its connection as it would with GitHub."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: `Sandbox.calls` has it."""

    def connection_dropped(self, error: BaseException, environ: "WSGIEnvironment | None" = None) -> None:
        """End the connection, which HTTP 1.1 would keep."""
        self.close_connection = True


def new_server(
    options: Options, port: int = 0, clock: Callable[[], float] = time.time
) -> tuple[BaseWSGIServer, Sandbox]:
    """Return a server that listens, not yet serving, and its application; port 0 takes a free one."""
    server = make_server(HOST, port, Response(status=503), threaded=True, request_handler=_QuietHandler)
    sandbox = Sandbox(options, f"http://{HOST}:{server.server_port}", clock)
    server.app = sandbox
    return server, sandbox


@contextmanager
def running(options: Options, port: int = 0, clock: Callable[[], float] = time.time) -> Iterator[tuple[str, Sandbox]]:
    """Serve in a thread until the block ends; yields address (http://127.0.0.1:8060) and application."""
    server, sandbox = new_server(options, port, clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}", sandbox
    finally:
        sandbox.close()
        server.shutdown()
        thread.join()
        server.server_close()
