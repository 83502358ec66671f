"""nginx/: the files parse always; where nginx is installed, a real one stands in front of a real upstream."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import crossplane
import pytest
import requests

from config.environment import BACKEND_DIR, PROJECT_DIR
from config.tests.processes import free_port, listening_process, text_with

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

LARGE_ANSWER = json.dumps({"results": ["row"] * 1000})


class EchoHandler(BaseHTTPRequestHandler):
    """An upstream that answers with what it received."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = {
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "repeated": sorted({name.lower() for name in self.headers if len(self.headers.get_all(name, [])) > 1}),
        }
        self._answer(LARGE_ANSWER if self.path == "/large" else json.dumps(body))

    def do_POST(self) -> None:
        received = len(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(json.dumps({"received": received}))

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: object) -> None:
        """Keep the test output clean."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    """Port of the echoing upstream."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), EchoHandler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def _private_copy(folder: Path, *, listen: int, upstream: int) -> Path:
    """Copy nginx/ so that it runs beside anything else: own port, upstream, log and temporary folders."""
    copy = folder / "nginx"
    shutil.copytree(PROJECT_DIR / "nginx", copy)
    _replace_once(copy / "conf.d/site.conf", "listen 80 ", f"listen 127.0.0.1:{listen} ")
    _replace_once(copy / "conf.d/upstream.conf", "server django:8000;", f"server 127.0.0.1:{upstream};")
    _move_logs(copy / "nginx.conf", folder)
    paths = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    (copy / "conf.d/zz-test.conf").write_text("".join(f"{name}_temp_path {folder}/{name};\n" for name in paths))
    return copy / "nginx.conf"


def _replace_once(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, f"{path.name} has changed: {old!r} should stand there once"
    path.write_text(text.replace(old, new))


def _move_logs(configuration: Path, folder: Path) -> None:
    for name in ("access.log", "error.log"):
        _replace_once(configuration, f"/var/log/nginx/{name}", str(folder / name))


def _command(configuration: Path, *more: str) -> list[str]:
    assert NGINX
    folder = configuration.parent.parent
    settings = f"pid {folder}/nginx.pid; daemon off;"
    if os.geteuid() == 0:
        settings += " user root;"  # nginx's usual account may not enter pytest's folders
    return [NGINX, "-c", str(configuration), "-e", str(folder / "error.log"), "-g", settings, *more]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the running nginx keeps its files."""
    return tmp_path_factory.mktemp("nginx")


@pytest.fixture(scope="module")
def proxy(folder: Path, upstream: int) -> Iterator[str]:
    """Address of a running nginx with the project's configuration."""
    port = free_port()
    configuration = _private_copy(folder, listen=port, upstream=upstream)
    with listening_process(_command(configuration), port=port, cwd=folder, log=folder / "output.log"):
        yield f"http://127.0.0.1:{port}"


def _directives(block: list[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    for directive in block:
        yield directive["directive"], directive["args"]
        yield from _directives(directive.get("block", []))


def _parsed(configuration: Path) -> list[tuple[str, list[str]]]:
    payload = crossplane.parse(str(configuration))
    assert payload["status"] == "ok", payload["errors"]
    return [found for file in payload["config"] for found in _directives(file["parsed"])]


def _with_tls_site(folder: Path) -> Path:
    copy = folder / "nginx"
    shutil.copytree(PROJECT_DIR / "nginx", copy)
    (copy / "conf.d/site-tls.conf.example").replace(copy / "conf.d/site.conf")
    return copy / "nginx.conf"


class TestConfiguration:
    def test_parses_with_every_included_file(self) -> None:
        """S3-07."""
        directives = _parsed(PROJECT_DIR / "nginx/nginx.conf")
        assert ("proxy_pass", ["http://django"]) in directives
        assert ("server", ["django:8000"]) in directives
        assert ("client_max_body_size", ["25m"]) in directives

    def test_tls_example_parses_in_place_of_the_plain_site(self, tmp_path: Path) -> None:
        directives = _parsed(_with_tls_site(tmp_path))
        assert ("ssl_protocols", ["TLSv1.2", "TLSv1.3"]) in directives
        assert [name for name, _ in directives].count("ssl_protocols") == 1, "one for all servers"
        assert ("proxy_pass", ["http://django"]) in directives

    def test_lists_no_folder_and_repeats_no_security_header_of_django(self) -> None:
        """S3-07."""
        directives = _parsed(PROJECT_DIR / "nginx/nginx.conf")
        assert "autoindex" not in {name for name, _ in directives}
        assert {arguments[0] for name, arguments in directives if name == "add_header"} == {"Retry-After"}

    @needs_nginx
    def test_tls_example_is_accepted_by_nginx_itself(self, tmp_path: Path) -> None:
        openssl = shutil.which("openssl")
        if openssl is None:
            pytest.skip("openssl is not installed")
        certificate, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
        make = [
            openssl,
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=tickets.example.com",
        ]
        subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        configuration = _with_tls_site(tmp_path)
        site = configuration.parent / "conf.d/site.conf"
        site.write_text(site.read_text().replace("/etc/letsencrypt/live/tickets.example.com", str(tmp_path)))
        _replace_once(configuration.parent / "conf.d/upstream.conf", "server django:8000;", "server 127.0.0.1:8000;")
        _move_logs(configuration, tmp_path)
        done = subprocess.run(_command(configuration, "-t"), check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "[warn]" not in done.stderr


@needs_nginx
@pytest.mark.stack
class TestRunningProxy:
    def test_passes_the_request_on_with_forwarded_headers(self, proxy: str) -> None:
        """S3-07, S2-05."""
        answer = requests.get(f"{proxy}/api/v1/listings/?page=2", headers={"Authorization": "token"}, timeout=60)
        assert answer.status_code == 200
        received = answer.json()
        assert received["path"] == "/api/v1/listings/?page=2"
        headers = received["headers"]
        assert headers["x-forwarded-for"] == "127.0.0.1"
        assert headers["x-forwarded-proto"] == "http"
        assert f"http://{headers['host']}" == f"http://{headers['x-forwarded-host']}" == proxy
        assert headers["authorization"] == "token"

    def test_overwrites_forwarded_headers_of_the_client(self, proxy: str) -> None:
        forged = {
            "X-Forwarded-For": "203.0.113.9",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Port": "443",
            "X-Real-IP": "203.0.113.9",
            "Forwarded": "for=203.0.113.9;proto=https",
        }
        received = requests.get(proxy, headers=forged, timeout=60).json()
        sent_on = json.dumps(received["headers"])
        assert "203.0.113.9" not in sent_on
        assert "evil.example" not in sent_on
        assert "https" not in sent_on
        assert received["headers"]["x-forwarded-for"] == "127.0.0.1"
        assert received["repeated"] == []

    def test_leaves_the_double_slash_of_the_health_check_address(self, proxy: str) -> None:
        """S3-30: the seed's spelling reaches Django as it was typed."""
        assert requests.get(f"{proxy}/api//health-check/", timeout=60).json()["path"] == "/api//health-check/"

    def test_compresses_large_json(self, proxy: str) -> None:
        answer = requests.get(f"{proxy}/large", headers={"Accept-Encoding": "gzip"}, timeout=60)
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.json() == json.loads(LARGE_ANSWER)

    def test_takes_bodies_up_to_25_megabytes_and_refuses_larger_ones_in_the_form_of_the_api(self, proxy: str) -> None:
        limit = 25 * 1024 * 1024
        assert requests.post(f"{proxy}/upload", data=b"x" * limit, timeout=60).json() == {"received": limit}
        refused = requests.post(f"{proxy}/upload", data=b"x" * (limit + 1), timeout=60)
        assert refused.status_code == 413
        assert refused.headers["Content-Type"] == "application/json"
        assert refused.json()["errors"][0]["code"] == "request_too_large"

    def test_writes_no_query_string_into_the_access_log(self, proxy: str, folder: Path) -> None:
        requests.get(f"{proxy}/logged/?email=ada@example.com", timeout=60)
        text = text_with(folder / "access.log", '"method":"GET","path":"/logged/","status":200')
        assert "ada@example.com" not in text

    def test_gives_each_request_an_id_of_its_own(self, proxy: str, folder: Path) -> None:
        """The log says it too, and nothing of a token in the path."""
        forged = {"X-Request-ID": "0123456789abcdef0123456789abcdef"}
        paths = ("/mail/unsubscribe/secret:token/", "/accounts/confirm-email/secret:token/")
        sent = [requests.get(f"{proxy}{path}", headers=forged, timeout=60).json()["headers"] for path in paths]
        ids = [headers["x-request-id"] for headers in sent]
        assert len({*ids, *forged.values()}) == 3
        assert all(re.fullmatch("[0-9a-f]{32}", one) for one in ids)
        text = [text_with(folder / "access.log", one) for one in ids][-1]
        assert "secret:token" not in text
        lines = [json.loads(line) for line in text.splitlines()]
        assert {"/mail/unsubscribe/[hidden]", "/accounts/confirm-email/[hidden]"} <= {line["path"] for line in lines}

    def test_stands_in_front_of_gunicorn(self, tmp_path: Path) -> None:
        """S3-07, S2-05."""
        listen, upstream = free_port(), free_port()
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
        environment = {**os.environ, "PORT": str(upstream), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
        web_log = tmp_path / "web.log"
        nginx = _command(_private_copy(tmp_path, listen=listen, upstream=upstream))
        with (
            listening_process(gunicorn, port=upstream, cwd=BACKEND_DIR, log=web_log, env=environment),
            listening_process(nginx, port=listen, cwd=tmp_path, log=tmp_path / "output.log"),
        ):
            address = f"http://127.0.0.1:{listen}"
            assert requests.get(f"{address}/livez", timeout=60).text == "ok\n"
            closed = requests.get(f"{address}/api//health-check/?token=guess", timeout=60)
            assert closed.status_code == 403
            text = text_with(web_log, re.compile(r"GET /api//health-check/\S* 403 "))
        assert "guess" not in text

    def test_says_in_the_form_of_the_api_that_django_is_away(self, tmp_path: Path) -> None:
        port = free_port()
        configuration = _private_copy(tmp_path, listen=port, upstream=free_port())
        with listening_process(_command(configuration), port=port, cwd=tmp_path, log=tmp_path / "output.log"):
            answer = requests.get(f"http://127.0.0.1:{port}/api/v1/listings/", timeout=60)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert answer.json()["errors"][0]["code"] == "unavailable"

    def test_keeps_secrets_out_of_its_logs_while_django_is_away(self, tmp_path: Path) -> None:
        """The error log would hold the whole address: the monitor's token, and that of a link in a mail."""
        port = free_port()
        configuration = _private_copy(tmp_path, listen=port, upstream=free_port())
        with listening_process(_command(configuration), port=port, cwd=tmp_path, log=tmp_path / "output.log"):
            for path, logged in (
                ("/api//health-check/?token=secret-7d1", "/api/health-check/"),
                ("/mail/unsubscribe/secret-7d1/", "/mail/unsubscribe/[hidden]"),
            ):
                assert requests.get(f"http://127.0.0.1:{port}{path}", timeout=60).status_code == 503
                access = text_with(tmp_path / "access.log", f'"path":"{logged}"')
        written = access + "".join((tmp_path / name).read_text() for name in ("error.log", "output.log"))
        assert "secret-7d1" not in written
        lines = [json.loads(line) for line in access.splitlines()]
        assert [(line["status"], line["upstream_status"]) for line in lines] == [(503, "502")] * 2

    @pytest.mark.parametrize(
        "head",
        [
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b",
            "GET / HTTP/1.1",
            "TRACE / HTTP/1.1\r\nHost: a",
        ],
    )
    def test_passes_on_no_request_that_can_be_read_in_two_ways(self, proxy: str, folder: Path, head: str) -> None:
        """A second request smuggled behind the first, or a host of the client's choice; nothing reaches Django."""
        with socket.create_connection(("127.0.0.1", int(proxy.rpartition(":")[2])), timeout=60) as connection:
            connection.sendall(f"{head}\r\n\r\n0\r\n\r\n".encode())
            status = int(connection.recv(4096).split()[1])
        assert status in {400, 405, 501}
        text = text_with(folder / "access.log", f'"status":{status},')
        line = [line for line in text.splitlines() if f'"status":{status},' in line][-1]
        assert '"upstream":"","upstream_status":""' in line

    def test_drops_headers_that_python_would_mistake_for_its_own(self, proxy: str) -> None:
        """`X_Forwarded_For` and `X-Forwarded-For` are one name to WSGI."""
        forged = {"X_Forwarded_For": "203.0.113.9", "X_Request_ID": "forged", "X_Forwarded_Proto": "https"}
        headers = requests.get(proxy, headers=forged, timeout=60).json()["headers"]
        assert {name for name in headers if "_" in name} == set()
        assert headers["x-forwarded-for"] == "127.0.0.1"
