"""The WSGI application: three reading methods with paging, conditional requests, limits and faults."""

import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from sandbox.faults import Faults
from sandbox.github.answers import issue_json, number_of, refusal, repository_json, user_json
from sandbox.github.faults import REFUSALS, Fault
from sandbox.github.options import Issue, Options, Repository
from sandbox.serving import ConnectionCut, LocalApp, json_answer

_VERSIONS: Final = {"2022-11-28", "2026-03-10"}
_PER_PAGE, _MOST_PER_PAGE = 30, 100
_HOUR: Final = 3_600
_SORTS: Final[dict[str, Callable[[Issue], Any]]] = {
    "created": lambda issue: (issue.created_at, issue.number),
    "updated": lambda issue: (issue.updated_at, issue.number),
}
_URLS: Final = Map(
    [
        Rule("/repos/<owner>/<name>", endpoint="repository", methods=["GET"]),
        Rule("/repositories/<int:number>", endpoint="repository_by_number", methods=["GET"]),
        Rule("/repos/<owner>/<name>/issues", endpoint="issues", methods=["GET"]),
        Rule("/users/<login>", endpoint="user", methods=["GET"]),
    ]
)


class Refused(Exception):
    """Answered with an error."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers


class Sandbox(LocalApp):
    """One local GitHub. `clock` returns seconds since 1970; `url` is its own address."""

    urls = _URLS

    def __init__(self, options: Options, url: str, clock: Callable[[], float] = time.time) -> None:
        self._url, self._clock = url, clock
        self.faults: Faults[Fault] = Faults()
        self._lock, self._ended = threading.Lock(), threading.Event()
        self.reset(options)

    def reset(self, options: Options) -> None:
        """Forget faults, calls and the rate limit's hour, and use other data."""
        self.faults.clear()
        with self._lock:
            self.options = options
            self.calls: list[str] = []
            self._repositories = {found.full_name.lower(): found for found in options.repositories}
            self._used, self._hour_ends = 0, self._clock() + _HOUR

    def close(self) -> None:
        """Release requests that wait."""
        self._ended.set()

    def answer(self, request: Request) -> Response:
        """Answer a request, or say why not."""
        try:
            return self._counted(request)
        except Refused as refused:
            response = json_answer(refusal(str(refused)), refused.status)
            response.headers.extend({name.replace("_", "-"): value for name, value in refused.headers.items()})
            return response

    def problem(self, problem: HTTPException) -> Response:
        """Answer as GitHub does for an address that does not exist."""
        return json_answer(refusal("Not Found"), problem.code or 500)

    def _counted(self, request: Request) -> Response:
        query = request.query_string.decode()
        with self._lock:
            self.calls.append(f"{request.path}?{query}" if query else request.path)
        if fault := self.faults.take(lambda fault: request.path.startswith(fault.path)):
            return self._failed(fault)
        self._admit(request)
        response = super().answer(request)
        if response.status_code == 200:  # noqa: PLR2004
            response.set_etag(hashlib.sha256(response.get_data()).hexdigest(), weak=True)
            response.make_conditional(request)
        if response.status_code != 304:  # noqa: PLR2004
            with self._lock:
                self._used += 1
        return response

    def _admit(self, request: Request) -> None:
        if not request.headers.get("User-Agent"):
            raise Refused(403, "Missing or invalid User Agent string.")
        version = request.headers.get("X-GitHub-Api-Version")
        if version is not None and version not in _VERSIONS:
            raise Refused(400, "Unsupported API version.")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in {"bearer", "token"} or not hmac.compare_digest(
            token.encode(), self.options.token.encode()
        ):
            raise Refused(401, "Bad credentials")
        if self._used >= self.options.limit:
            raise Refused(403, "API rate limit exceeded for user ID 1.")

    def headers(self) -> dict[str, str]:
        """Return how much of the hour's limit is used up."""
        with self._lock:
            left = max(0, self.options.limit - self._used)
            return {
                "X-RateLimit-Limit": str(self.options.limit),
                "X-RateLimit-Remaining": str(left),
                "X-RateLimit-Used": str(self._used),
                "X-RateLimit-Reset": str(int(self._hour_ends)),
            }

    def _failed(self, fault: Fault) -> Response:
        if fault.kind in REFUSALS:
            raise Refused(*REFUSALS[fault.kind])
        match fault.kind:
            case "rate_limit" | "rate_limit_429":
                reset = str(int(self._clock()) + fault.seconds)
                status = 429 if fault.kind.endswith("429") else 403
                headers = {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": reset}
                raise Refused(status, "API rate limit exceeded for user ID 1.", **headers)
            case "retry_after" | "retry_after_429":
                status = 429 if fault.kind.endswith("429") else 403
                raise Refused(status, "You have exceeded a secondary rate limit.", Retry_After=str(fault.seconds))
            case "unavailable" | "page":
                page = "<!DOCTYPE html><title>Unicorn!</title>"
                return Response(page, 503 if fault.kind == "unavailable" else 200, content_type="text/html")
            case "timeout":
                self._ended.wait(fault.seconds)
        raise ConnectionCut

    def _on_repository(self, request: Request, owner: str, name: str) -> Response:
        _parameters(request)
        renamed = {old.lower(): new for old, new in self.options.renamed.items()}.get(f"{owner}/{name}".lower())
        if renamed:
            address = f"{self._url}/repositories/{number_of(renamed)}"
            response = json_answer(refusal("Moved Permanently", url=address), 301)
            response.headers["Location"] = address
            return response
        return json_answer(repository_json(self._repository(owner, name), self._url))

    def _on_repository_by_number(self, request: Request, number: int) -> Response:
        _parameters(request)
        for repository in self._repositories.values():
            if number_of(repository.full_name) == number:
                return json_answer(repository_json(repository, self._url))
        raise Refused(404, "Not Found")

    def _on_issues(self, request: Request, owner: str, name: str) -> Response:
        repository = self._repository(owner, name)
        given = _parameters(request, "state", "since", "sort", "direction", "per_page", "page")
        if not repository.has_issues:
            raise Refused(410, "Issues has been disabled in this repository.")
        found = _chosen(repository, given)
        size, page = _number(given, "per_page", _PER_PAGE, _MOST_PER_PAGE), _number(given, "page", 1)
        shown = found[(page - 1) * size : page * size]
        response = json_answer([issue_json(issue, repository, self._url) for issue in shown])
        last = max(1, -(-len(found) // size))
        places = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        wanted = {"prev", "first"} if page > 1 else set()
        wanted |= {"next", "last"} if page < last else set()
        links = [
            f'<{self._url}{request.path}?{urlencode({**given, "page": number})}>; rel="{place}"'
            for place, number in places.items()
            if place in wanted
        ]
        if links:
            response.headers["Link"] = ", ".join(links)
        return response

    def _on_user(self, request: Request, login: str) -> Response:
        _parameters(request)
        for user in self.options.users:
            if user.login.lower() == login.lower():
                return json_answer(user_json(user, self._url) | {"name": user.name, "company": None})
        raise Refused(404, "Not Found")

    def _repository(self, owner: str, name: str) -> Repository:
        found = self._repositories.get(f"{owner}/{name}".lower())
        if found is None:
            raise Refused(404, "Not Found")
        return found


def _chosen(repository: Repository, given: dict[str, str]) -> list[Issue]:
    """Return the issues and pull requests of a query, in the order that it asks for."""
    state, sort = given.get("state", "open"), given.get("sort", "created")
    direction = given.get("direction", "desc")
    if state not in {"open", "closed", "all"} or sort not in _SORTS or direction not in {"asc", "desc"}:
        raise Refused(422, "Validation Failed")
    since = None
    if "since" in given:
        try:
            since = datetime.strptime(given["since"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise Refused(422, "Validation Failed") from None
    found = [
        issue
        for issue in repository.issues
        if state in {"all", "closed" if issue.closed_at else "open"} and (since is None or issue.updated_at >= since)
    ]
    return sorted(found, key=_SORTS[sort], reverse=direction == "desc")


def _parameters(request: Request, *known: str) -> dict[str, str]:
    """Return the query. GitHub ignores unknown parameters; here they are an error, so that a misspelling is noticed."""
    given = request.args.to_dict()
    if unknown := given.keys() - {*known}:
        raise Refused(422, f"Unknown parameters: {', '.join(sorted(unknown))}")
    return given


def _number(given: dict[str, str], name: str, default: int, most: int | None = None) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise Refused(422, "Validation Failed")
    return min(int(text), most) if most else int(text)
