"""The machine of docs/deploy/vps.md: a real nginx with the TLS site in front of gunicorn with production settings."""

import json
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from config.environment import PROJECT_DIR
from config.tests.deployed import PROGRAMS, copy_of_backend, production_variables
from config.tests.processes import free_port, listening_process, text_with
from config.tests.test_nginx import NGINX, _command, _move_logs, _replace_once

HOST = "tickets.example.com"
COLLECT = "DJANGO_SETTINGS_MODULE=config.settings.build python manage.py collectstatic --noinput"
pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(NGINX is None or shutil.which("openssl") is None, reason="nginx and openssl are needed"),
    # The certificate is the test's own and names the host, not 127.0.0.1; TestCertificate looks at it properly.
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
]


@dataclass(frozen=True)
class Machine:
    """Where the machine answers, and the folder of its files."""

    http: int
    https: int
    folder: Path

    def get(self, path: str, **options: object) -> requests.Response:
        """Ask by https, under the host's name."""
        return self.request("GET", path, **options)

    def request(self, method: str, path: str, **options: object) -> requests.Response:
        """Ask by https; the answer's redirects are not followed."""
        headers = {"Host": HOST} | dict(options.pop("headers", None) or {})  # type: ignore[call-overload]
        adapter = _ServerName()
        with requests.Session() as session:
            session.mount("https://", adapter)
            return session.request(
                method,
                f"https://127.0.0.1:{self.https}{path}",
                headers=headers,
                verify=False,
                allow_redirects=False,
                timeout=60,
                **options,  # type: ignore[arg-type]
            )


class _ServerName(requests.adapters.HTTPAdapter):
    """Names the host in the TLS handshake, as a browser does."""

    def init_poolmanager(self, *args: object, **options: object) -> None:
        super().init_poolmanager(*args, server_hostname=HOST, assert_hostname=False, **options)  # type: ignore[arg-type]


def _certificate(folder: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={HOST}"]
    names = ["-addext", f"subjectAltName=DNS:{HOST}"]
    files = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    subprocess.run([*command, *names, *files], check=True, capture_output=True)


def _installed(folder: Path, *, http: int, https: int, upstream: int) -> Path:
    """Lay the files where the page puts them, below a folder of the test, with ports that are free."""
    etc = folder / "etc"
    for name in ("snippets", "conf.d", "sites-available", "sites-enabled"):
        (etc / name).mkdir(parents=True)
    shutil.copy(PROJECT_DIR / "nginx/nginx.conf", etc / "nginx.conf")
    shutil.copy(PROJECT_DIR / "nginx/snippets/site.conf", etc / "snippets/site.conf")
    shutil.copy(PROJECT_DIR / "deploy/nginx/host.conf", etc / "conf.d/season-tickets.conf")
    site = etc / "sites-available/season-tickets"
    shutil.copy(PROJECT_DIR / "nginx/conf.d/site-tls.conf.example", site)
    (etc / "sites-enabled/season-tickets").symlink_to("../sites-available/season-tickets")

    text = site.read_text().replace(f"/etc/letsencrypt/live/{HOST}", str(folder))
    text = text.replace("listen 80 ", f"listen 127.0.0.1:{http} ").replace("listen 443 ", f"listen 127.0.0.1:{https} ")
    site.write_text(text.replace("rate=20r/s", "rate=1r/s"))  # so that a slow machine sees the limit, too
    _replace_once(etc / "conf.d/season-tickets.conf", "127.0.0.1:8000", f"127.0.0.1:{upstream}")
    _move_logs(etc / "nginx.conf", folder)
    paths = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    (etc / "conf.d/zz-test.conf").write_text("".join(f"{name}_temp_path {folder}/{name};\n" for name in paths))
    return etc / "nginx.conf"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Run gunicorn with the production settings, and nginx in front of it."""
    folder = tmp_path_factory.mktemp("machine")
    backend = copy_of_backend(folder, COLLECT)
    _certificate(folder)
    http, https, upstream = free_port(), free_port(), free_port()
    variables = production_variables() | {
        "PORT": str(upstream),
        "DJANGO_ALLOWED_HOSTS": HOST,
        "ADMIN_ENABLED": "True",
        "API_THROTTLE_ANON": "none",
        "HEALTH_CHECK_TOKEN": "machine-token",
    }
    gunicorn = [str(PROGRAMS / "gunicorn"), "-c", "config/gunicorn.py", "config.wsgi"]
    nginx = _command(_installed(folder, http=http, https=https, upstream=upstream))
    with (
        listening_process(gunicorn, port=upstream, cwd=backend, log=folder / "web.log", env=variables),
        listening_process(nginx, port=https, cwd=folder, log=folder / "nginx.log"),
    ):
        yield Machine(http, https, folder)


class TestCertificate:
    def test_is_that_of_the_host_by_a_modern_protocol(self, machine: Machine) -> None:
        """S0-21."""
        context = ssl.create_default_context(cafile=machine.folder / "fullchain.pem")
        with (
            socket.create_connection(("127.0.0.1", machine.https), timeout=60) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as secured,
        ):
            assert secured.version() in {"TLSv1.2", "TLSv1.3"}

    def test_is_shown_to_nobody_who_asks_for_another_name(self, machine: Machine) -> None:
        context = ssl.create_default_context(cafile=machine.folder / "fullchain.pem")
        with (
            socket.create_connection(("127.0.0.1", machine.https), timeout=60) as plain,
            pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"),
        ):
            context.wrap_socket(plain, server_hostname="other.example.com")

    @pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384"])
    def test_is_shown_to_no_weak_client(self, machine: Machine, cipher: str) -> None:
        """No forward secrecy, or a MAC after the encryption; the same client with a good cipher gets in."""
        assert self._by(machine, "ECDHE-RSA-AES128-GCM-SHA256") == "TLSv1.2"
        with pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"):
            self._by(machine, cipher)

    def _by(self, machine: Machine, cipher: str) -> str | None:
        context = ssl.create_default_context(cafile=machine.folder / "fullchain.pem")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(cipher)
        with (
            socket.create_connection(("127.0.0.1", machine.https), timeout=60) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as secured,
        ):
            return secured.version()


class TestAnswers:
    def test_plain_http_is_sent_to_https(self, machine: Machine) -> None:
        """S0-21."""
        answer = requests.get(f"http://127.0.0.1:{machine.http}/api/docs/?a=1", allow_redirects=False, timeout=60)
        assert answer.status_code == 308
        assert answer.headers["Location"] == f"https://{HOST}/api/docs/?a=1"

    def test_have_the_security_headers_once(self, machine: Machine) -> None:
        """S0-19, S0-20: the WSGI entry behind the site answers."""
        answer = machine.get("/accounts/login/")
        assert answer.status_code == 200
        assert answer.headers["Strict-Transport-Security"] == "max-age=3600; includeSubDomains; preload"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "Referrer-Policy" in answer.headers
        assert "," not in answer.headers["X-Frame-Options"]  # twice would be joined by one
        assert re.fullmatch(r"nginx", answer.headers["Server"])
        assert all("Secure" in cookie for cookie in answer.headers["Set-Cookie"].split(", csrftoken"))

    def test_begin_with_a_page_that_leads_on(self, machine: Machine) -> None:
        """S1-03: with the production settings and its policy."""
        answer = machine.get("/")
        assert answer.status_code == 200
        assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
        assert 'href="/accounts/signup/"' in answer.text
        assert 'href="/admin/"' in answer.text
        assert machine.get("/api/v1/").headers["Location"] == "/api/docs/"

    def test_have_the_request_id_of_nginx_s_log(self, machine: Machine) -> None:
        """S3-16: one id from the first line of the log to the last."""
        answer = machine.get("/livez", headers={"X-Request-ID": "chosen-by-a-stranger"})
        request_id = answer.headers["X-Request-ID"]
        assert re.fullmatch(r"[0-9a-f]{32}", request_id)
        for log in ("access.log", "web.log"):
            text_with(machine.folder / log, request_id)

    def test_static_files_are_compressed_and_kept_for_years(self, machine: Machine) -> None:
        """S2-40."""
        manifest = json.loads((machine.folder / "django-backend/staticfiles/staticfiles.json").read_text())
        style = manifest["paths"]["admin/css/base.css"]
        assert re.fullmatch(r"admin/css/base\.[0-9a-f]{12}\.css", style)
        answer = machine.get(f"/static/{style}", headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]
        assert int(re.search(r"max-age=(\d+)", answer.headers["Cache-Control"])[1]) > 300_000_000  # type: ignore[index]

    def test_another_host_behind_the_same_handshake_is_refused(self, machine: Machine) -> None:
        """S2-40: by nginx; Django's own refusal is in test_settings.py."""
        assert machine.get("/livez", headers={"Host": "evil.example"}).status_code == 421

    def test_too_large_a_body_is_refused_in_the_form_of_the_api(self, machine: Machine) -> None:
        refused = machine.request("POST", "/api/v1/listings/", data=b"x" * (25 * 1024 * 1024 + 1))
        assert refused.status_code == 413
        assert refused.json()["errors"][0]["code"] == "request_too_large"

    def test_health_check_is_closed_without_its_token(self, machine: Machine) -> None:
        assert machine.get("/api/health-check/?format=json").status_code == 403
        answer = machine.get("/api/health-check/?format=json", headers={"Authorization": "machine-token"})
        assert answer.json()["Cache"]["status"] == "working"


class TestLimit:
    def test_cuts_a_flood_off_in_the_form_of_the_api(self, machine: Machine) -> None:
        """60 at once pass, then one a second (20 in production); the last of 150 cannot."""
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: machine.get("/livez"), range(150)))
        by_status = {status: [a for a in answers if a.status_code == status] for status in (200, 429)}
        assert len(by_status[200]) + len(by_status[429]) == 150
        assert by_status[200]
        refused = by_status[429][0]
        assert refused.headers["Retry-After"] == "1"
        assert json.loads(refused.text)["errors"][0]["code"] == "throttled"


def test_configuration_is_accepted_by_nginx_itself(tmp_path: Path) -> None:
    """S0-20: `nginx -t` on the files as the page lays them."""
    _certificate(tmp_path)
    configuration = _installed(tmp_path, http=free_port(), https=free_port(), upstream=free_port())
    done = subprocess.run(_command(configuration, "-t"), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr
