"""The README's tour with the client that openapi-python-client makes; checked and run by test_python_client.py.

Usage: tour.py ADDRESS FOLDER_OF_MAILS STAFF_EMAIL STAFF_PASSWORD
"""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from season_tickets_client import AuthenticatedClient, Client
from season_tickets_client.api.accounts import (
    account_email_verify,
    account_login,
    account_logout,
    account_password_change,
    account_refresh,
    account_session,
    account_signup,
    account_totp,
)
from season_tickets_client.api.catalogue import events_list, seasons_list, teams_list
from season_tickets_client.api.listings import (
    listings_create,
    listings_list,
    listings_partial_update,
    listings_retrieve,
    payout_preview_retrieve,
)
from season_tickets_client.api.me import me_retrieve
from season_tickets_client.api.sales import sales_list
from season_tickets_client.api.season_tickets import (
    season_tickets_availability_retrieve,
    season_tickets_create,
    season_tickets_listings_create,
)
from season_tickets_client.api.staff import (
    staff_listings_approve_create,
    staff_listings_bulk_create,
    staff_sales_create,
    staff_season_tickets_verify_create,
)
from season_tickets_client.models import (
    AccountAuthenticatorAppSecret,
    AccountChangePasswordRequest,
    AccountDone,
    AccountLoginRequest,
    AccountNotSignedIn,
    AccountRefreshTokenRequest,
    AccountSignedIn,
    AccountSignupRequest,
    AccountTokens,
    AccountVerifyEmailRequest,
    AvailabilityOutput,
    BulkMoveInputRequest,
    BulkMoveOutput,
    ErrorResponse,
    ListingInputRequest,
    ListingOutput,
    ListingStatusEnum,
    MoveInputRequest,
    PaginatedEventOutputList,
    PaginatedListingOutputList,
    PaginatedSaleOutputList,
    PaginatedSeasonOutputList,
    PaginatedTeamOutputList,
    PatchedListingChangeInputRequest,
    PayoutPreviewOutput,
    ProfileOutput,
    SaleInputRequest,
    SeasonListingInputRequest,
    SeasonListingOutput,
    SeasonPriceInputRequest,
    SeasonTicketInputRequest,
    SeasonTicketOutput,
    SeasonTicketStatusEnum,
    StaffMoveEnum,
    StaffSalesOutput,
    StaffSeasonTicketOutput,
    TeamOutput,
)

Model = TypeVar("Model")
EMAIL, PASSWORD, NEW_PASSWORD = "ana@example.com", "correct-horse-42", "correct-horse-43"


def is_a(kind: type[Model], answer: object) -> Model:
    assert isinstance(answer, kind), answer
    return answer


def signed_in(base_url: str, token: str) -> AuthenticatedClient:
    return AuthenticatedClient(base_url, token=token, raise_on_unexpected_status=True)


def tokens_of(visitor: Client, email: str, password: str) -> tuple[str, str]:
    answer = account_login.sync(client=visitor, body=AccountLoginRequest(email, password))
    meta = is_a(AccountSignedIn, answer).meta
    return is_a(str, meta.access_token), is_a(str, meta.refresh_token)


def key_in_mail(mails: Path) -> str:
    newest = max(mails.iterdir(), key=lambda mail: mail.stat().st_mtime_ns).read_text(encoding="utf-8")
    found = re.search(r"/accounts/confirm-email/([^/\s]+)", newest)
    assert found, newest
    return found[1]


def sign_up(visitor: Client, mails: Path) -> None:
    person = AccountSignupRequest(
        email=EMAIL,
        password=PASSWORD,
        first_name="Ana",
        last_name="de la Cruz",
        phone="+12155550123",
        address="1 Main St, Philadelphia, PA 19104",
        timezone="America/New_York",
    )
    step = is_a(AccountNotSignedIn, account_signup.sync(client=visitor, body=person))
    assert [flow.id.value for flow in step.data.flows if flow.is_pending] == ["verify_email"]
    assert step.meta.session_token
    key = AccountVerifyEmailRequest(key_in_mail(mails))
    assert not is_a(AccountNotSignedIn, account_email_verify.sync(client=visitor, body=key)).meta.is_authenticated
    assert is_a(ErrorResponse, account_email_verify.sync(client=visitor, body=key)).errors[0].attr == "key"


def season_ticket_of(holder: AuthenticatedClient, staff: AuthenticatedClient) -> SeasonTicketOutput:
    team = eagles(holder)
    season = is_a(PaginatedSeasonOutputList, seasons_list.sync(client=holder, league="NFL")).results[0]
    block = SeasonTicketInputRequest(team.id, season.id, section="114", row="A", first_seat=1, last_seat=4)
    made = is_a(SeasonTicketOutput, season_tickets_create.sync(client=holder, body=block, idempotency_key="block-1"))
    assert made.status is SeasonTicketStatusEnum.PENDING
    again = season_tickets_create.sync_detailed(client=holder, body=block, idempotency_key="block-1")
    assert again.headers["Idempotency-Replayed"] == "true"
    verified = is_a(StaffSeasonTicketOutput, staff_season_tickets_verify_create.sync(made.id, client=staff))
    assert (verified.status, verified.quantity) == (SeasonTicketStatusEnum.VERIFIED, 4)
    refused = season_tickets_create.sync(client=staff, body=block)
    assert is_a(ErrorResponse, refused).errors[0].attr is None
    return made


def eagles(holder: AuthenticatedClient) -> TeamOutput:
    teams = is_a(PaginatedTeamOutputList, teams_list.sync(client=holder, league="NFL", search="Eagles"))
    assert teams.next_ is None
    return teams.results[0]


def list_and_sell(holder: AuthenticatedClient, staff: AuthenticatedClient, block: SeasonTicketOutput) -> None:
    games = events_list.sync(client=holder, team=block.team, season=str(block.season), starts_after=datetime.now(UTC))
    event = next(game for game in is_a(PaginatedEventOutputList, games).results if game.home_team)
    offer = ListingInputRequest(season_ticket=block.id, event=event.id, seats=["1", "2"], price="100.00")
    listing = is_a(ListingOutput, listings_create.sync(client=holder, body=offer))
    assert (listing.price, listing.split.payout, listing.split.commission) == ("100.00", "80.00", "20.00")
    preview = is_a(PayoutPreviewOutput, payout_preview_retrieve.sync(client=holder, price="100.00"))
    assert (preview.payout, preview.currency) == ("80.00", "USD")

    conflict = listings_create.sync_detailed(client=holder, body=offer)
    assert conflict.status_code == 409
    assert is_a(ErrorResponse, conflict.parsed).errors[0].attr == "seats"

    change = PatchedListingChangeInputRequest(price="90.5")
    changed = is_a(ListingOutput, listings_partial_update.sync(listing.id, client=holder, body=change))
    assert (changed.price, changed.split_rule, changed.notes) == ("90.50", listing.split_rule, listing.notes)
    approved = staff_listings_approve_create.sync(listing.id, client=staff, body=MoveInputRequest())
    assert is_a(ListingOutput, approved).status is ListingStatusEnum.LISTED
    read = listings_retrieve.sync_detailed(listing.id, client=holder)
    known = listings_retrieve.sync_detailed(listing.id, client=holder, if_none_match=read.headers["ETag"])
    assert known.status_code == 304

    rest = SeasonListingInputRequest("all", SeasonPriceInputRequest(default="120.00"), except_=[event.id])
    others = is_a(SeasonListingOutput, season_tickets_listings_create.sync(block.id, client=holder, body=rest))
    move = BulkMoveInputRequest(StaffMoveEnum.APPROVE, [one.id for one in others.listings])
    moved = is_a(BulkMoveOutput, staff_listings_bulk_create.sync(client=staff, body=move)).results
    assert {result.status for result in moved} == {ListingStatusEnum.LISTED}
    pages = is_a(PaginatedListingOutputList, listings_list.sync(client=holder, season_ticket=block.id, page_size=1))
    assert pages.next_

    sale = SaleInputRequest(listing.id, "stubhub", "INV-1", quantity=1, customer_reference="Buyer 7")
    sold = is_a(StaffSalesOutput, staff_sales_create.sync(client=staff, body=sale, idempotency_key="sale-1"))
    assert [one.payout for one in sold.sales] == ["72.40"]
    assert len(is_a(PaginatedSaleOutputList, sales_list.sync(client=holder)).results) == 1
    left = is_a(AvailabilityOutput, season_tickets_availability_retrieve.sync(block.id, client=holder))
    assert len(left.games) == others.count + 1


def failures(base_url: str, visitor: Client, holder: AuthenticatedClient) -> None:
    """Each is an answer of its own type, not a crash of the client."""
    wrong = AccountLoginRequest(EMAIL, "wrong")
    refusal = is_a(ErrorResponse, account_login.sync(client=visitor, body=wrong))
    assert [problem.attr for problem in refusal.errors] == ["password"]
    taken = account_login.sync_detailed(client=holder, body=AccountLoginRequest(EMAIL, PASSWORD))
    assert taken.status_code == 409

    stranger = signed_in(base_url, "damaged")
    assert is_a(ErrorResponse, me_retrieve.sync(client=stranger)).type_.value == "client_error"
    for nobody in (account_session.sync(client=stranger), account_totp.sync(client=stranger)):
        assert not is_a(AccountNotSignedIn, nobody).meta.is_authenticated
    gone = AuthenticatedClient(
        base_url, token="ended", prefix="", auth_header_name="X-Session-Token", raise_on_unexpected_status=True
    )
    assert account_session.sync_detailed(client=gone).status_code == 410
    assert is_a(AccountAuthenticatorAppSecret, account_totp.sync(client=holder)).meta.secret


def limits(visitor: Client, holder: AuthenticatedClient) -> None:
    answers = (account_login.sync(client=visitor, body=AccountLoginRequest(EMAIL, "wrong")) for _ in range(40))
    assert "too_many_login_attempts" in {is_a(ErrorResponse, answer).errors[0].code for answer in answers}
    last = next(found for _ in range(200) if (found := me_retrieve.sync_detailed(client=holder)).status_code != 200)
    assert (last.status_code, int(last.headers["Retry-After"]) > 0) == (429, True)
    assert is_a(ErrorResponse, last.parsed).errors[0].code == "throttled"


def walk(base_url: str, mails: Path, staff_email: str, staff_password: str) -> None:
    visitor = Client(base_url, raise_on_unexpected_status=True)
    sign_up(visitor, mails)
    access, refresh = tokens_of(visitor, EMAIL, PASSWORD)
    holder = signed_in(base_url, access)
    assert is_a(ProfileOutput, me_retrieve.sync(client=holder)).email == EMAIL
    desk = signed_in(base_url, tokens_of(visitor, staff_email, staff_password)[0])
    list_and_sell(holder, desk, season_ticket_of(holder, desk))
    failures(base_url, visitor, holder)

    body = AccountRefreshTokenRequest(refresh)
    fresh = is_a(AccountTokens, account_refresh.sync(client=visitor, body=body)).data
    assert is_a(ErrorResponse, account_refresh.sync(client=visitor, body=body)).errors[0].attr == "refresh_token"
    new = AccountChangePasswordRequest(NEW_PASSWORD, current_password=PASSWORD)
    changed = account_password_change.sync(client=signed_in(base_url, fresh.access_token), body=new)
    assert is_a(AccountDone, changed).status == 200
    again = signed_in(base_url, tokens_of(visitor, EMAIL, NEW_PASSWORD)[0])
    for code in ("logged_out", "session_ended"):
        assert is_a(AccountNotSignedIn, account_logout.sync(client=again)).errors[0].code == code
    assert is_a(ErrorResponse, me_retrieve.sync(client=again)).errors
    limits(visitor, desk)


if __name__ == "__main__":
    walk(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
