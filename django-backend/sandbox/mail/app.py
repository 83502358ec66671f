"""The WSGI application: the pages, and the mails as JSON for programs."""

from pathlib import Path
from typing import Final
from urllib.parse import quote

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from sandbox.mail.page import FRAME_POLICY, framed, list_page, mail_page
from sandbox.mail.reading import Contents, contents, links
from sandbox.mail.store import Mail, Store
from sandbox.serving import PAGE_HEADERS, LocalApp, json_answer

_LONGEST_WAIT, _MOST_LISTED = 60, 50
_URLS: Final = Map(
    [
        Rule("/", endpoint="list", methods=["GET"]),
        Rule("/static/<name>", endpoint="static", methods=["GET"]),
        Rule("/mails", endpoint="mails", methods=["GET"]),
        # A form on another site cannot send DELETE, and its scripts may not.
        Rule("/mails", endpoint="clear", methods=["DELETE"]),
        Rule("/mails/<int(max=999999999):number>", endpoint="mail", methods=["GET"]),
        Rule("/mails/<int(max=999999999):number>/html", endpoint="html", methods=["GET"]),
        Rule("/mails/<int(max=999999999):number>/source", endpoint="source", methods=["GET"]),
        Rule(
            "/mails/<int(max=999999999):number>/attachments/<int(max=999):position>",
            endpoint="attachment",
            methods=["GET"],
        ),
    ]
)


class Mailbox(LocalApp):
    """The pages of one store; `url` is their address, without a trailing slash."""

    urls, static = _URLS, Path(__file__).parent / "static"

    def __init__(self, store: Store, url: str) -> None:
        self._store, self._url = store, url

    def headers(self) -> dict[str, str]:
        """Return the headers of all pages, which show mails in a frame."""
        policy = f"{PAGE_HEADERS['Content-Security-Policy']}; frame-src 'self'"
        return PAGE_HEADERS | {"Content-Security-Policy": policy}

    def address(self, mail: Mail) -> str:
        """Return the address of the page of a mail."""
        return f"{self._url}/mails/{mail.id}"

    def _on_list(self, request: Request) -> Response:
        return Response(list_page(self._store.mails()), mimetype="text/html")

    def _on_mails(self, request: Request) -> Response:
        if unknown := request.args.keys() - {"to", "after", "wait"}:
            raise BadRequest(f"Unknown: {', '.join(sorted(unknown))}.")
        after, wait = _number(request, "after"), min(_number(request, "wait"), _LONGEST_WAIT)
        mails = self._store.mails(to=request.args.get("to", ""), after=after, wait=wait)
        return json_answer({"mails": [self._as_json(mail) for mail in mails[:_MOST_LISTED]]})

    def _on_clear(self, request: Request) -> Response:
        self._store.clear()
        return json_answer({"mails": []})

    def _on_mail(self, request: Request, number: int) -> Response:
        mail, raw = self._found(number)
        return Response(mail_page(mail, contents(raw)), mimetype="text/html")

    def _on_html(self, request: Request, number: int) -> Response:
        html = framed(self._read(number).html)
        return Response(html, mimetype="text/html", headers={"Content-Security-Policy": FRAME_POLICY})

    def _on_source(self, request: Request, number: int) -> Response:
        return Response(self._found(number)[1], mimetype="text/plain")

    def _on_attachment(self, request: Request, number: int, position: int) -> Response:
        attachments = self._read(number).attachments
        if position >= len(attachments):
            raise NotFound
        # Never shown, only saved: an attachment may be a page with scripts.
        disposition = f"attachment; filename*=UTF-8''{quote(attachments[position].name, safe='')}"
        content = attachments[position].content
        return Response(content, mimetype="application/octet-stream", headers={"Content-Disposition": disposition})

    def _found(self, number: int) -> tuple[Mail, bytes]:
        found = self._store.raw(number)
        if found is None:
            raise NotFound("There is no such mail (any more).")
        return found

    def _read(self, number: int) -> Contents:
        return contents(self._found(number)[1])

    def _as_json(self, mail: Mail) -> dict[str, object]:
        return {
            "id": mail.id,
            "url": self.address(mail),
            "recipients": mail.recipients,
            "subject": mail.subject,
            "text": mail.text,
            "links": links(mail.text),
        }


def _number(request: Request, name: str) -> int:
    text = request.args.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - SQLite takes no more than 18
        raise BadRequest(f"{name} is a number.")
    return int(text)
