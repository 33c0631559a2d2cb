
// Going on with what is being typed: @people, !communities and :emoji:. A field that
// takes a community, and nothing else, needs no sign before it.
(() => {
  const begun = /(^|[\s(])([@!][\p{L}\p{N}_][\p{L}\p{N}_.@-]*|:[a-zA-Z0-9_+-]{2,})$/u;
  let area = null; // in which something is offered
  let list = null;
  let from = 0; // where it begins
  let count = 0;
  let asked = "";

  const whole = (field) => field.matches("input");
  const typed = (field) => whole(field) ? "!" + field.value.replace(/^!/, "") : field.value.slice(0, field.selectionStart);
  const close = () => {
    if (list) list.remove();
    if (area) { area.removeAttribute("aria-activedescendant"); area.removeAttribute("aria-controls"); }
    list = area = null;
    asked = "";
  };
  const mark = (item) => {
    for (const i of list.children) i.setAttribute("aria-selected", i === item);
    area.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  };
  const marked = () => list.querySelector("[aria-selected=true]");
  const take = (item) => {
    const into = area;
    if (whole(into)) into.value = item.dataset.text.slice(1);
    else into.setRangeText(item.dataset.text + " ", from, into.selectionStart, "end");
    close();
    if (whole(into)) asked = typed(into); // what was chosen is not offered again
    into.focus();
    into.dispatchEvent(new Event("input", { bubbles: true }));
  };
  // Those who talk here come first: their names stand on the page.
  const here = (start) => {
    const names = new Set();
    for (const who of document.querySelectorAll(".comment .who, .post .by .who")) {
      const name = "@" + decodeURIComponent(new URL(who.href).pathname.slice(3));
      if (name.toLowerCase().startsWith(start.toLowerCase())) names.add(name.includes("@", 1) ? name : name + "@" + location.host);
    }
    return [...names].slice(0, 4).map((text) => ({ text, label: "" }));
  };
  const offer = (all, into) => {
    close();
    if (!all.length) return;
    area = into;
    list = document.createElement("ul");
    list.className = "complete";
    list.id = "complete";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", into.labels[0] ? into.labels[0].textContent : "");
    for (const one of all) {
      const item = document.createElement("li");
      item.id = "complete-" + count++;
      item.setAttribute("role", "option");
      item.dataset.text = one.text;
      const text = document.createElement("bdi");
      text.textContent = one.text;
      item.append(text, " ", one.label);
      item.addEventListener("mousedown", (e) => { e.preventDefault(); take(item); });
      list.append(item);
    }
    into.after(list);
    area.setAttribute("aria-controls", list.id);
    mark(list.firstElementChild);
  };
  const look = async (into) => {
    const before = typed(into);
    const match = into.selectionStart === into.selectionEnd && before.match(begun);
    if (!match) { close(); return; }
    const start = match[2];
    if (asked === start) return;
    from = before.length - start.length;
    let all = start[0] === "@" ? here(start) : [];
    if (start.length > 2) {
      try {
        const found = await (await fetch("/complete?q=" + encodeURIComponent(start))).json();
        all = all.concat(found.filter((f) => !all.some((a) => a.text === f.text))).slice(0, 8);
      } catch { /* it is a hint, and no more */ }
    }
    if (document.activeElement !== into || !typed(into).endsWith(start)) return;
    offer(all, into);
    asked = start;
  };

  let pause = 0;
  const writes = (e) => e.target.matches && e.target.matches("textarea[data-markdown], input[name=to]");
  document.addEventListener("input", (e) => {
    if (!writes(e)) return;
    clearTimeout(pause);
    pause = setTimeout(() => look(e.target), 150);
  });
  document.addEventListener("keydown", (e) => {
    if (!list || e.target !== area || e.ctrlKey || e.metaKey || e.altKey) return;
    const now = marked();
    switch (e.key) {
      case "ArrowDown": mark(now.nextElementSibling || list.firstElementChild); break;
      case "ArrowUp": mark(now.previousElementSibling || list.lastElementChild); break;
      case "Enter": case "Tab": take(now); break;
      case "Escape": close(); break;
      default: return;
    }
    e.preventDefault();
    e.stopPropagation();
  }, true);
  document.addEventListener("focusout", (e) => { if (e.target === area) close(); });
})();
