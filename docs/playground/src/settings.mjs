// What can be set, and how the address of the page says it.

import { ACTIVATIONS, LOSSES } from "./functions.mjs";
import { PROBLEMS } from "./problems.mjs";
import { SOLVERS } from "./training.mjs";

export const MAX_LAYERS = 4;
export const MAX_UNITS = 16;

/** What the controls offer. A batch size of 0 stands for all rows. */
export const CHOICES = {
  problem: Object.keys(PROBLEMS),
  samples: [4, 50, 100, 200, 400],
  activation: Object.keys(ACTIVATIONS),
  loss: Object.keys(LOSSES),
  solver: Object.keys(SOLVERS),
  rate: [0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
  batchSize: [1, 4, 10, 32, 100, 0],
  alpha: [0, 0.0001, 0.001, 0.01, 0.1, 1, 10],
};

export const DEFAULTS = {
  problem: "spirals",
  samples: 200,
  noise: 10,
  seed: 0,
  hidden: [8, 8],
  activation: "tanh",
  loss: "log_loss",
  solver: "adam",
  rate: 0.01,
  batchSize: 10,
  alpha: 0,
};

/** The settings in an address's fragment; what is missing or not valid has its default. */
export function settingsFromHash(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const settings = { ...DEFAULTS, hidden: [...DEFAULTS.hidden] };
  for (const [name, choices] of Object.entries(CHOICES)) {
    const chosen = choices.find((choice) => String(choice) === given.get(name));
    if (chosen !== undefined) settings[name] = chosen;
  }
  for (const [name, most] of [
    ["noise", 100],
    ["seed", 9999],
  ]) {
    const text = given.get(name) ?? "";
    if (/^\d+$/.test(text) && Number(text) <= most) settings[name] = Number(text);
  }
  if (given.has("hidden")) {
    const sizes = given.get("hidden").split("-").filter(Boolean).map(Number);
    const isValid = (size) => Number.isInteger(size) && size >= 1 && size <= MAX_UNITS;
    if (sizes.length <= MAX_LAYERS && sizes.every(isValid)) settings.hidden = sizes;
  }
  return settings;
}

/** The fragment that `settingsFromHash` reads: what differs from the defaults. */
export function hashFromSettings(settings) {
  const parts = [];
  for (const name of Object.keys(DEFAULTS)) {
    const text = textOf(settings[name]);
    if (text !== textOf(DEFAULTS[name])) parts.push(`${name}=${text}`);
  }
  return parts.length ? `#${parts.join("&")}` : "";
}

function textOf(value) {
  return Array.isArray(value) ? value.join("-") : String(value);
}
