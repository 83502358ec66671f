"""The server: threads, this machine only."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from sandbox.github.app import Sandbox
from sandbox.github.options import Options
from sandbox.serving import HOST, QuietHandler, new_server, served


class _KeptConnections(QuietHandler):
    """Uses HTTP 1.1, so that a client keeps its connection as it would with GitHub."""

    protocol_version = "HTTP/1.1"


@contextmanager
def running(options: Options, port: int = 0, clock: Callable[[], float] = time.time) -> Iterator[tuple[str, Sandbox]]:
    """Serve in a thread until the block ends; yields address (http://127.0.0.1:8060) and application."""
    server = new_server(port, _KeptConnections)
    sandbox = Sandbox(options, f"http://{HOST}:{server.server_port}", clock)
    server.app = sandbox
    with served(server) as url, closing(sandbox):
        yield url, sandbox
