// The controls: they show the settings and change them.

import { $ } from "./dom.mjs";
import { ACTIVATIONS, LOSSES } from "./functions.mjs";
import { EXPERIMENTS } from "./experiments.mjs";
import { makePalette } from "./palette.mjs";
import { PROBLEMS, makeData, noiseOf } from "./problems.mjs";
import { CHOICES, DEFAULTS, MAX_LAYERS } from "./settings.mjs";
import { SOLVERS } from "./training.mjs";

/** What a choice is called, where it is not called by its value. */
const LABELS = {
  activation: (name) => name,
  loss: (name) => LOSSES[name].name,
  solver: (name) => SOLVERS[name].name,
  batchSize: (size) => (size === 0 ? "all" : size),
};
const SELECTS = ["samples", "activation", "loss", "solver", "rate", "batchSize", "alpha"];

/** Fill in the choices, and call `change(changes)` when one is made. */
export function bindSettings(settingsNow, change) {
  for (const name of SELECTS) {
    const select = $(name);
    const choices = CHOICES[name];
    choices.forEach((choice, k) => select.add(new Option(LABELS[name]?.(choice) ?? choice, k)));
    select.addEventListener("change", () => change({ [name]: choices[select.value] }));
  }
  $("noise").addEventListener("input", (event) => change({ noise: Number(event.target.value) }));
  $("seed").addEventListener("change", (event) => {
    const seed = Math.round(Math.min(9999, Math.max(0, Number(event.target.value) || 0)));
    change({ seed });
  });
  $("fewer-layers").addEventListener("click", () =>
    change({ hidden: settingsNow().hidden.slice(0, -1) }),
  );
  $("more-layers").addEventListener("click", () => {
    const { hidden } = settingsNow();
    change({ hidden: [...hidden, hidden.at(-1) ?? 4] });
  });
  $("problems").innerHTML = Object.entries(PROBLEMS)
    .map(
      ([
        key,
        { name },
      ]) => `<label class="problem"><input type="radio" name="problem" value="${key}">
        <canvas width="56" height="56"></canvas><span>${name}</span></label>`,
    )
    .join("");
  $("problems").addEventListener("change", (event) => change({ problem: event.target.value }));
  document
    .querySelector("form.settings")
    .addEventListener("submit", (event) => event.preventDefault());
  $("experiments").innerHTML = EXPERIMENTS.map(
    ({ name, text }, k) =>
      `<li><button type="button" data-experiment="${k}">${name}</button> <span>${text}</span></li>`,
  ).join("");
  $("experiments").addEventListener("click", (event) => {
    const { experiment } = event.target.dataset;
    if (experiment === undefined) return;
    change({ ...DEFAULTS, ...EXPERIMENTS[experiment].settings });
    document.querySelector("main").scrollIntoView({ block: "start" });
    $("play").focus({ preventScroll: true });
  });
}

/** Show the settings in the controls. */
export function showSettings(settings) {
  for (const name of SELECTS) $(name).value = CHOICES[name].indexOf(settings[name]);
  $("noise").value = settings.noise;
  $("noise-text").textContent = `${noiseOf(settings.problem, settings.noise)}`;
  $("seed").value = settings.seed;
  $("layers").textContent = settings.hidden.length;
  $("fewer-layers").disabled = settings.hidden.length === 0;
  $("more-layers").disabled = settings.hidden.length === MAX_LAYERS;
  $("activation").title = `σ(z) = ${ACTIVATIONS[settings.activation].formula}`;
  for (const radio of $("problems").querySelectorAll("input"))
    radio.checked = radio.value === settings.problem;
}

/** Draw a small picture of each problem. */
export function drawThumbnails(theme) {
  const palette = makePalette(theme);
  for (const label of $("problems").children) {
    const key = label.querySelector("input").value;
    const canvas = label.querySelector("canvas");
    const context = canvas.getContext("2d");
    const { X, y } = makeData(key, 100, key === "blobs" ? 25 : 10, 0).train;
    context.clearRect(0, 0, 56, 56);
    y.forEach((label, row) => {
      context.fillStyle = label ? palette.plus : palette.minus;
      context.beginPath();
      context.arc(28 + 12 * X[2 * row], 28 - 12 * X[2 * row + 1], 1.9, 0, 2 * Math.PI);
      context.fill();
    });
  }
}
