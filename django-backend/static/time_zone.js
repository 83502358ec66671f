// The sign-up form: the browser's time zone is chosen. Who gives neither phone nor address does not become a ticket
// holder, and a zone that nobody chose must not ask for one.
const field = (name) => document.getElementById(`id_${name}`);
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (!field("timezone").value) field("timezone").value = zone;
if (!field("timezone").value) field("timezone").value = ""; // a zone that the list does not know
field("timezone").form.addEventListener("submit", () => {
  const given = ["phone", "address"].some((name) => field(name).value.trim());
  const interested = field("is_season_ticket_interest").checked || field("is_card_interest").checked;
  if (field("timezone").value === zone && !given && !interested) field("timezone").value = "";
});
