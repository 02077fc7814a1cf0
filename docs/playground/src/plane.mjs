// The plane of the inputs: what each unit makes of it, the prediction, and the points.

import { ACTIVATIONS } from "./functions.mjs";
import { forward } from "./network.mjs";
import { stepOf } from "./palette.mjs";

export const GRID = 64;
const PALE = 0.4; // of the colours of the prediction, so that the points stand out

/** The reach r of the square [−r, r]², and the points of a grid over it, from the top left. */
export function makeGrid(X) {
  const reach = 1.12 * X.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const points = new Float64Array(2 * GRID * GRID);
  for (let row = 0; row < GRID; row++) {
    for (let column = 0; column < GRID; column++) {
      const k = 2 * (row * GRID + column);
      points[k] = ((column + 0.5) / GRID) * 2 * reach - reach;
      points[k + 1] = reach - ((row + 0.5) / GRID) * 2 * reach;
    }
  }
  return { reach, points };
}

/** What all units of a network make of the grid. */
export class Fields {
  constructor(network, grid) {
    Object.assign(this, forward(network, grid.points), { network, reach: grid.reach });
  }

  /** z of a unit at each point of the grid; of an input, x. */
  score(l, j) {
    const width = this.network.sizes[l];
    const source = this.z[l] ?? this.a[l];
    const values = new Float64Array(GRID * GRID);
    for (let k = 0; k < values.length; k++) values[k] = source[k * width + j];
    return values;
  }

  /**
   * Paint the activations of a unit into a canvas, a pixel for every `stride`-th point in both
   * directions; `strength` makes the colours paler.
   */
  paint(canvas, l, j, palette, { stride = 1, strength = 1 } = {}) {
    const side = GRID / stride;
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const image = new ImageData(side, side);
    const pixels = new Uint32Array(image.data.buffer);
    const { centre, half } = this.#rangeOf(l, j);
    const width = this.network.sizes[l];
    const a = this.a[l];
    const scale = strength / half;
    for (let row = 0, pixel = 0; row < GRID; row += stride) {
      for (let column = 0; column < GRID; column += stride) {
        const value = a[(row * GRID + column) * width + j];
        pixels[pixel++] = palette.words[stepOf((value - centre) * scale)];
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  /** The middle and half the width of the range that the colours span. */
  #rangeOf(l, j) {
    if (l === 0) return { centre: 0, half: this.reach };
    if (l === this.network.layers.length) return { centre: 0.5, half: 0.5 };
    const { centre, half } = ACTIVATIONS[this.network.activation];
    if (half !== undefined) return { centre, half };
    const width = this.network.sizes[l];
    let most = 1e-9; // so that a unit that is zero everywhere has the colour of zero
    for (let k = j; k < this.a[l].length; k += width) most = Math.max(most, Math.abs(this.a[l][k]));
    return { centre: 0, half: most };
  }
}

/** Draws what a unit makes of the plane, and the points; the output unit, unless one is chosen. */
export class Plane {
  constructor(canvas, onPick) {
    this.canvas = canvas;
    this.buffer = document.createElement("canvas");
    canvas.addEventListener("click", (event) => {
      const box = canvas.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * 2 - 1;
      const y = 1 - ((event.clientY - box.top) / box.height) * 2;
      onPick(this.#nearest(x * this.reach, y * this.reach));
    });
  }

  draw({ fields, unit, grid, data, wrong, current, palette, showTest }) {
    const { canvas, buffer } = this;
    this.reach = grid.reach;
    this.X = data.train.X;
    const size = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!size) return;
    if (canvas.width !== size) canvas.width = canvas.height = size;
    const context = canvas.getContext("2d");
    fields.paint(buffer, unit.l, unit.j, palette, { strength: PALE });
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(buffer, 0, 0, size, size);
    this.#drawBoundary(context, fields.score(unit.l, unit.j), size, palette);
    const radius = Math.max(2.6, 4.6 - data.train.y.length / 200) * devicePixelRatio;
    if (showTest) this.#drawPoints(context, data.test, size, radius * 0.75, palette, true);
    this.#drawPoints(context, data.train, size, radius, palette, false);
    this.#markWrong(context, data.train, wrong, size, radius, palette);
    this.#markCurrent(context, current, size, radius, palette);
  }

  #place(x, y, size) {
    return [((x / this.reach + 1) / 2) * size, ((1 - y / this.reach) / 2) * size];
  }

  #drawPoints(context, { X, y }, size, radius, palette, hollow) {
    context.lineWidth = radius * (hollow ? 0.6 : 0.32);
    y.forEach((label, row) => {
      context.beginPath();
      context.arc(...this.#place(X[2 * row], X[2 * row + 1], size), radius, 0, 2 * Math.PI);
      const color = label ? palette.plus : palette.minus;
      context.fillStyle = color;
      context.strokeStyle = hollow ? color : palette.isDark ? "#0d1116" : "#ffffff";
      if (!hollow) context.fill();
      context.stroke();
    });
  }

  #markWrong(context, { X }, wrong, size, radius, palette) {
    context.strokeStyle = palette.isDark ? "#ffffff" : "#000000";
    context.lineWidth = 0.32 * radius;
    const arm = radius * 0.5;
    for (const row of wrong) {
      const [x, y] = this.#place(X[2 * row], X[2 * row + 1], size);
      context.beginPath();
      context.moveTo(x - arm, y - arm);
      context.lineTo(x + arm, y + arm);
      context.moveTo(x + arm, y - arm);
      context.lineTo(x - arm, y + arm);
      context.stroke();
    }
  }

  #markCurrent(context, row, size, radius, palette) {
    const [x, y] = this.#place(this.X[2 * row], this.X[2 * row + 1], size);
    for (const [color, width] of [
      [palette.isDark ? "#000000" : "#ffffff", 1.1],
      [palette.isDark ? "#ffffff" : "#000000", 0.5],
    ]) {
      context.beginPath();
      context.arc(x, y, radius * 1.9, 0, 2 * Math.PI);
      context.strokeStyle = color;
      context.lineWidth = width * radius;
      context.stroke();
    }
  }

  /** The line z = 0 by marching squares: of the output unit, the decision boundary. */
  #drawBoundary(context, z, size, palette) {
    context.beginPath();
    const scale = size / GRID;
    for (let row = 0; row < GRID - 1; row++) {
      for (let column = 0; column < GRID - 1; column++) {
        const crossings = [];
        for (const [[r0, c0], [r1, c1]] of SIDES) {
          const from = z[(row + r0) * GRID + column + c0];
          const to = z[(row + r1) * GRID + column + c1];
          if (from > 0 === to > 0) continue;
          const t = from / (from - to);
          crossings.push([
            (column + c0 + t * (c1 - c0) + 0.5) * scale,
            (row + r0 + t * (r1 - r0) + 0.5) * scale,
          ]);
        }
        for (let k = 0; k + 1 < crossings.length; k += 2) {
          context.moveTo(...crossings[k]);
          context.lineTo(...crossings[k + 1]);
        }
      }
    }
    context.strokeStyle = palette.isDark ? "#e6ebf0" : "#333333";
    context.lineWidth = 1.4 * devicePixelRatio;
    context.stroke();
  }

  #nearest(x, y) {
    let best = 0;
    const squared = (row) => (this.X[2 * row] - x) ** 2 + (this.X[2 * row + 1] - y) ** 2;
    for (let row = 1; row < this.X.length / 2; row++) if (squared(row) < squared(best)) best = row;
    return best;
  }
}

const SIDES = [
  [
    [0, 0],
    [0, 1],
  ],
  [
    [0, 1],
    [1, 1],
  ],
  [
    [1, 1],
    [1, 0],
  ],
  [
    [1, 0],
    [0, 0],
  ],
];
