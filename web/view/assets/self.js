"use strict";
// What the buttons of the form "acts" do is done without leaving the page. Each
// button is a whole form by itself: where anything fails, it is sent as one.
(() => {
  const form = document.getElementById("acts");
  if (!form) return;
  const quiet = new Set(["up", "down", "unvote", "save", "unsave", "hide", "unhide"]);
  const item = (node) => node.closest(".comment, .card, .post");

  const points = (where, text) => {
    let place = where.querySelector(":scope > .byline, :scope > .meta, :scope > header .meta");
    let shown = place && place.querySelector(".points");
    if (!place) return;
    if (!text) { if (shown) shown.remove(); return; }
    if (!shown) {
      shown = document.createElement(place.matches("ul") ? "li" : "span");
      shown.className = "points";
      place.append(shown);
    }
    shown.textContent = text;
  };

  const show = (acts, now) => {
    const set = (name, value, pressed) => {
      const button = acts.querySelector("." + name);
      if (!button) return;
      button.value = value;
      button.setAttribute("aria-pressed", pressed);
    };
    set("up", now.up, now.dir > 0);
    set("down", now.down, now.dir < 0);
    set("keep", now.save, now.saved);
    const keep = acts.querySelector(".keep");
    if (keep) keep.textContent = now.label;
    points(item(acts), now.points);
  };

  const hide = (button, on) => {
    const row = button.closest("li");
    const note = document.createElement("li");
    const undo = document.createElement("button");
    note.className = "hidden-note";
    note.setAttribute("role", "status");
    undo.className = "button";
    undo.textContent = form.dataset.undo;
    undo.addEventListener("click", async () => {
      if (await send("unhide " + on)) { note.replaceWith(row); row.querySelector("a").focus(); }
    });
    note.append(form.dataset.hidden + " ", undo);
    row.replaceWith(note);
    undo.focus();
  };

  const send = async (act) => {
    try {
      const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams({ do: act }) });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  };

  form.addEventListener("submit", async (e) => {
    const button = e.submitter;
    // A vote takes away the emoji with which it was given: the page has more to change.
    if (button && button.matches(".up, .down") && button.closest(".acts").parentElement.querySelector(":scope > .reactions [aria-pressed=true]")) return;
    const [act, on] = (button ? button.value : "").split(" ");
    if (!quiet.has(act) || form.dataset.plain) return;
    e.preventDefault();
    button.disabled = true;
    const now = await send(button.value);
    button.disabled = false;
    if (!now) { form.dataset.plain = "1"; form.requestSubmit(button); return; }
    if (act === "hide") hide(button, on); else { show(button.closest(".acts"), now); button.focus(); }
  });

  // Keys, beside those for reading.
  const keys = { a: ".up", z: ".down", s: ".keep", r: ".reply" };
  document.addEventListener("keydown", (e) => {
    if (!keys[e.key] || e.ctrlKey || e.altKey || e.metaKey || e.isComposing || e.target.closest("input, textarea, select, dialog")) return;
    const here = item(document.activeElement) || document.querySelector(".post");
    const button = here && [...here.querySelectorAll(".acts")].filter((a) => item(a) === here).map((a) => a.querySelector(keys[e.key])).find(Boolean);
    if (button) { e.preventDefault(); button.click(); }
    else if (e.key === "r") { const text = document.querySelector("textarea[data-markdown]"); if (text) { e.preventDefault(); text.focus(); } }
  });
})();
