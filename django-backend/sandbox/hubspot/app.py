"""The WSGI application: the batch upsert of contacts, the contacts as JSON, and faults on demand."""

import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from sandbox.faults import Faults
from sandbox.serving import ConnectionCut, LocalApp, json_answer, new_server, served

DEFAULT_TOKEN: Final = "pat-sandbox"  # noqa: S105 - opens a service of this machine that holds nothing
KINDS: Final = {"rate_limit": 429, "error_500": 500, "error_502": 502, "drop": 0}
_PROPERTIES: Final = {"email", "firstname", "lastname"}
_MOST_INPUTS: Final = 100
_UPSERT: Final = "/crm/v3/objects/contacts/batch/upsert"


@dataclass
class Fault:
    """What happens to calls, `times` more often; None: until it is cleared."""

    kind: str
    times: int | None = 1


class Refused(Exception):
    """Answered with an error in HubSpot's form."""

    def __init__(self, status: int, category: str, message: str) -> None:
        super().__init__(message)
        self.status, self.category = status, category


class Sandbox(LocalApp):
    """One local HubSpot; contacts are kept in memory, by e-mail."""

    urls = Map(
        [
            Rule("/", endpoint="contacts", methods=["GET"]),
            Rule(_UPSERT, endpoint="upsert", methods=["POST"]),
            Rule("/sandbox/faults", endpoint="faults", methods=["POST", "DELETE"]),
        ]
    )

    def __init__(self, token: str) -> None:
        self.faults: Faults[Fault] = Faults()
        self._token, self._lock = token, threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget contacts, calls and faults."""
        self.faults.clear()
        self.contacts: dict[str, dict[str, str]] = {}
        self.calls = 0

    def fail(self, kind: str) -> None:
        """Let the next call fail in this way."""
        self.faults.add(Fault(kind))

    def answer(self, request: Request) -> Response:
        """Answer a request, or say why not."""
        try:
            return super().answer(request)
        except Refused as refused:
            said = {"status": "error", "message": str(refused), "category": refused.category}
            return json_answer(said, refused.status)

    def problem(self, problem: HTTPException) -> Response:
        """Answer in HubSpot's form."""
        return json_answer({"status": "error", "message": problem.description}, problem.code or 500)

    def _on_contacts(self, request: Request) -> Response:
        return json_answer({"contacts": list(self.contacts.values())})

    def _on_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.clear()
        elif (kind := (request.json or {}).get("kind")) in KINDS:
            self.faults.add(Fault(kind, request.json.get("times", 1)))
        else:
            raise Refused(400, "VALIDATION_ERROR", f"kind is one of {', '.join(KINDS)}.")
        return json_answer({"faults": [vars(fault) for fault in self.faults.listed()]})

    def _on_upsert(self, request: Request) -> Response:
        with self._lock:
            self.calls += 1
            if fault := self.faults.take(lambda _: True):
                return _failed(fault)
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or not hmac.compare_digest(token.encode(), self._token.encode()):
                raise Refused(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
            contacts = [_contact(given) for given in _inputs(request.get_json(silent=True))]
            if len({contact["email"] for contact in contacts}) < len(contacts):
                raise Refused(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input.")
            return json_answer({"status": "COMPLETE", "results": [self._upserted(contact) for contact in contacts]})

    def _upserted(self, contact: dict[str, str]) -> dict[str, Any]:
        key = contact["email"].lower()
        is_new = key not in self.contacts
        self.contacts[key] = {**self.contacts.get(key, {}), **contact, "email": key}
        number = str(1 + list(self.contacts).index(key))
        return {"id": number, "properties": self.contacts[key], "new": is_new, "archived": False}


def _inputs(body: Any) -> list[Any]:
    if not isinstance(body, dict) or set(body) != {"inputs"} or not isinstance(body["inputs"], list):
        raise Refused(400, "VALIDATION_ERROR", "Invalid input JSON: `inputs` and nothing else.")
    if not 1 <= len(body["inputs"]) <= _MOST_INPUTS:
        raise Refused(400, "VALIDATION_ERROR", f"A batch has 1 to {_MOST_INPUTS} inputs.")
    return list(body["inputs"])


def _contact(given: Any) -> dict[str, str]:
    """Return the properties of one input; what HubSpot ignores is refused here, so that a misspelling is noticed."""
    if not isinstance(given, dict) or set(given) != {"idProperty", "id", "properties"}:
        raise Refused(400, "VALIDATION_ERROR", "An input has idProperty, id and properties.")
    properties = given["properties"]
    if given["idProperty"] != "email" or not isinstance(properties, dict):
        raise Refused(400, "VALIDATION_ERROR", "idProperty is email, properties an object.")
    if unknown := properties.keys() - _PROPERTIES:
        raise Refused(400, "VALIDATION_ERROR", f"Property {sorted(unknown)[0]} does not exist.")
    if not all(isinstance(value, str) for value in properties.values()) or properties.get("email") != given["id"]:
        raise Refused(400, "VALIDATION_ERROR", "Properties are text, and id is that of the property email.")
    name, _, host = given["id"].partition("@")
    if not name or "." not in host or not given["id"].isascii():
        raise Refused(400, "VALIDATION_ERROR", f"Email address {given['id']} is invalid.")
    return dict(properties)


def _failed(fault: Fault) -> Response:
    if fault.kind == "drop":
        raise ConnectionCut
    answer = json_answer({"status": "error", "message": "A fault on demand."}, KINDS[fault.kind])
    if fault.kind == "rate_limit":
        answer.headers["Retry-After"] = "10"
    return answer


@contextmanager
def running(token: str = DEFAULT_TOKEN, port: int = 0) -> Iterator[tuple[str, Sandbox]]:
    """Serve in a thread until the block ends; yields the address (http://127.0.0.1:8080) and the application."""
    server = new_server(port)
    sandbox = Sandbox(token)
    server.app = sandbox
    with served(server) as url:
        yield url, sandbox
