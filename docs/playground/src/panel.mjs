// The panel of numbers: equations with the numbers of the current sample filled in.

import { indexOf, stepEquations, unitEquations, weightEquations } from "./formulas.mjs";
import { symbol, text } from "./numbers.mjs";
import { describe } from "./slow.mjs";

/** The HTML of a selection: a unit or a weight. */
export function selectionHtml(selection, network, training, pass, y) {
  const { kind, l, i, j } = selection;
  const isWeight = kind === "weight";
  const equations = isWeight
    ? weightEquations(network, pass, l, i, j)
    : unitEquations(network, pass, y, l, j);
  let step = [];
  if (l > 0) {
    const name = isWeight ? symbol("w", l, i, j) : symbol("b", l, j);
    step = stepEquations(network, training, indexOf(network, l, isWeight ? i : null, j), name);
  }
  return `<h3>${equations.title}</h3>
    ${partHtml("Forward", equations.forward)}
    ${partHtml("Backward", equations.backward)}
    ${partHtml("The last step", step)}`;
}

/** The HTML of a stage of slow motion. */
export function stageHtml(stage, network, training, pass, y) {
  const { title, text: words, unit, columns, rows } = describe(stage, network, pass, training, y);
  let equations = "";
  if (unit) {
    const { forward, backward, title: name } = unitEquations(network, pass, y, unit.l, unit.j);
    const part = unit.part === "forward" ? forward : backward;
    const isOutput = unit.l === network.layers.length;
    const shown =
      stage.kind === "loss"
        ? part.slice(-1)
        : isOutput && part === forward
          ? part.slice(0, -1)
          : part;
    const rows = stage.back
      ? [...shown, ...weightEquations(network, pass, unit.l, 0, unit.j).backward]
      : shown;
    equations = partHtml(isOutput ? "" : `${name}, for instance`, rows);
  }
  return `<h3>${title}</h3><p>${words}</p><div class="columns">
    <div class="grow">${equations}</div>${columns ? tableHtml(columns, rows) : ""}</div>`;
}

/** What is shown when nothing is chosen. */
export function overviewHtml(network, training, pass, y) {
  const last = { kind: "unit", l: network.layers.length, j: 0 };
  return selectionHtml(last, network, training, pass, y);
}

function partHtml(title, rows) {
  if (!rows.length) return "";
  return `${title ? `<h4>${title}</h4>` : ""}<div class="equations">${rows.map(rowHtml).join("")}</div>`;
}

function rowHtml([left, symbols, numbers, value]) {
  const parts = [symbols, numbers]
    .filter(Boolean)
    .map((part) => `<span class="part">= ${part}</span>`);
  return `<div class="equation"><span class="left">${left}</span>
    <span class="right">${parts.join(" ")} <span class="part result">= ${text(value)}</span></span></div>`;
}

function tableHtml(columns, rows) {
  const cells = (row, tag) => row.map((cell) => `<${tag}>${cell}</${tag}>`).join("");
  return `<div class="scroll" tabindex="0" role="region" aria-label="Numbers of the layer"><table><thead><tr>${cells(columns, "th")}</tr></thead>
    <tbody>${rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("")}</tbody></table></div>`;
}
