
// Writing: an answer where it belongs, tools for Markdown, a preview, and nothing lost.
(() => {
  // Scripts may not parse HTML here; the browser does it for a request.
  const page = (method, address, body) => new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.open(method, address);
    request.onload = () => (request.response ? done(request.response) : failed());
    request.onerror = failed;
    request.send(body);
  });
  const fields = (form, more) => {
    const all = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    for (const name in more) all.set(name, more[name]);
    return all;
  };

  const wrap = (area, [before, after]) => {
    const from = area.selectionStart;
    const to = area.selectionEnd;
    const chosen = area.value.slice(from, to);
    if (before.includes("\n") && from > 0 && area.value[from - 1] !== "\n") before = "\n" + before; // it begins a line
    area.setRangeText(before + chosen + after, from, to, "select");
    area.setSelectionRange(from + before.length, from + before.length + chosen.length);
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const begin = (area, mark) => {
    const from = area.value.slice(0, area.selectionStart).lastIndexOf("\n") + 1;
    const lines = area.value.slice(from, area.selectionEnd).split("\n").map((l) => mark + l).join("\n");
    area.setRangeText(lines, from, area.selectionEnd, "end");
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const format = (area) => {
    const tools = document.getElementById("tools");
    if (tools) {
      const bar = tools.content.cloneNode(true).firstElementChild;
      bar.addEventListener("click", (e) => {
        const b = e.target.closest("button");
        if (!b) return;
        if (b.dataset.line) begin(area, b.dataset.line); else wrap(area, b.dataset.wrap.replaceAll("\\n", "\n").split("|"));
      });
      area.before(bar);
    }
    area.addEventListener("keydown", (e) => {
      if (!(e.ctrlKey || e.metaKey)) return;
      if (e.key === "Enter") { e.preventDefault(); area.form.requestSubmit(); }
      const mark = { b: ["**", "**"], i: ["*", "*"], k: ["[", "](https://)"] }[e.key];
      if (mark) { e.preventDefault(); wrap(area, mark); }
    });
  };
  const equip = (form) => {
    if (form.dataset.equipped) return;
    form.dataset.equipped = "1";
    const area = form.querySelector("textarea[data-markdown]");
    for (const one of form.querySelectorAll("textarea[data-markdown]")) format(one);
    if (!form.dataset.draft) return;

    // Pictures come by dropping and pasting, too; they are sent as soon as they are there.
    const files = form.querySelector("input[type=file]");
    const attach = form.querySelector("button[name=attach]");
    if (files && attach) {
      const bring = (list) => {
        const all = new DataTransfer();
        for (const f of list) if (f.type.startsWith("image/")) all.items.add(f);
        if (!all.files.length) return false;
        files.files = all.files;
        form.requestSubmit(attach);
        return true;
      };
      files.addEventListener("change", () => { if (files.files.length) form.requestSubmit(attach); });
      area.addEventListener("paste", (e) => { if (bring(e.clipboardData.files)) e.preventDefault(); });
      form.addEventListener("dragover", (e) => { if ([...e.dataTransfer.types].includes("Files")) { e.preventDefault(); form.classList.add("over"); } });
      form.addEventListener("dragleave", () => form.classList.remove("over"));
      form.addEventListener("drop", (e) => { form.classList.remove("over"); if (e.dataTransfer.files.length) { e.preventDefault(); bring(e.dataTransfer.files); } });
    }

    // Where the link that is being typed was posted already.
    const told = form.querySelector("[data-posted]");
    const linked = told && told.querySelector("input");
    if (linked) {
      let asked = "";
      let pause = 0;
      const look = async () => {
        if (linked.value === asked) return;
        asked = linked.value;
        let found = [];
        try {
          if (linked.checkValidity() && asked) found = await (await fetch("/links?url=" + encodeURIComponent(asked))).json();
        } catch { /* it is a hint, and no more */ }
        if (linked.value !== asked) return;
        const before = told.querySelector(".posted");
        if (before) before.remove();
        if (!found.length) return;
        const note = document.createElement("div");
        note.className = "posted";
        note.setAttribute("role", "status");
        note.append(told.dataset.posted);
        const list = document.createElement("ul");
        for (const post of found) {
          const item = document.createElement("li");
          const link = document.createElement("a");
          link.href = post.href;
          link.textContent = post.title;
          item.append(link);
          list.append(item);
        }
        note.append(list);
        told.append(note);
      };
      linked.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(look, 500); });
      look();
    }

    let kept = "";
    let timer = 0;
    const state = () => fields(form, { place: form.dataset.draft }).toString();
    kept = state();
    const keep = () => {
      clearTimeout(timer);
      const now = state();
      if (now === kept || form.dataset.sent) return;
      kept = now;
      fetch("/draft", { method: "POST", body: new URLSearchParams(now), keepalive: now.length < 6e4 }).catch(() => { kept = ""; });
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, 2000); });
    document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });
    window.addEventListener("pagehide", keep);

    // One more choice of a poll.
    const more = form.querySelector("button[name=more]");
    if (more) {
      more.addEventListener("click", (e) => {
        const rows = form.querySelectorAll("input[name=choice]");
        const last = rows[rows.length - 1];
        const row = last.closest(".field").cloneNode(true);
        const input = row.querySelector("input");
        const label = row.querySelector("label");
        e.preventDefault();
        for (const said of row.querySelectorAll(".fault, .hint")) said.remove();
        row.classList.remove("wrong");
        input.id = "field-choice-" + (rows.length + 1);
        input.value = "";
        for (const name of ["aria-describedby", "aria-invalid", "autofocus"]) input.removeAttribute(name);
        label.htmlFor = input.id;
        label.textContent = label.textContent.replace(String(rows.length), String(rows.length + 1));
        last.closest(".field").after(row);
        input.focus();
        if (rows.length + 1 >= 10) more.remove();
      });
    }

    form.addEventListener("submit", async (e) => {
      const button = e.submitter;
      if (!button || button.name !== "preview") { form.dataset.sent = "1"; clearTimeout(timer); return; }
      e.preventDefault();
      try {
        const shown = (await page("POST", form.action, fields(form, { preview: "1" }))).querySelector(".shown");
        const before = form.querySelector(".shown");
        if (before) before.remove();
        if (shown) { form.querySelector(".send").before(shown); shown.scrollIntoView({ block: "nearest" }); }
      } catch {
        button.name = "preview-page"; // the next press sends the form
      }
    });
  };
  for (const form of document.querySelectorAll("form.form")) equip(form);

  // A vote in a poll shows how it stands where it stood; what is wrong with one, beside it.
  document.addEventListener("submit", async (e) => {
    const form = e.target;
    if (!form.matches(".poll > form.ballot") || form.dataset.plain) return;
    e.preventDefault();
    try {
      const answer = await page("POST", form.action, fields(form));
      const now = answer.querySelector(".poll") || answer.querySelector("form.ballot");
      if (!now) throw new Error("no poll");
      const place = now.matches(".poll") ? form.closest(".poll") : form;
      place.replaceWith(now);
      now.tabIndex = -1;
      now.focus();
    } catch {
      form.dataset.plain = "1";
      form.requestSubmit();
    }
  });

  // A form of another page, where its link stands: to answer, to react, and to report.
  const forms = { reply: "form.write", react: "form.react", report: "form.form:has([name=reason])" };
  const first = (form) => form.querySelector("textarea, [type=radio]:checked, [type=radio]");
  const placed = (link, kind) => link.closest(".acts").parentElement.querySelector(`:scope > [data-placed=${kind}]`);
  const place = (form, link, kind) => {
    for (const field of form.querySelectorAll("[id]")) {
      const id = field.id;
      field.id = `${id}-${kind}-${link.closest("[id]").id}`;
      for (const label of form.querySelectorAll(`[for="${id}"]`)) label.htmlFor = field.id;
      for (const to of form.querySelectorAll(`[href="#${id}"]`)) to.hash = field.id;
      for (const by of form.querySelectorAll(`[aria-describedby~="${id}"]`)) by.setAttribute("aria-describedby", by.getAttribute("aria-describedby").split(" ").map((one) => (one === id ? field.id : one)).join(" "));
    }
    form.dataset.placed = kind;
    const before = placed(link, kind);
    if (before) before.remove();
    link.closest(".acts").after(form);
    equip(form);
    first(form).focus();
    form.addEventListener("keydown", (e) => {
      if (e.key === "Escape" && !e.defaultPrevented && kind !== "reply") { e.preventDefault(); form.remove(); link.focus(); }
    });
    if (kind === "report") form.addEventListener("submit", (e) => report(e, form, link));
  };
  const turn = (link, done) => {
    link.toggleAttribute("data-done", done);
    link.textContent = document.getElementById("acts").dataset[done ? "unreport" : "report"];
  };
  // What is wrong with a report is shown in place; what else the answer says, as a page.
  const report = async (e, form, link) => {
    if (form.dataset.plain) return;
    e.preventDefault();
    if (form.dataset.sent) return;
    form.dataset.sent = "1";
    try {
      const answer = await page("POST", form.action, fields(form));
      const wrong = answer.querySelector("form.form:has([aria-invalid])");
      if (wrong) { place(wrong, link, "report"); return; }
      if (!answer.querySelector("form.form [name=withdraw]")) throw new Error("no report");
      const said = document.createElement("p");
      said.className = "quiet";
      said.dataset.placed = "report";
      said.setAttribute("role", "status");
      said.textContent = answer.querySelector(".lead").textContent;
      form.replaceWith(said);
      turn(link, true);
      link.focus();
    } catch {
      form.dataset.plain = "1";
      form.requestSubmit();
    }
  };

  document.addEventListener("click", async (e) => {
    const link = e.target.closest("a.reply, a.react, a.report");
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    const kind = link.className;
    const open = placed(link, kind);
    try {
      if (link.matches("[data-done]")) {
        const answer = await fetch(link.href, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams({ withdraw: "1" }) });
        if (!answer.ok || answer.redirected) throw new Error("not taken back");
        if (open) open.remove();
        turn(link, false);
        return;
      }
      if (open && kind === "reply") open.hidden = !open.hidden; // with what is in it
      else if (open) open.remove();
      if (open) { (open.hidden || !open.isConnected ? link : first(open)).focus(); return; }
      const form = (await page("GET", link.href)).querySelector(forms[kind]);
      if (!form) throw new Error("no form");
      place(form, link, kind);
    } catch {
      location.href = link.href;
    }
  });
})();
