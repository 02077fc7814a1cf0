// The page: buttons, the loop, colours, and its place in another page.

import { App } from "./app.mjs";
import { bindSettings, drawThumbnails, showSettings } from "./controls.mjs";
import { $ } from "./dom.mjs";
import { Graph } from "./graph.mjs";
import { makePalette } from "./palette.mjs";
import { MAX_UNITS, hashFromSettings, settingsFromHash } from "./settings.mjs";
import { View } from "./view.mjs";

const STAGE_MILLISECONDS = 3000;
const FRAME_BUDGET = 12; // milliseconds of training in a frame, at most
const SPEEDS = {
  step: { name: "one step a frame" },
  slow: { name: "5 epochs a second", rate: 5 },
  normal: { name: "20 epochs a second", rate: 20 },
  fast: { name: "as fast as it can", rate: Infinity },
};

// -- state and view -------------------------------------------------------------------------------

let needsDrawing = true;
let theme = null;
let palette = null;
let stageEnds = null; // the time at which the next stage is due; null when slow motion waits

const app = new App(settingsFromHash(location.hash), (isNew) => {
  needsDrawing = true;
  if (isNew) {
    stageEnds = null;
    view.rebuild();
    showSettings(app.settings);
    rememberSettings();
  }
});
const graph = new Graph($("graph"), {
  maxUnits: MAX_UNITS,
  onHover: (selection) => {
    if (JSON.stringify(selection) === JSON.stringify(app.hovered)) return;
    app.hovered = selection;
    needsDrawing = true;
  },
  onPin: (selection, keep = false) => {
    const isSame = JSON.stringify(selection) === JSON.stringify(app.pinned);
    app.pinned = isSame && !keep ? null : selection;
    if (keep || !app.pinned) app.hovered = null;
    needsDrawing = true;
  },
  onResize: (l, change) => {
    const { hidden } = app.settings;
    changeSettings({ hidden: hidden.with(l - 1, hidden[l - 1] + change) });
    graph.unitButton(l, change)?.focus();
  },
});
const view = new View(app, graph);
window.playground = app; // for the console

// -- settings -------------------------------------------------------------------------------------

function changeSettings(changes) {
  app.change(changes);
  showSettings(app.settings);
  rememberSettings();
}

function rememberSettings() {
  const hash = hashFromSettings(app.settings);
  if (hash !== location.hash)
    history.replaceState(null, "", hash || location.pathname + location.search);
}

bindSettings(() => app.settings, changeSettings);
showSettings(app.settings);
window.addEventListener("hashchange", () => changeSettings(settingsFromHash(location.hash)));

// -- buttons --------------------------------------------------------------------------------------

for (const [key, { name }] of Object.entries(SPEEDS)) $("speed").add(new Option(name, key));
$("speed").value = "normal";

function setPlaying(playing) {
  app.playing = playing;
  if (playing) endSlowMotion();
  needsDrawing = true;
}

/** Run something by hand: it ends playing and slow motion. */
function byHand(action) {
  setPlaying(false);
  endSlowMotion();
  action();
  app.refreshScores();
  needsDrawing = true;
}

$("play").addEventListener("click", () => setPlaying(!app.playing));
$("step").addEventListener("click", () => byHand(() => app.step()));
$("epoch").addEventListener("click", () => byHand(() => app.epoch()));
$("reset").addEventListener("click", () => byHand(() => app.restart()));
$("show-test").addEventListener("change", () => (needsDrawing = true));
$("sample").addEventListener("input", (event) => {
  const row = Math.round(Number(event.target.value)) - 1;
  if (row >= 0 && row < app.data.train.y.length) app.sample = row;
  needsDrawing = true;
});

// -- slow motion ----------------------------------------------------------------------------------

const prefersStill = matchMedia("(prefers-reduced-motion: reduce)");

$("slow").addEventListener("click", () => {
  if (app.stage !== null) return endSlowMotion();
  app.playing = false;
  app.pinned = null;
  app.beginSlowMotion();
  if (!prefersStill.matches) stageEnds = performance.now() + STAGE_MILLISECONDS;
});
$("stage-back").addEventListener("click", () => moveStage(-1));
$("stage-next").addEventListener("click", () => moveStage(1));
$("stage-end").addEventListener("click", () => {
  endSlowMotion();
  $("slow").focus();
});
$("stage-play").addEventListener("click", () => {
  stageEnds = stageEnds === null ? performance.now() : null;
  needsDrawing = true;
});

function moveStage(by) {
  if (stageEnds !== null) stageEnds = performance.now() + STAGE_MILLISECONDS;
  app.moveStage(by);
  app.refreshScores();
}

function endSlowMotion() {
  app.stage = stageEnds = null;
  needsDrawing = true;
}

// -- copying --------------------------------------------------------------------------------------

$("copy").addEventListener("click", async () => {
  const done = await copyText(app.pythonCode());
  $("copied").textContent = done ? "Copied" : "Could not copy: select the code below";
  setTimeout(() => ($("copied").textContent = ""), 2500);
});

async function copyText(code) {
  try {
    await navigator.clipboard.writeText(code);
    return true;
  } catch {
    getSelection().selectAllChildren($("python")); // where the clipboard is not allowed
    return document.execCommand("copy");
  }
}

// -- colours --------------------------------------------------------------------------------------

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function setTheme(name) {
  theme = name;
  document.documentElement.dataset.theme = name;
  palette = makePalette(name);
  $("theme").textContent = name === "dark" ? "Light" : "Dark";
  drawThumbnails(name);
  needsDrawing = true;
}

setTheme(prefersDark.matches ? "dark" : "light");
prefersDark.addEventListener("change", () => setTheme(prefersDark.matches ? "dark" : "light"));
$("theme").addEventListener("click", () => setTheme(theme === "dark" ? "light" : "dark"));

// -- within a page of the documentation, which says its theme and is told our height -------------

if (window.parent !== window) {
  document.documentElement.classList.add("embedded");
  window.addEventListener("message", ({ data }) => {
    if (data?.theme === "dark" || data?.theme === "light") setTheme(data.theme);
  });
  const tell = () =>
    window.parent.postMessage({ playgroundHeight: document.body.scrollHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
}

// -- the loop -------------------------------------------------------------------------------------

let lastTime = performance.now();
let epochsDue = 0;

function frame(time) {
  const elapsed = Math.min(0.1, (time - lastTime) / 1000);
  lastTime = time;
  if (app.playing) {
    advance(SPEEDS[$("speed").value], elapsed);
    if (app.hasDiverged) app.playing = false;
    needsDrawing = true;
  }
  if (stageEnds !== null && time >= stageEnds) moveStage(1);
  if (needsDrawing) {
    needsDrawing = false;
    view.draw(palette, stageEnds !== null);
  }
  requestAnimationFrame(frame);
}

function advance({ rate }, elapsed) {
  if (!rate) {
    app.step();
    app.refreshScores();
    return;
  }
  epochsDue = rate === Infinity ? Infinity : epochsDue + rate * elapsed;
  const end = performance.now() + FRAME_BUDGET;
  while (epochsDue >= 1 && performance.now() < end && !app.hasDiverged) {
    app.epoch();
    epochsDue -= 1;
  }
  epochsDue = Math.min(epochsDue, 1);
}

window.addEventListener("resize", () => (needsDrawing = true));
new ResizeObserver(() => (needsDrawing = true)).observe($("plane"));
requestAnimationFrame(frame);
