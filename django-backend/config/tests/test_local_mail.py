"""Where the mails of the local product go."""

import shlex
import socket
from pathlib import Path

import pytest

from devtools.stand_ins import local_mail


def test_the_mailbox_listens_where_the_product_sends(tmp_path: Path) -> None:
    """S2-29."""
    environment: dict[str, str] = {"MAILGUN_ACCESS_KEY": ""}
    command = local_mail(state=tmp_path / "my state", environment=environment)
    assert command is not None
    words = shlex.split(command)
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert environment["EMAIL_URL"] == f"smtp://127.0.0.1:{options['--smtp-port']}"
    assert environment["LOCAL_MAIL_URL"] == f"http://127.0.0.1:{options['--page-port']}/"
    assert options["--database"] == str(tmp_path / "my state" / "mail.sqlite3")


@pytest.mark.parametrize("name", ["EMAIL_URL", "DJANGO_MAILGUN_API_KEY", "MAILGUN_ACCESS_KEY"])
def test_what_the_developer_set_wins(tmp_path: Path, name: str) -> None:
    environment = {name: "smtp://127.0.0.1:2525"}
    assert local_mail(state=tmp_path, environment=environment) is None
    assert environment == {name: "smtp://127.0.0.1:2525"}


def test_taken_ports_are_left_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as smtp, socket.create_server(("127.0.0.1", 0)) as page:
        taken = [other.getsockname()[1] for other in (smtp, page)]
        monkeypatch.setattr("devtools.stand_ins._SMTP_PORT", taken[0])
        monkeypatch.setattr("devtools.stand_ins._PAGE_PORT", taken[1])
        command = local_mail(state=tmp_path, environment={})
    assert command is not None
    assert not {str(port) for port in taken} & set(shlex.split(command))
