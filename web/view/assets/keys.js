
// Keys for reading. They do nothing in fields and together with other keys.
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());
  const items = ".card, .comment, .remarks > li, .directory > li";
  const current = () => document.activeElement.closest(items);
  const go = (item) => {
    if (!item) return;
    item.tabIndex = -1;
    item.focus({ preventScroll: true });
    (item.querySelector(".byline") || item).scrollIntoView({ block: "nearest" });
  };
  const step = (selector, by) => {
    const list = all(selector);
    const here = current();
    let at = here ? list.indexOf(here) : -1;
    if (here && at < 0) at = list.findIndex((e) => e.contains(here));
    if (here && at < 0) return;
    at = here ? at + by : by > 0 ? 0 : list.length - 1;
    go(list[at]);
  };
  const follow = (link) => { if (link) link.click(); };
  const open = () => { const item = current(); if (item) follow(item.querySelector(".title a, .on a, h2 a, .acts a")); };
  const up = () => {
    const item = current();
    const parent = item && item.parentElement.closest(".comment");
    if (parent) go(parent); else follow(document.querySelector("[data-up], .crumb a"));
  };
  const fold = () => {
    const item = current();
    const branch = item && item.querySelector(":scope > .branch");
    if (branch) branch.open = !branch.open;
  };
  const help = () => {
    let dialog = document.querySelector("dialog.keys");
    if (!dialog) {
      document.body.append(document.getElementById("keys").content.cloneNode(true));
      dialog = document.querySelector("dialog.keys");
    }
    dialog.showModal();
  };
  const acts = {
    j: () => step(items, 1), k: () => step(items, -1), n: () => step(".thread > .comment", 1), p: () => step(".thread > .comment", -1),
    o: open, u: up, c: fold, "?": help,
  };
  let before = "";
  document.addEventListener("keydown", (e) => {
    const key = before + e.key;
    before = "";
    if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing || e.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    let act = acts[key];
    if (e.key === "Enter" && e.target.matches(items)) act = open;
    if (e.key === "/") { const field = document.querySelector("input[type=search]"); act = field && (() => field.focus()); }
    if (key === "gh") act = () => follow(document.querySelector(".wordmark"));
    if (key === "g") before = "g";
    if (!act) return;
    e.preventDefault();
    act();
  });
})();
