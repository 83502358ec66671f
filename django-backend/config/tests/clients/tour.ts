// The README's tour with openapi-fetch and the types that openapi-typescript makes; test_typescript_client.py checks it.
// Each `@ts-expect-error` is a mistake that the types must find: where they do not, tsc fails.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Schemas = components["schemas"];

const visitor = createClient<paths>({ baseUrl: "http://127.0.0.1:8000" });
const email = "ana@example.com";
const password = "correct-horse-42";

function signedIn(token: string) {
  return createClient<paths>({ baseUrl: "http://127.0.0.1:8000", headers: { Authorization: `Bearer ${token}` } });
}

async function signUp(): Promise<string | undefined> {
  const { error, response } = await visitor.POST("/api/v1/accounts/app/v1/auth/signup", {
    body: { email, password, first_name: "Ana", last_name: "de la Cruz", phone: "+12155550123", address: "1 Main St" },
  });
  if (response.status === 401 && error && "data" in error) {
    return error.data.flows.find((flow) => flow.is_pending)?.id satisfies Schemas["AccountFlowEnum"] | undefined;
  }
  if (error && "errors" in error) {
    return error.errors.map((problem) => `${problem.attr}: ${problem.detail}`).join();
  }
  return undefined;
}

async function logIn(): Promise<Schemas["AccountMeta"]> {
  await visitor.POST("/api/v1/accounts/app/v1/auth/email/verify", { body: { key: "from the mail" } });
  const { data, error } = await visitor.POST("/api/v1/accounts/app/v1/auth/login", { body: { email, password } });
  if (!data) throw new Error(error.errors[0]?.code);
  return data.meta;
}

async function listAndSell(holder: typeof visitor, staff: typeof visitor): Promise<string | null> {
  const me = await holder.GET("/api/v1/me/");
  const zone: string | undefined = me.data?.ticket_holder?.timezone;
  const teams = await holder.GET("/api/v1/teams/", { params: { query: { league: "NFL", search: "Eagles" } } });
  const seasons = await holder.GET("/api/v1/seasons/");
  const [team, season] = [teams.data?.results[0], seasons.data?.results[0]];
  if (!team || !season) throw new Error(zone);
  const query = { team: team.id, season: season.id, starts_after: new Date().toISOString() };
  const event = (await holder.GET("/api/v1/events/", { params: { query } })).data?.results[0];
  const block = await holder.POST("/api/v1/season-tickets/", {
    params: { header: { "Idempotency-Key": "block-1" } },
    body: { team: team.id, season: season.id, section: "114", row: "A", first_seat: 1, last_seat: 4 },
  });
  if (!block.data || !event) throw new Error(block.error?.errors[0]?.detail);
  const path = { id: block.data.id };
  await staff.POST("/api/v1/staff/season-tickets/{id}/verify/", { params: { path } });

  const offer = { season_ticket: block.data.id, event: event.id, seats: ["1", "2"], price: "100.00" };
  const listing = await holder.POST("/api/v1/listings/", { body: offer });
  if (!listing.data) throw new Error(listing.error.errors.map((entry) => entry.attr).join());
  const listings = await holder.GET("/api/v1/listings/", { params: { query: { status: ["pending"], page_size: 50 } } });
  const preview = await holder.GET("/api/v1/payout-preview/", { params: { query: { price: "100.00" } } });
  await holder.PATCH("/api/v1/listings/{id}/", { params: { path: { id: listing.data.id } }, body: { price: "90.00" } });
  await staff.POST("/api/v1/staff/listings/bulk/", { body: { move: "approve", ids: [listing.data.id] } });
  await holder.POST("/api/v1/season-tickets/{id}/listings/", {
    params: { path },
    body: { events: "all", except: [event.id], price: { default: "120.00" } },
  });
  const sale = await staff.POST("/api/v1/staff/sales/", {
    body: { listing: listing.data.id, quantity: 1, marketplace: "stubhub", invoice_number: "INV-1" },
  });
  const left = await holder.GET("/api/v1/season-tickets/{id}/availability/", { params: { path } });
  const free: string[] = left.data?.games.flatMap((game) => game.free) ?? [];
  const payouts: string[] = sale.data?.sales.map((one) => one.payout) ?? [];
  return listings.data?.next ?? preview.data?.payout ?? [...free, ...payouts].join();
}

async function logOut(holder: typeof visitor, refreshToken: string): Promise<string | undefined> {
  const fresh = await visitor.POST("/api/v1/accounts/app/v1/tokens/refresh", { body: { refresh_token: refreshToken } });
  const { error } = await holder.DELETE("/api/v1/accounts/app/v1/auth/session");
  return error && "meta" in error && !error.meta.is_authenticated ? fresh.data?.data.access_token : undefined;
}

async function mistakes(holder: typeof visitor): Promise<void> {
  // @ts-expect-error the password is missing
  await visitor.POST("/api/v1/accounts/app/v1/auth/login", { body: { email } });
  // @ts-expect-error there is no such address
  await holder.GET("/api/v1/listing/");
  // @ts-expect-error there is no such filter
  await holder.GET("/api/v1/listings/", { params: { query: { stauts: ["listed"] } } });
  // @ts-expect-error there is no such state
  await holder.GET("/api/v1/listings/", { params: { query: { status: ["open"] } } });
  // @ts-expect-error money is text
  await holder.GET("/api/v1/payout-preview/", { params: { query: { price: 100 } } });
  // @ts-expect-error a listing has no such field
  const change: Schemas["PatchedListingChangeInputRequest"] = { flor: "90.00" };
  await holder.PATCH("/api/v1/listings/{id}/", { params: { path: { id: "x" } }, body: change });
  const { data } = await holder.GET("/api/v1/me/");
  // @ts-expect-error the holder may be null
  String(data?.ticket_holder.phone);
}

export async function walk(): Promise<void> {
  await signUp();
  const { access_token: token, refresh_token: refresh } = await logIn();
  if (!token || !refresh) return;
  const holder = signedIn(token);
  await listAndSell(holder, holder);
  await mistakes(holder);
  await logOut(holder, refresh);
}
