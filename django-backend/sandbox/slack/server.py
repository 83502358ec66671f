"""The server: threads, this machine only."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from werkzeug.serving import BaseWSGIServer

from sandbox import serving
from sandbox.serving import HOST, served
from sandbox.slack.app import Sandbox
from sandbox.slack.options import Options


def new_server(
    options: Options, port: int = 0, clock: Callable[[], float] = time.time
) -> tuple[BaseWSGIServer, Sandbox]:
    """Return a server that listens but does not serve yet, and its application; port 0 means any free port."""
    server = serving.new_server(port)
    sandbox = Sandbox(options, f"http://{HOST}:{server.server_port}", clock)
    server.app = sandbox
    return server, sandbox


@contextmanager
def running(options: Options, port: int = 0, clock: Callable[[], float] = time.time) -> Iterator[str]:
    """Serve in a thread until the block ends; yields the address, such as http://127.0.0.1:8050."""
    server, sandbox = new_server(options, port, clock)
    with closing(sandbox), served(server) as url:
        yield url
