(() => {
  "use strict";
  const root = document.documentElement;
  const setLanguage = (language) => { root.dataset.language = language; root.lang = language; };
  if (location.hash === "#en") setLanguage("en");
  document.getElementById("language").addEventListener("click", () => {
    setLanguage(root.dataset.language === "zh" ? "en" : "zh");
  });
  const search = document.getElementById("search");
  if (!search) return;
  const rows = [...document.querySelectorAll("#changes tbody tr")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const count = document.getElementById("count");
  const more = document.getElementById("more");
  const step = 100;
  let limit = rows.filter((row) => !row.hidden).length;
  const refresh = () => {
    const wanted = search.value.trim().toLowerCase();
    let hits = 0;
    let shown = 0;
    rows.forEach((row, place) => {
      const isHit = texts[place].includes(wanted);
      row.hidden = !isHit || shown >= limit;
      hits += isHit;
      shown += !row.hidden;
    });
    count.textContent = `${shown} / ${hits}`;
    more.hidden = shown >= hits;
  };
  search.addEventListener("input", refresh);
  more.addEventListener("click", () => { limit += step; refresh(); });
  refresh();
})();
