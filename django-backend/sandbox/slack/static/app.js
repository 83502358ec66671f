// The page of the local Slack. The server renders messages and modals as safe HTML; this script puts them in place,
// asks for changes once a second and sends what the acting user does.
"use strict";
const POLL_MS = 1000;
const byId = (id) => document.getElementById(id);
const [messages, modal, confirmation] = ["messages", "modal", "confirm"].map(byId);
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const shown = { revision: "", user: recall("user") || "U01ADMIN", channel: recall("channel") || "" };
const seen = {}; // the newest ts read, by channel
let timer = 0;

function recall(name) {
  try {
    return localStorage.getItem(`slack-${name}`);
  } catch {
    return null;
  }
}

function remember(name, value) {
  shown[name] = value;
  shown.revision = "";
  try {
    localStorage.setItem(`slack-${name}`, value);
  } catch {
    return; // Private windows may refuse; then the choice lasts as long as the page.
  }
}

async function send(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json();
  return response.ok ? answer : { notice: answer.error, errors: {} };
}

function notify(text) {
  const place = modal.open ? modal.querySelector(".notice") : byId("notice");
  place.textContent = text || "";
  place.hidden = !text;
}

// Without a font for emojis every one of them is the same empty box: then their names are shown.
function drawn(character) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 24, height: 24 });
  const context = canvas.getContext("2d");
  context.font = "16px system-ui, sans-serif";
  context.fillText(character, 2, 18);
  return canvas.toDataURL();
}
document.body.classList.toggle("no-emoji", drawn("\u{1F3AB}") === drawn("\u{1F4B8}"));

// --- what the server shows

function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

function showMessages(list) {
  const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 60;
  const old = new Map([...messages.children].map((article) => [article.dataset.ts, article]));
  const focused = document.activeElement?.closest?.("#messages [data-action]");
  const focus = focused && [focused.closest("article").dataset.ts, focused.dataset.action, focused.dataset.block];
  let before = messages.firstElementChild;
  for (const { ts, version, html } of list) {
    const article = old.get(ts);
    old.delete(ts);
    if (article && article.dataset.version === version) {
      before = article.nextElementSibling;
      continue;
    }
    const fresh = fragment(html).firstElementChild;
    fresh.dataset.version = version;
    if (article) before = article.nextElementSibling;
    if (article) article.replaceWith(fresh);
    else messages.insertBefore(fresh, before);
  }
  for (const gone of old.values()) gone.remove();
  byId("empty").hidden = list.length > 0;
  if (atEnd) messages.scrollTop = messages.scrollHeight;
  if (focus && !document.activeElement?.closest?.("[data-action], dialog")) refocus(...focus);
}

function refocus(ts, action, block) {
  const article = [...messages.children].find((one) => one.dataset.ts === ts);
  const elements = [...(article?.querySelectorAll("[data-action]") ?? [])];
  elements.find((one) => one.dataset.action === action && one.dataset.block === block)?.focus();
}

function showChannels(channels) {
  const list = channels.map(({ id, name, last_ts: last }) => {
    const current = id === shown.channel;
    if (current || !(id in seen)) seen[id] = last;
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.channel = id;
    button.textContent = `# ${name}`;
    if (current) button.setAttribute("aria-current", "true");
    if (last > seen[id]) {
      button.classList.add("unread");
      button.setAttribute("aria-label", `# ${name}, unread`);
    }
    item.append(button);
    return item;
  });
  const focused = document.activeElement?.dataset?.channel;
  byId("channels").replaceChildren(...list);
  if (focused) byId("channels").querySelector(`[data-channel="${CSS.escape(focused)}"]`)?.focus();
  const name = channels.find(({ id }) => id === shown.channel)?.name;
  byId("channel-name").textContent = name ? `# ${name}` : "No channel yet";
  byId("command").querySelector("button").disabled = !name;
}

function showUsers(users) {
  const choice = byId("user");
  if (choice.options.length !== users.length) {
    choice.replaceChildren(...users.map(({ id, name }) => new Option(name, id)));
  }
  if (!users.some(({ id }) => id === shown.user)) shown.user = users[0].id;
  choice.value = shown.user;
}

function showViews(list) {
  const newest = list.at(-1);
  if (!newest) {
    if (modal.open) modal.close();
    modal.replaceChildren();
    delete modal.dataset.id;
    return;
  }
  if (modal.dataset.id !== newest.id) {
    modal.replaceChildren(fragment(newest.html));
    modal.dataset.id = newest.id;
  }
  if (!modal.open && !confirmation.open) modal.showModal();
}

function showFaults(faults) {
  byId("fault-count").textContent = faults.length ? `(${faults.length})` : "";
  byId("faults").replaceChildren(
    ...faults.map(({ kind, method, times }) => {
      const item = document.createElement("li");
      item.textContent = `${kind} for ${method === "*" ? "all calls" : method}, ${times === null ? "until cleared" : `${times} more`}`;
      return item;
    }),
  );
}

async function refresh() {
  clearTimeout(timer);
  const asked = { ...shown };
  const query = new URLSearchParams({ user: asked.user, channel: asked.channel, revision: asked.revision, zone });
  try {
    const state = await (await fetch(`/state?${query}`)).json();
    byId("offline").hidden = true;
    if (!state.same && asked.user === shown.user && asked.channel === shown.channel) {
      shown.revision = state.revision;
      shown.channel = state.channel;
      showUsers(state.users);
      showChannels(state.channels);
      showMessages(state.messages);
      showViews(state.views);
      showFaults(state.faults);
    }
  } catch {
    byId("offline").hidden = false;
  }
  clearTimeout(timer);
  timer = setTimeout(refresh, POLL_MS);
}

// --- what the user does

function confirmed(template) {
  confirmation.replaceChildren(template.content.cloneNode(true));
  confirmation.returnValue = "no";
  confirmation.showModal();
  return new Promise((resolve) => {
    confirmation.addEventListener("close", () => resolve(confirmation.returnValue === "yes"), { once: true });
  });
}

async function press(element, value) {
  const confirm = element.nextElementSibling;
  const ts = element.closest("article").dataset.ts;
  const { action, block, url } = element.dataset;
  if (confirm?.tagName === "TEMPLATE" && !(await confirmed(confirm))) {
    if (element.tagName === "SELECT") element.value = "";
    refocus(ts, action, block);
    return;
  }
  if (url && /^https?:\/\//.test(url)) window.open(url, "_blank", "noopener,noreferrer");
  element.setAttribute("aria-busy", "true");
  const pressed = { user: shown.user, channel: shown.channel, ts, action_id: action, block_id: block };
  if (value !== undefined) pressed.value = value;
  notify("");
  try {
    notify((await send("POST", "/press", pressed)).notice);
  } finally {
    element.removeAttribute("aria-busy");
    refresh();
  }
}

function filledIn(form) {
  const values = {};
  for (const field of form.querySelectorAll("[data-kind]")) {
    values[field.dataset.block] = { ...values[field.dataset.block], [field.dataset.action]: field.value };
  }
  return values;
}

async function submit(form) {
  const answer = await send("POST", "/submit", { user: shown.user, view_id: form.dataset.view, values: filledIn(form) });
  for (const place of form.querySelectorAll("[data-error]")) {
    place.textContent = answer.errors?.[place.dataset.error] ?? "";
    const field = form.querySelector(`[data-kind][data-block="${CSS.escape(place.dataset.error)}"]`);
    field?.setAttribute("aria-invalid", String(Boolean(place.textContent)));
  }
  form.querySelector("[aria-invalid=true]")?.focus();
  notify(answer.notice);
  shown.revision = "";
  if (answer.responded && !Object.keys(answer.errors ?? {}).length) delete modal.dataset.id; // closed, or replaced
  refresh();
}

async function closeView(id) {
  modal.close();
  notify((await send("POST", "/close", { user: shown.user, view_id: id })).notice);
  refresh();
}

messages.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-action]");
  if (button && !button.hasAttribute("aria-busy")) press(button);
});
messages.addEventListener("change", (event) => {
  if (event.target.matches("select[data-action]") && event.target.value) press(event.target, event.target.value);
});
modal.addEventListener("submit", (event) => {
  event.preventDefault();
  submit(event.target);
});
modal.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) closeView(modal.dataset.id);
});
modal.addEventListener("cancel", (event) => {
  event.preventDefault();
  closeView(modal.dataset.id);
});
byId("channels").addEventListener("click", (event) => {
  const channel = event.target.dataset.channel;
  if (!channel) return;
  remember("channel", channel);
  messages.replaceChildren();
  toggleMenu(false);
  notify("");
  refresh();
});
byId("user").addEventListener("change", (event) => {
  remember("user", event.target.value);
  notify("");
  refresh();
});
byId("command").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = event.target.elements.text;
  const typed = { user: shown.user, channel: shown.channel, text: field.value };
  field.value = "";
  notify("");
  notify((await send("POST", "/command", typed)).notice);
  await refresh();
  messages.scrollTop = messages.scrollHeight;
});
byId("fault-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { kind, method, times, seconds } = Object.fromEntries(new FormData(event.target));
  const wait = Number(seconds) || 10;
  const fault = { kind, method, times: Number(times) || null, seconds: wait, retry_after: wait };
  notify((await send("POST", "/faults", fault)).notice);
  refresh();
});
byId("clear-faults").addEventListener("click", async () => {
  await send("DELETE", "/faults");
  refresh();
});

function toggleMenu(open) {
  document.body.classList.toggle("menu-open", open);
  byId("menu").setAttribute("aria-expanded", String(open));
}
byId("menu").addEventListener("click", () => toggleMenu(!document.body.classList.contains("menu-open")));

refresh();
