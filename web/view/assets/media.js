
// A picture of another server that is not here yet comes as a placeholder, with the
// status 202; it is asked for again a few times.
(() => {
  const check = (img) => {
    const [src, n = 0] = img.src.split("?");
    const seen = performance.getEntriesByName(img.src).pop();
    if (seen?.responseStatus !== 202 || n > 5) return;
    setTimeout(() => { img.src = `${src}?${Number(n) + 1}`; }, 1000 * 2 ** n);
  };
  addEventListener("load", ({ target }) => { if (target instanceof HTMLImageElement) check(target); }, true);
  for (const img of document.images) if (img.complete) check(img);
})();
