"""Serves stand-ins from a thread, on this machine only, until the process is asked to stop."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

HOST = "127.0.0.1"
# A page elsewhere could reach this machine behind a name of its own: other names are refused.
OWN_HOSTS = ["127.0.0.1", "localhost"]


class QuietHandler(WSGIRequestHandler):
    """Writes no log: pages ask every second, and stand-ins keep what was asked."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def new_server(port: int, handler: type[WSGIRequestHandler] = QuietHandler) -> BaseWSGIServer:
    """Return a server that listens, not yet serving and without its application; port 0 takes a free one."""
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


def end_of_process() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set, in place of what they did before."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    return ended
