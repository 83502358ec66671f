"""The local mail server: what Django sends is shown and reported, what is malformed or hostile does no harm."""

import http.client
import json
import smtplib
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.mail import store as store_module
from sandbox.mail.page import FRAME_POLICY
from sandbox.mail.reading import contents
from sandbox.mail.server import MOST_BYTES, Running, running
from sandbox.mail.store import Store

# Parts of a mail that no program would send.
PIECES = rb"""Content-Type: text/plain; charset=
Content-Type: multipart/mixed; boundary=b
Content-Type: message/rfc822
Content-Type: text/html; charset*=''%00
Content-Transfer-Encoding: base64
Content-Transfer-Encoding: quoted-printable
Content-Transfer-Encoding: x-uuencode
Content-Disposition: attachment; filename*=no''%FF
Content-Disposition: attachment; filename==?utf-8?b?gA==?=
Subject: =?x?b?!!?=
To: <@[;:
=?utf-8?q?=ZZ?=
no-such-charset
begin 644 x
--b
--b--""".split(b"\n")
BREAKS = [b"\r\n", b"\r\n\r\n", b"utf-8\x00", b"\xff\xfe"]


def new_mail(to: str = "ann@example.com", subject: str = "Your seats", **parts: Any) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Season Tickets Tech <noreply@localhost>", to, subject
    mail.set_content(parts.get("text", "Go to http://127.0.0.1:8000/a?b=1&c=2."))
    if html := parts.get("html"):
        mail.add_alternative(html, subtype="html")
    return mail


class Mailbox:
    """A running mail server, used as programs use it; `reported` has the lines that it printed."""

    def __init__(self, found: Running, reported: list[str]) -> None:
        self.url, self.port, self.reported = found.url, found.smtp_port, reported

    def send(self, mail: EmailMessage | bytes, to: list[str] | None = None) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as smtp:
            if isinstance(mail, bytes):
                smtp.sendmail("a@example.com", to or ["ann@example.com"], mail)
            else:
                smtp.send_message(mail, to_addrs=to)

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        request = urllib.request.Request(f"{self.url}{path}", method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, dict(refused.headers), refused.read()

    def mails(self, query: str = "") -> list[dict[str, Any]]:
        return json.loads(self.ask(f"/mails{query}")[2])["mails"]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    reported: list[str] = []
    with running(report=reported.append) as found:
        yield Mailbox(found, reported)


class TestMail:
    def test_is_reported_in_one_line_and_found_by_its_recipient(self, mailbox: Mailbox) -> None:
        mailbox.send(new_mail("bob@example.com", "Other"))
        mailbox.send(new_mail(), to=["Ann@example.com", "hidden@example.com"])
        [mail] = mailbox.mails("?to=ann@EXAMPLE.com")
        assert mail == {
            "id": 2, "url": f"{mailbox.url}/mails/2", "recipients": ["Ann@example.com", "hidden@example.com"],
            "subject": "Your seats", "text": "Go to http://127.0.0.1:8000/a?b=1&c=2.\r\n",
            "links": ["http://127.0.0.1:8000/a?b=1&c=2"],
        }  # fmt: skip
        assert mailbox.reported == [
            f"To bob@example.com: Other  {mailbox.url}/mails/1",
            f"To Ann@example.com, hidden@example.com: Your seats  {mailbox.url}/mails/2",
        ]

    def test_is_waited_for(self, mailbox: Mailbox) -> None:
        later = threading.Timer(0.2, mailbox.send, args=(new_mail(),))
        later.start()
        assert [mail["id"] for mail in mailbox.mails("?to=ann@example.com&after=0&wait=20")] == [1]
        later.join()

    def test_is_shown_with_all_its_parts(self, mailbox: Mailbox) -> None:
        mail = new_mail(html="<html><head></head><p>Héllo</p></html>", subject="Grüße")
        mail.add_attachment(b"%PDF-" + bytes(3_000_000), maintype="application", subtype="pdf", filename="a ü.pdf")
        mailbox.send(mail)
        status, _, page = mailbox.ask("/mails/1")
        assert status == 200
        for part in ("Grüße", "noreply@localhost", "b=1&amp;c=2</a>.", "a ü.pdf", "3,000,005 bytes"):
            assert part in page.decode()
        assert "<p>Héllo</p>" in mailbox.ask("/mails/1/html")[2].decode()
        status, headers, content = mailbox.ask("/mails/1/attachments/0")
        assert (headers["Content-Type"], len(content)) == ("application/octet-stream", 3_000_005)
        assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%20%C3%BC.pdf"
        assert mailbox.ask("/mails/1/source")[2].count(b"noreply@localhost") == 1
        assert "Grüße" in mailbox.ask("/")[2].decode()

    def test_is_gone_after_delete_all(self, mailbox: Mailbox) -> None:
        mailbox.send(new_mail())
        assert mailbox.ask("/mails", "POST")[0] == 405, "a form of a foreign page could send it"
        assert mailbox.ask("/mails", "DELETE")[0] == 200
        assert mailbox.mails() == []
        mailbox.send(new_mail())
        assert mailbox.mails()[0]["id"] == 2, "the address of a mail never becomes that of another"

    @pytest.mark.parametrize("path", ["/mails/9", "/mails/9/html", "/mails/9/source", f"/mails/{'9' * 30}", "/nowhere"])
    def test_that_does_not_exist_is_404(self, mailbox: Mailbox, path: str) -> None:
        assert mailbox.ask(path)[0] == 404

    @pytest.mark.parametrize("query", ["after=x", "wait=-1", f"after={'9' * 40}", "recipient=a"])
    def test_cannot_be_searched_by_unknown_parameters(self, mailbox: Mailbox, query: str) -> None:
        assert mailbox.ask(f"/mails?{query}")[0] == 400

    def test_beyond_the_limit_is_refused_by_smtp(self, mailbox: Mailbox) -> None:
        with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
            mailbox.send(b"Subject: x\n\n" + b"line\n" * (MOST_BYTES // 4))
        assert refusal.value.smtp_code == 552


class TestHostileMail:
    HTML = "<script>top.document.title='owned'</script><img src=x onerror=top.document.title='owned'>"

    def test_is_escaped_on_the_pages_and_framed_without_rights(self, mailbox: Mailbox) -> None:
        evil = '"><script>alert(1)</script>'
        mail = new_mail(subject=evil, html=self.HTML, text=f"{evil} http://x/'\"{evil}")
        mail.add_attachment(self.HTML.encode(), maintype="text", subtype="html", filename=f"{evil}.html")
        mailbox.send(mail)
        for path in ("/", "/mails/1"):
            page = mailbox.ask(path)[2].decode()
            assert "<script>alert" not in page
            assert page.count("<script") == 1
        _, headers, _ = mailbox.ask("/mails/1/html")
        assert headers["Content-Security-Policy"] == FRAME_POLICY
        assert "allow-scripts" not in FRAME_POLICY
        assert "allow-same-origin" not in FRAME_POLICY

    def test_cannot_command_the_terminal(self, mailbox: Mailbox) -> None:
        mailbox.send(b"Subject: a\x1b]0;owned\x07 =?utf-8?b?G1sySg0Kwpti?=\n\nx", to=["a@example.com"])
        [line] = mailbox.reported
        assert line.isprintable()
        assert "owned" in line

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:1080"])
    def test_is_not_read_under_another_host_name(self, mailbox: Mailbox, host: str) -> None:
        """Another site whose name is made to lead to this machine."""
        mailbox.send(new_mail())
        assert mailbox.ask("/mails", Host=host)[0] == 400
        assert mailbox.ask("/mails", "DELETE", Host=host)[0] == 400
        assert len(mailbox.mails()) == 1

    @given(st.lists(st.sampled_from([*PIECES, *BREAKS]) | st.binary(max_size=9), max_size=14).map(b"".join))
    def test_is_read_however_malformed(self, raw: bytes) -> None:
        read = contents(raw)
        assert read.subject.isprintable()
        json.dumps([read.text, read.html, read.headers]).encode()
        "".join([read.text, read.html, *(found.name for found in read.attachments)]).encode()

    @pytest.mark.parametrize("coding", [b"punycode", b"PUNYCODE", b"idna"])
    @pytest.mark.parametrize(
        "head",
        [
            b"Content-Type: text/plain; charset=%b\n\n",
            b'Content-Type: text/html; charset="%b"\n\n',
            b"Content-Transfer-Encoding: 8bit\nContent-Type: text/plain; charset=%b\n\n\xff",
            b"Subject: =?%b?q?",
            b"Content-Disposition: attachment; filename*=%b''",
            b"Content-Type: text/plain; name*=%b''",
        ],
    )
    def test_is_not_decoded_by_the_encodings_of_host_names(self, head: bytes, coding: bytes) -> None:
        """400 kB of punycode blocked the mailbox for six seconds."""
        read = contents(head % coding + b"xn--mnchen-3ya" + b"?=\n\nx")
        shown = [read.subject, read.text, read.html, *(found.name for found in read.attachments)]
        assert "xn--mnchen-3ya" in "".join(shown)

    def test_may_have_deeply_nested_parts(self, mailbox: Mailbox) -> None:
        deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(3_000))
        mailbox.send(deep + b"\r\nx")
        assert mailbox.ask("/mails/1")[0] == 200


class TestStore:
    def test_keeps_mails_over_a_restart_and_deletes_the_oldest(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = str(tmp_path / "mail.sqlite3")
        monkeypatch.setattr(store_module, "MOST_MAILS", 3)
        for number in range(5):
            store = Store(file)
            store.add(["a@example.com"], b"Subject: %d\n\nx" % number)
            store.close()
        store = Store(file)
        assert [mail.subject for mail in store.mails()] == ["4", "3", "2"]
        monkeypatch.setattr(store_module, "MOST_BYTES", 40)
        store.add(["a@example.com"], b"Subject: big\n\n" + b"x" * 50)
        assert [mail.subject for mail in store.mails()] == ["big"], "the newest always stays"
        store.close()

    def test_releases_waiting_requests_when_it_ends(self) -> None:
        with running() as found:
            mailbox, ended = Mailbox(found, []), threading.Event()

            def wait() -> None:
                with pytest.raises((urllib.error.URLError, http.client.RemoteDisconnected)):
                    mailbox.ask("/mails?wait=60")
                ended.set()

            threading.Thread(target=wait).start()
            time.sleep(0.3)
        assert ended.wait(20)
