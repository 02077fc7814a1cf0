// The network as a graph: a map in each unit, connections as wide as their weights.

import { capitalized, compact, text, unitName } from "./numbers.mjs";

const HEAD = 58; // room above the units, for the names of the layers and their buttons
const NARROW_HEAD = 110; // and where the buttons stand one above the other
const FOOT = 30; // and below, for the norms of their gradients
const SVG = "http://www.w3.org/2000/svg";

/**
 * Calls `onHover(selection)` and `onPin(selection)` with {kind: "unit", l, j}, {kind: "weight", l,
 * i, j} or null, and `onResize(l, change)` when a unit is to be added to layer l or removed.
 */
export class Graph {
  constructor(container, { onHover, onPin, onResize, maxUnits }) {
    Object.assign(this, { container, onHover, onPin, onResize, maxUnits });
    this.focus = { l: 0, j: 0 };
    container.addEventListener("pointerover", (event) => onHover(selectionOf(event.target)));
    container.addEventListener("pointerleave", () => onHover(null));
    container.addEventListener("click", (event) => {
      if (event.target.closest(".head")) return;
      onPin(selectionOf(event.target));
    });
    container.addEventListener("keydown", (event) => this.#onKey(event));
    new ResizeObserver(() => this.layout()).observe(container);
  }

  build(network) {
    this.network = network;
    this.focus = { l: Math.min(this.focus.l, network.sizes.length - 1), j: 0 };
    this.container.innerHTML = `<svg class="edges" aria-hidden="true"></svg>`;
    this.svg = this.container.firstElementChild;
    this.units = network.sizes.map((size, l) =>
      Array.from({ length: size }, (_, j) => this.#makeUnit(l, j)),
    );
    this.edges = network.layers.map(({ fanIn, fanOut }, k) => {
      const edges = [];
      for (let i = 0; i < fanIn; i++)
        for (let j = 0; j < fanOut; j++) edges.push(this.#makeEdge(k + 1, i, j));
      return edges;
    });
    this.heads = network.sizes.map((_, l) => this.#makeHead(l));
    this.feet = network.layers.map(() => this.#append("div", "foot"));
    this.layout();
    this.#rove();
  }

  #append(tag, className, parent = this.container) {
    const element = document.createElement(tag);
    element.className = className;
    return parent.appendChild(element);
  }

  #makeUnit(l, j) {
    const unit = this.#append("button", "unit");
    unit.type = "button";
    unit.innerHTML = `<canvas></canvas><span class="value"></span>`;
    if (l === 0)
      unit.insertAdjacentHTML("beforeend", `<span class="name"><i>x</i><sub>${j + 1}</sub></span>`);
    Object.assign(unit.dataset, { l, j });
    unit.setAttribute("aria-label", capitalized(unitName(l, j, this.network.layers.length)));
    return unit;
  }

  #makeEdge(l, i, j) {
    const [line, target] = ["edge", "target"].map((name) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", name);
      Object.assign(path.dataset, { l, i, j });
      return this.svg.appendChild(path);
    });
    return { i, j, line, target };
  }

  #makeHead(l) {
    const head = this.#append("div", "head");
    const isHidden = l > 0 && l < this.network.layers.length;
    const name = l === 0 ? "Input" : isHidden ? `Layer ${l}` : "Output";
    head.innerHTML = `<span>${name}</span>`;
    if (!isHidden) return head;
    const size = this.network.sizes[l];
    const row = this.#append("span", "stepper", head);
    row.innerHTML = `<button type="button" data-change="-1" aria-label="Remove a unit from layer ${l}">−</button>
      <output>${size}</output>
      <button type="button" data-change="1" aria-label="Add a unit to layer ${l}">+</button>`;
    for (const button of row.querySelectorAll("button")) {
      const change = Number(button.dataset.change);
      button.disabled = size + change < 1 || size + change > this.maxUnits;
      button.addEventListener("click", () => this.onResize(l, change));
    }
    return head;
  }

  /** The button that changes the number of units of a layer, for the focus after a rebuild. */
  unitButton(l, change) {
    return (
      this.heads[l].querySelector(`[data-change="${change}"]:enabled`) ??
      this.heads[l].querySelector("button:enabled")
    );
  }

  /** Place everything for the width of the container. */
  layout() {
    const width = this.container.clientWidth;
    if (!this.network || !width) return;
    const { sizes } = this.network;
    const most = Math.max(...sizes);
    const pitch = Math.max(27, Math.min(72, 400 / most, (0.9 * width) / sizes.length));
    const size = Math.round(0.8 * pitch);
    const [left, right] = [size / 2 + 26, Math.max(size / 2 + 4, 26)];
    const column = (width - left - right) / (sizes.length - 1);
    const x = (l) => left + l * column;
    const isNarrow = column < 84;
    this.container.classList.toggle("narrow", isNarrow);
    const head = isNarrow ? NARROW_HEAD : HEAD;
    const height = head + Math.max(most * pitch, 300) + FOOT;
    const middle = head + (height - head - FOOT) / 2;
    const y = (l, j) => middle + (j - (sizes[l] - 1) / 2) * pitch;
    this.container.style.height = `${height}px`;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.units.forEach((units, l) => units.forEach((unit, j) => place(unit, x(l), y(l, j), size)));
    this.heads.forEach((head, l) => (head.style.left = `${x(l)}px`));
    this.feet.forEach((foot, k) =>
      Object.assign(foot.style, { left: `${x(k + 1)}px`, top: `${height - FOOT + 8}px` }),
    );
    this.edges.forEach((edges, k) => {
      for (const { i, j, line, target } of edges) {
        const [x0, y0] = [x(k) + size / 2, y(k, i)];
        const [x1, y1] = [x(k + 1) - size / 2, y(k + 1, j)];
        const bend = (x1 - x0) * 0.45;
        const d = `M${x0} ${y0}C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`;
        line.setAttribute("d", d);
        target.setAttribute("d", d);
      }
    });
  }

  /** Show the present state; `pass` is the pass of the current sample alone. */
  update({ network, fields, palette, pass, norms, selection, stage }) {
    this.units.forEach((units, l) =>
      units.forEach((unit, j) => {
        fields.paint(unit.firstElementChild, l, j, palette, { stride: 2 });
        this.#markUnit(unit, l, j, { pass, selection, stage });
      }),
    );
    this.edges.forEach((edges, k) => {
      const { W, fanOut } = network.layers[k];
      for (const edge of edges) {
        const shown = shownOnEdge(pass, k + 1, edge.i, edge.j, W[edge.i * fanOut + edge.j], stage);
        edge.line.setAttribute("stroke", shown.value < 0 ? palette.minus : palette.plus);
        edge.line.setAttribute("stroke-width", shown.width.toFixed(2));
        const className = `edge ${shown.className} ${this.#emphasis(k + 1, edge, selection)}`;
        if (className !== edge.className)
          edge.line.setAttribute("class", (edge.className = className));
      }
    });
    this.feet.forEach((foot, k) => {
      foot.textContent = norms ? compact(norms[k]) : "";
      foot.title = norms ? `‖∂E/∂W‖ of layer ${k + 1} in the last step: ${text(norms[k])}` : "";
    });
  }

  #markUnit(unit, l, j, { pass, selection, stage }) {
    const isSelected = selection?.kind === "unit" && selection.l === l && selection.j === j;
    unit.classList.toggle("selected", isSelected);
    unit.classList.toggle("lit", Boolean(stage && isLit(stage, l)));
    unit.classList.toggle("back", Boolean(stage?.back));
    const value = unit.querySelector(".value");
    const shown = shownOnUnit(pass, l, j, selection, stage);
    value.textContent = shown === null ? "" : compact(shown);
    value.classList.toggle("delta", Boolean(stage?.back));
  }

  #emphasis(l, { i, j }, selection) {
    if (!selection) return "";
    if (selection.kind === "weight") {
      return selection.l === l && selection.i === i && selection.j === j ? "selected" : "faded";
    }
    const touches =
      (selection.l === l && selection.j === j) || (selection.l === l - 1 && selection.j === i);
    return touches ? "" : "faded";
  }

  // -- keyboard: arrows walk through the units, w through the weights into one --------------------

  #onKey(event) {
    const unit = event.target.closest(".unit");
    if (!unit) return;
    const { sizes } = this.network;
    let [l, j] = [Number(unit.dataset.l), Number(unit.dataset.j)];
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (moves[event.key]) {
      event.preventDefault();
      const newLayer = Math.max(0, Math.min(sizes.length - 1, l + moves[event.key][0]));
      if (newLayer !== l) j = Math.round(((j + 0.5) / sizes[l]) * sizes[newLayer] - 0.5);
      l = newLayer;
      j = Math.max(0, Math.min(sizes[l] - 1, j + moves[event.key][1]));
      this.focus = { l, j };
      this.#rove();
      this.units[l][j].focus();
      this.onPin({ kind: "unit", l, j }, true);
    } else if (event.key.toLowerCase() === "w" && l > 0) {
      const count = sizes[l - 1];
      const step = event.shiftKey ? -1 : 1;
      const isNew = this.weight?.l !== l || this.weight?.j !== j;
      const i = isNew ? 0 : (this.weight.i + step + count) % count;
      this.weight = { kind: "weight", l, i, j };
      this.onPin(this.weight, true);
    } else if (event.key === "Escape") {
      this.onPin(null);
    }
  }

  /** One unit takes part in the order of the Tab key. */
  #rove() {
    this.units.forEach((units, l) =>
      units.forEach((unit, j) => {
        unit.tabIndex = l === this.focus.l && j === this.focus.j ? 0 : -1;
      }),
    );
  }
}

function place(unit, x, y, size) {
  Object.assign(unit.style, {
    left: `${x - size / 2}px`,
    top: `${y - size / 2}px`,
    width: `${size}px`,
    height: `${size}px`,
  });
}

function selectionOf(element) {
  const { l, i, j } = element.closest("[data-l]")?.dataset ?? {};
  if (l === undefined) return null;
  if (i === undefined) return { kind: "unit", l: Number(l), j: Number(j) };
  return { kind: "weight", l: Number(l), i: Number(i), j: Number(j) };
}

// -- what is shown in slow motion -----------------------------------------------------------------

function isLit(stage, l) {
  return stage.kind === "update" ? l > 0 : stage.layer === l;
}

/** The number beside a unit: a where the forward pass has been, δ where the backward pass has. */
function shownOnUnit(pass, l, j, selection, stage) {
  if (stage?.kind === "update" || stage?.kind === "batch") return null;
  if (stage?.back) return l >= stage.layer ? pass.delta[l][j] : null;
  if (stage) return l <= stage.layer ? pass.a[l][j] : null;
  return selection ? pass.a[l][j] : null;
}

/** The number that the connection from i to j of layer l shows, and how. */
function shownOnEdge(pass, l, i, j, w, stage) {
  const plain = { value: w, width: Math.min(7, 0.5 + 1.7 * Math.sqrt(Math.abs(w))), className: "" };
  if (!stage) return plain;
  if (stage.kind === "update") return { ...plain, className: "flash" };
  if (stage.kind === "forward" && stage.layer === l) {
    const part = w * pass.a[l - 1][i];
    return {
      value: part,
      width: Math.min(8, 1 + 3 * Math.sqrt(Math.abs(part))),
      className: "flow",
    };
  }
  if (stage.back && stage.layer === l - 1) {
    const part = w * pass.delta[l][j];
    return {
      value: part,
      width: Math.min(8, 1 + 6 * Math.sqrt(Math.abs(part))),
      className: "flow back",
    };
  }
  if (stage.back && stage.layer === l) {
    const gradient = pass.a[l - 1][i] * pass.delta[l][j];
    return {
      value: gradient,
      width: Math.min(8, 1 + 6 * Math.sqrt(Math.abs(gradient))),
      className: "gradient",
    };
  }
  return { ...plain, className: "dim" };
}
