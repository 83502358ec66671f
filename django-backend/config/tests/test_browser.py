"""The pages in a real browser, on a desktop and on a phone, against the running product."""

import re
from collections.abc import Iterator
from csv import DictReader
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
)

from apps.catalog.testing.stories import skybox_export, skybox_row
from config.tests.live_server import HEALTH_TOKEN, STAFF_EMAIL, STAFF_PASSWORD, LiveServer, live_server
from devtools.data import ADMIN_EMAIL

pytestmark = pytest.mark.stack

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PASSWORD = "Row-Seat-Section-19"
SERVICES = ("Database", "Cache", "Celery")


class Visit:
    """A page under observation: whatever goes wrong in it is kept in `complaints`."""

    def __init__(self, context: BrowserContext, server: LiveServer, pictures: Path) -> None:
        self.server, self.pictures = server, pictures
        self.complaints: list[str] = []
        self.page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        self.page.on("request", self._request)
        self.page.on("requestfailed", self._failed_request)
        self.page.on("response", self._response)

    @property
    def width(self) -> int:
        """Width of the window, which also keeps the data of desktop and phone apart."""
        assert self.page.viewport_size is not None
        return int(self.page.viewport_size["width"])

    def open(self, path: str) -> Page:
        """Go to an address of the server."""
        self.page.goto(f"{self.server.url}{path}")
        return self.page

    def check(self, name: str, *, fits: bool = True) -> None:
        """Save a screenshot; nothing has gone wrong until now and, with `fits`, nothing is wider than the window."""
        self.page.wait_for_load_state("networkidle")
        self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)
        assert self.complaints == []
        if fits:
            width = self.page.evaluate("document.documentElement.scrollWidth")
            assert width <= self.width, f"{name} is {width} pixels wide"

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console {message.type}: {message.text} ({message.location})")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and f"{address.scheme}://{address.netloc}" != self.server.url:
            self.complaints.append(f"foreign request: {request.url}")

    def _failed_request(self, request: Request) -> None:
        if request.failure == "net::ERR_ABORTED":
            return  # a download as the page that offers it sees it, or what was still on its way when the page was left
        self.complaints.append(f"failed request: {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def visit(request: pytest.FixtureRequest, browser: Browser, server: LiveServer, tmp_path: Path) -> Iterator[Visit]:
    context = browser.new_context(viewport=request.param, locale="en-US", timezone_id="America/New_York")
    yield Visit(context, server, tmp_path)
    context.close()


def sign_in(visit: Visit, email: str, password: str) -> None:
    visit.page.get_by_label("Email").fill(email)
    visit.page.get_by_label("Password").fill(password)
    visit.page.get_by_role("button", name="Sign In").click()


def fill_signup(page: Page, email: str, phone: str) -> None:
    for label, value in {
        "First name:": "Ann",
        "Last name:": "Fan",
        "Email:": email,
        "Phone:": phone,
        "Address:": "1 Pattison Avenue, Philadelphia",
        "Password:": PASSWORD,
        "Password (again):": PASSWORD,
    }.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Time zone").select_option("America/New_York")
    page.get_by_label("I am interested in season tickets").check()


class TestSignup:
    def test_leads_from_the_form_by_mail_to_the_first_login(self, visit: Visit) -> None:
        """S2-25, S2-30: form, "Verify Your E-mail Address" page, link in the mail, login only afterwards."""
        email = f"ann-{visit.width}@example.com"
        page = visit.open("/accounts/signup/")
        visit.check("signup")
        fill_signup(page, email, "+1 215 555 0123")
        page.get_by_role("button", name="Sign Up").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Verify Your E-mail Address")
        visit.check("verify")

        visit.open("/accounts/")
        sign_in(visit, email, PASSWORD)
        expect(page.get_by_role("heading", level=1)).to_have_text("Verify Your E-mail Address")
        page.goto(visit.server.link_in_mail(email))
        visit.check("confirm")
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("status")).to_contain_text(f"You have confirmed {email}")
        visit.check("login")
        sign_in(visit, email, PASSWORD)
        expect(page.get_by_role("main")).to_contain_text(f"You are signed in as Ann Fan ({email})")
        visit.check("account")

    def test_reports_a_wrong_phone_number_at_its_field(self, visit: Visit) -> None:
        page = visit.open("/accounts/signup/")
        fill_signup(page, "bob@example.com", "12")
        page.get_by_role("button", name="Sign Up").click()
        expect(page.get_by_label("Phone:")).to_have_accessible_description(re.compile("not a valid phone number"))
        expect(page.get_by_label("Phone:")).to_have_value("12")
        expect(page.locator(".errorlist")).to_have_count(1)
        visit.check("signup-wrong-phone")

    def test_chooses_the_time_zone_of_the_browser_and_makes_a_buyer(self, visit: Visit) -> None:
        """A zone that nobody chose asks for no phone and no address."""
        page = visit.open("/accounts/signup/")
        expect(page.get_by_label("Time zone")).to_have_value("America/New_York")
        values = ("Bo", "Buyer", f"buyer-{visit.width}@example.com", PASSWORD, PASSWORD)
        labels = ("First name:", "Last name:", "Email:", "Password:", "Password (again):")
        for label, value in zip(labels, values, strict=True):
            page.get_by_label(label, exact=True).fill(value)
        page.get_by_role("button", name="Sign Up").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Verify Your E-mail Address")
        visit.check("buyer")

    def test_asks_for_an_address_with_a_phone_number(self, visit: Visit) -> None:
        page = visit.open("/accounts/signup/")
        fill_signup(page, "bob@example.com", "(215) 555-0123")
        page.get_by_label("Address:").fill("")
        page.get_by_role("button", name="Sign Up").click()
        expect(page.get_by_label("Address:")).to_have_accessible_description(re.compile("ticket holder needs this"))
        expect(page.get_by_label("Time zone")).to_have_value("America/New_York")
        visit.check("signup-without-address")

    def test_has_each_check_box_on_the_line_of_its_label(self, visit: Visit) -> None:
        page = visit.open("/accounts/signup/")
        boxes = page.get_by_role("checkbox").all()
        assert len(boxes) == 2
        for box in boxes:
            label = page.locator(f"label[for={box.get_attribute('id')}]").bounding_box()
            square = box.bounding_box()
            assert label is not None
            assert square is not None
            assert square["x"] + square["width"] <= label["x"]
            assert label["y"] <= square["y"] + square["height"] / 2 <= label["y"] + label["height"]


class TestFrontPage:
    def test_leads_on_by_keyboard_and_back_from_the_admin(self, visit: Visit) -> None:
        """S1-03, S2-24."""
        page = visit.open("/")
        visit.check("front")
        seen = []
        for _ in range(9):
            page.keyboard.press("Tab")
            seen.append(page.evaluate("document.activeElement.textContent.trim()"))
        assert seen[0] == "Skip to content"
        assert {"API docs", "Sign up", "Admin"} <= set(seen)
        page.get_by_role("main").get_by_role("link", name="Sign up").press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign Up")
        page.get_by_role("link", name="Season Tickets Tech").click()
        page.get_by_role("link", name="Admin").click()
        sign_in(visit, STAFF_EMAIL, STAFF_PASSWORD)
        page.wait_for_url("**/admin/")
        expect(page.locator("a", has_text="View site")).to_have_attribute("href", "/")


class TestAccountPages:
    @pytest.mark.parametrize("path", ["login/", "password/reset/", "confirm-email/x:y:z/"])
    def test_are_in_order_for_strangers(self, visit: Visit, path: str) -> None:
        visit.open(f"/accounts/{path}")
        visit.check("stranger")

    def test_are_in_order_for_the_signed_in(self, visit: Visit) -> None:
        visit.open("/accounts/")
        sign_in(visit, STAFF_EMAIL, STAFF_PASSWORD)
        expect(visit.page.get_by_role("link", name="Administration")).to_be_visible()
        for name in ("email", "password/change", "2fa", "logout"):
            visit.open(f"/accounts/{name}/")
            visit.check(name.replace("/", "-"))


class TestSkyBoxImport:
    def test_leads_from_the_upload_to_the_events_and_the_report(self, visit: Visit, tmp_path: Path) -> None:
        """S3-41: staff sign in, see the counts before anything is saved, confirm, and take the report away."""
        page, number = visit.open("/admin/catalog/event/import-skybox/"), visit.width
        year = "2041" if visit.width == DESKTOP["width"] else "2042"
        sign_in(visit, STAFF_EMAIL, STAFF_PASSWORD)
        expect(page.get_by_text("Upload a SkyBox export")).to_be_visible()
        visit.check("upload", fits=False)

        export = tmp_path / "export.json"
        game = skybox_row(id=number, date=f"{year}-09-06T13:00:00")
        export.write_bytes(skybox_export(game, skybox_row(id=number + 1, name="Old", date="soon")).getvalue())
        page.get_by_label("SkyBox export").set_input_files(export)
        page.get_by_label("League*").select_option(label="NFL")
        page.get_by_label("Season*").fill(year)
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_text("This is a preview: nothing has been saved yet.")).to_be_visible()
        assert counts(page) == {"Rows": "2", "Rejected": "1", "New": "1"}
        visit.check("preview")

        page.get_by_role("button", name="Confirm import").click()
        expect(page.get_by_text("This import was applied.")).to_be_visible()
        visit.check("applied")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download row report").click()
        with download.value.path().open(newline="", encoding="utf-8") as report:
            assert {row["name"]: row["outcome"] for row in DictReader(report)} == {
                "Dallas Cowboys at Philadelphia Eagles": "created",
                "Old": "rejected",
            }
        page.get_by_role("link", name="To the events").click()
        imported = page.locator("#result_list tr").filter(has_text=year)
        expect(imported).to_contain_text("Dallas Cowboys at Philadelphia Eagles")
        visit.check("events", fits=False)


def counts(page: Page) -> dict[str, str]:
    """Return what the preview counts."""
    return dict(zip(page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts(), strict=True))


class TestApiDocs:
    def test_show_operations_and_need_no_other_host(self, visit: Visit) -> None:
        """Swagger UI draws what is in the window; the rest of so long a page when the reader gets there."""
        page = visit.open("/api/docs/")
        expect(page.locator(".opblock").first).to_be_visible(timeout=30_000)
        last = page.locator(".opblock-tag", has_text="Statements")
        for _ in range(100):
            page.mouse.wheel(0, 1_000)
            page.wait_for_timeout(50)
            if last.count():
                break
        expect(last).to_be_visible()
        visit.check("docs", fits=False)


class TestHealthPage:
    def test_shows_every_service_at_work(self, visit: Visit) -> None:
        """S3-33."""
        visit.page.set_extra_http_headers({"Authorization": HEALTH_TOKEN})
        page = visit.open("/api/health-check/")
        rows = page.locator("tbody tr")
        for number, name in enumerate(SERVICES):
            expect(rows.nth(number)).to_contain_text(re.compile(f"{name}.*working", re.DOTALL))
        expect(page.locator(".failing")).to_have_count(0)
        visit.check("health")


class TestContentSecurity:
    ADMIN_PAGES = (
        "",
        "catalog/event/",
        "catalog/event/add/",
        "listings/listing/",
        "listings/seasonticket/",
        "notifications/outboxmessage/?state=waiting",
        "support/contactmessage/",
        "orders/sale/",
        "payouts/statement/",
    )

    def test_leaves_the_pages_of_the_admin_at_work(self, visit: Visit) -> None:
        """The browser says in its console what the policy stops; it stops nothing of the pages' own."""
        visit.open("/admin/")
        sign_in(visit, STAFF_EMAIL, STAFF_PASSWORD)
        # Who goes on before a page is there breaks off what it was loading.
        visit.page.wait_for_url("**/admin/")
        visit.page.wait_for_load_state("networkidle")
        for path in self.ADMIN_PAGES:
            page = visit.open(f"/admin/{path}")
            expect(page.locator("#content, #main").first).to_be_visible()
            visit.check(f"admin-{path.replace('/', '-').partition('?')[0]}", fits=False)

    def test_shows_the_lists_of_groups_and_permissions_within_the_window(self, visit: Visit) -> None:
        page = visit.open("/admin/users/user/")
        sign_in(visit, ADMIN_EMAIL, STAFF_PASSWORD)
        page.locator("#result_list tbody").get_by_role("link", name=STAFF_EMAIL).click()
        expect(page.get_by_text("Available groups")).to_be_visible()
        visit.check("admin-user")

    @pytest.mark.parametrize("path", ["/accounts/login/", "/admin/", "/api/docs/"])
    def test_stops_a_script_that_stands_in_a_page(self, visit: Visit, path: str) -> None:
        """What somebody typed and a page forgot to escape does not run, not even in the admin."""
        page = visit.open(path)
        if path == "/admin/":
            sign_in(visit, STAFF_EMAIL, STAFF_PASSWORD)
            page.wait_for_url("**/admin/")
        injected = "<img src=data:, onerror='window.broken=1'>"
        page.evaluate("text => document.body.insertAdjacentHTML('beforeend', text)", injected)
        page.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = 'window.broken=1';"
            " document.body.append(s); }"
        )
        expect(page.locator("img[src='data:,']")).to_have_count(1)
        assert page.evaluate("window.broken") is None
        assert any("Content Security Policy" in complaint for complaint in visit.complaints)
