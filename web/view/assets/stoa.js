"use strict";
// Pages are complete without this. It keeps ages current, gives exact times in
// the reader's own zone, and puts a button beside what one would copy.
(() => {
  const language = document.documentElement.lang || "en";
  const relative = new Intl.RelativeTimeFormat(language);
  const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });
  const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];

  const age = (time) => {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    const unit = units.find(([, length]) => seconds >= length);
    return unit ? relative.format(-Math.floor(seconds / unit[1]), unit[0]) : null;
  };
  const refresh = () => {
    for (const time of document.querySelectorAll("time")) {
      const text = age(time);
      if (text && time.textContent !== text) time.textContent = text;
    }
  };
  const inZone = () => {
    for (const time of document.querySelectorAll("time")) {
      const date = new Date(time.dateTime);
      if (!Number.isNaN(date.getTime())) time.title = exact.format(date);
    }
  };
  inZone();
  document.addEventListener("listed", inZone); // see endless.js
  setInterval(refresh, 60000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

  // A page to which more comes is loaded again, but not while somebody is at one of its
  // fields, or has put something into one.
  const again = Number(document.documentElement.dataset.again);
  if (again) {
    const field = "input:not([type=hidden]), textarea, select";
    const filled = () => JSON.stringify([...document.querySelectorAll(field)].map((e) => e.matches("[type=checkbox], [type=radio]") ? e.checked : e.value));
    const before = filled();
    const timer = setInterval(() => {
      if (document.activeElement.matches(field) || filled() !== before) return;
      clearInterval(timer); // the page goes on while the next one is on its way
      location.reload();
    }, again * 1000);
  }

  if (navigator.clipboard) {
    for (const line of document.querySelectorAll("[data-copy]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = line.dataset.copy;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(line.querySelector("code").textContent);
        button.textContent = line.dataset.copied;
        setTimeout(() => { button.textContent = line.dataset.copy; }, 2000);
      });
      line.append(" ", button);
    }
  }
})();
