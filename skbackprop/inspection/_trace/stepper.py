"""Style, buttons and script of a trace in HTML. Without the script, everything is shown at once.

Style and script contain neither ``<`` nor ``&``: the page stays well-formed as XML, too. Nothing
has an id, so that several traces may stand on one page.
"""

STYLE = """
.skbackprop-trace { --forward: #0072b2; --back: #d55e00; --accent: var(--forward);
  --page: var(--pst-color-background, var(--jp-layout-color0, Canvas));
  overflow-x: auto; outline-offset: -2px; font-size: 13px; line-height: 1.45; }
.skbackprop-trace[data-way="back"] { --accent: var(--back); }
.skbackprop-trace .title { padding: 0.2em 0.6em; }
.skbackprop-trace .controls { display: none; flex-wrap: wrap; gap: 0.4em; align-items: center;
  padding: 0.3em 0.6em; position: sticky; left: 0; }
.skbackprop-trace[data-ready] .controls { display: flex; }
.skbackprop-trace button { font: inherit; color: inherit; background: transparent;
  border: 1px solid currentColor; border-radius: 4px; padding: 0.15em 0.7em; cursor: pointer; }
.skbackprop-trace button:hover { background: rgba(128, 128, 128, 0.2); }
.skbackprop-trace .count { min-width: 9em; opacity: 0.75; font-variant-numeric: tabular-nums; }
.skbackprop-trace .now-line { min-height: 1.6em; padding: 0.2em 0.6em; white-space: pre-wrap;
  font: 15px ui-monospace, Menlo, Consolas, monospace; border-left: 4px solid var(--accent);
  margin: 0.2em 0.6em; flex-basis: 100%; }
.skbackprop-trace svg { display: block; max-width: 100%; height: auto; }
.skbackprop-trace svg .box { fill: var(--page); stroke: currentColor; stroke-opacity: 0.55; }
.skbackprop-trace svg line { stroke: currentColor; stroke-opacity: 0.3; }
.skbackprop-trace svg text { fill: currentColor; font: 11px ui-monospace, Menlo, Consolas,
  monospace; }
.skbackprop-trace svg .value { text-anchor: end; }
.skbackprop-trace svg .caption { text-anchor: middle; font-family: inherit; opacity: 0.75; }
.skbackprop-trace svg .weight { text-anchor: middle; stroke: var(--page); stroke-width: 4px;
  paint-order: stroke; }
.skbackprop-trace svg .back text { fill: var(--back); font-weight: bold; }
.skbackprop-trace svg .lit .box { stroke: var(--accent); stroke-width: 3px; stroke-opacity: 1; }
.skbackprop-trace svg .lit line { stroke: var(--accent); stroke-width: 2.5px; stroke-opacity: 1; }
.skbackprop-trace svg .later { visibility: hidden; }
.skbackprop-trace table { border-collapse: collapse; margin: 0.2em 0; border: none;
  font: inherit; width: auto; }
.skbackprop-trace table tbody tr:nth-child(n) { background: transparent; }
.skbackprop-trace td, .skbackprop-trace th { border: none; padding: 0.1em 0.6em;
  text-align: left; vertical-align: top; background: transparent; }
.skbackprop-trace .calculation td { white-space: nowrap; font-family: ui-monospace, Menlo,
  Consolas, monospace; }
.skbackprop-trace .calculation .numbers { white-space: normal; min-width: 12em;
  max-width: 36em; opacity: 0.75; }
.skbackprop-trace .calculation .value { font-weight: bold; white-space: pre; }
.skbackprop-trace .calculation .list { white-space: normal; min-width: 14em; max-width: 26em; }
.skbackprop-trace .samples td, .skbackprop-trace .samples th { white-space: pre;
  text-align: right; font-family: ui-monospace, Menlo, Consolas, monospace; }
.skbackprop-trace th.heading, .skbackprop-trace .samples th.heading {
  padding-top: 0.8em; text-align: left; font-family: inherit; }
.skbackprop-trace tr[data-step] { cursor: pointer; }
.skbackprop-trace tr.later { opacity: 0.35; }
.skbackprop-trace tr.now td { background: rgba(128, 128, 128, 0.22); }
.skbackprop-trace tr.now td:first-child { box-shadow: inset 4px 0 var(--accent); }
@media (max-width: 640px) {
  .skbackprop-trace .calculation tr { display: flex; flex-wrap: wrap; padding-bottom: 0.3em; }
  .skbackprop-trace .calculation td { min-width: 0; }
  .skbackprop-trace .calculation td:empty { display: none; }
}
"""

CONTROLS = (
    '<div class="controls">'
    '<button type="button" data-do="back">◀ Back</button>'
    '<button type="button" data-do="next">Next ▶</button>'
    '<button type="button" data-do="play">Play</button>'
    '<button type="button" data-do="all">Show all</button>'
    '<span class="count"></span>'
    '<div class="now-line" aria-live="polite"></div>'
    "</div>"
)

SCRIPT = """
(function () {
  function start(box) {
    const rows = [...box.querySelectorAll("tr[data-step]")];
    const parts = [...box.querySelectorAll("[data-lit]")];
    const numbers = [...box.querySelectorAll("svg [data-from]")];
    const play = box.querySelector('[data-do="play"]');
    const line = box.querySelector(".now-line");
    const count = box.querySelector(".count");
    const lit = new Map(parts.map((part) => [part, part.dataset.lit.split(" ").map(Number)]));
    let step = -1, timer = null;

    function show(k) {
      step = k;
      const all = k === -1;
      rows.forEach((row, i) => {
        row.classList.toggle("now", i === k);
        row.classList.toggle("later", !all ? i > k : false);
      });
      numbers.forEach((part) =>
        part.classList.toggle("later", !all ? Number(part.dataset.from) > k : false));
      parts.forEach((part) =>
        part.classList.toggle("lit", !all ? lit.get(part).includes(k) : false));
      box.dataset.way = all ? "forward" : rows[k].dataset.way;
      count.textContent = all ? rows.length + " steps" : "step " + (k + 1) + " of " + rows.length;
      line.textContent = all ? "Step through both passes: Next, or the arrow keys." : (
        rows[k].dataset.title + ":  " +
        [...rows[k].children].map((cell) => cell.textContent).join(" ").trim()
          .replace(/ +/g, " "));
    }

    function pause() {
      clearInterval(timer);
      timer = null;
      play.textContent = "Play";
    }

    function next() {
      if (step + 1 === rows.length) { pause(); } else { show(step + 1); }
    }

    const actions = {
      back() { pause(); show(Math.max(step - 1, -1)); },
      next() { pause(); next(); },
      all() { pause(); show(-1); },
      play() {
        if (timer) { pause(); return; }
        if (step + 1 === rows.length) { show(-1); }
        next();
        timer = setInterval(next, 1200);
        play.textContent = "Pause";
      },
    };
    box.querySelectorAll("[data-do]").forEach((button) =>
      button.addEventListener("click", () => actions[button.dataset.do]()));
    rows.forEach((row, i) => row.addEventListener("click", () => { pause(); show(i); }));
    box.addEventListener("keydown", (event) => {
      const action = { ArrowRight: "next", ArrowLeft: "back", Escape: "all" }[event.key];
      if (action) { event.preventDefault(); actions[action](); }
    });
    box.dataset.ready = "";
    show(-1);
  }
  document.querySelectorAll(".skbackprop-trace:not([data-ready])").forEach((box) => {
    if (box.querySelector("tr[data-step]")) { start(box); }
  });
})();
"""
