
// The end of a list brings the next page of it. After five pages a button does, so
// that what stands below can be reached.
(() => {
  const list = document.querySelector("[data-endless]");
  if (!list || !window.IntersectionObserver) return;
  const status = document.createElement("p");
  status.className = "vh";
  status.setAttribute("role", "status");
  list.after(status);
  const next = () => document.querySelector('main .pager a[rel="next"]');
  let pages = 0;
  let busy = false;
  const more = async (link) => {
    if (busy) return;
    busy = true;
    try {
      // Scripts may not parse HTML here; the browser does it for a request.
      const page = await new Promise((done, failed) => {
        const request = new XMLHttpRequest();
        request.responseType = "document";
        request.open("GET", link.href);
        request.onload = () => (request.status === 200 ? done(request.response) : failed());
        request.onerror = failed;
        request.send();
      });
      const added = page.querySelector("[data-endless]");
      const pager = page.querySelector('main .pager a[rel="next"]');
      if (!added) throw new Error("no list");
      list.append(...added.children);
      status.textContent = added.dataset.loaded;
      pages += 1;
      if (pager) link.href = pager.href; else link.closest(".pager").remove();
      document.dispatchEvent(new Event("listed"));
    } catch {
      watch.disconnect(); // the link remains
    }
    busy = false;
    const again = next();
    if (again && pages < 5) { watch.unobserve(again); watch.observe(again); }
  };
  const watch = new IntersectionObserver((seen) => {
    if (pages < 5 && seen.some((s) => s.isIntersecting)) more(next());
  }, { rootMargin: "600px" });
  const link = next();
  if (!link) return;
  watch.observe(link);
  link.addEventListener("click", (e) => {
    if (e.button || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    more(link);
  });
})();
