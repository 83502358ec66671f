// The list of mails: shows what comes while the page is open, and deletes all.
"use strict";
const notice = document.getElementById("notice");
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const list = () => document.getElementById("list");

async function refresh() {
  const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
  const focused = document.activeElement?.getAttribute("href");
  list().replaceWith(page.getElementById("list"));
  document.querySelector(".top").replaceWith(page.querySelector(".top"));
  if (focused) document.querySelector(`#list a[href="${CSS.escape(focused)}"]`)?.focus();
}

async function follow() {
  for (;;) {
    try {
      const { mails } = await (await fetch(`/mails?after=${list().dataset.newest}&wait=25`)).json();
      notice.textContent = mails.length ? `New mail: ${mails[0].subject}` : notice.textContent;
      if (mails.length) await refresh();
    } catch {
      notice.textContent = "Not connected, trying again";
      await wait(2000);
    }
  }
}

if (list()) {
  document.addEventListener("click", async (event) => {
    if (event.target.id !== "delete") return;
    await fetch("/mails", { method: "DELETE" });
    await refresh();
    notice.textContent = "All mails are deleted";
    document.getElementById("content").focus();
  });
  // Only now does the button do anything, so only now is it shown.
  document.documentElement.classList.add("ready");
  follow();
}
