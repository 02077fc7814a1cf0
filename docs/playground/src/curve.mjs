// The loss curves, as SVG.

import { compact } from "./numbers.mjs";

const WIDTH = 300;
const HEIGHT = 165;
const BOX = { left: 38, right: 8, top: 10, bottom: 30 };
const MAX_POINTS = 300;

/** Draw the training and test losses of the epochs so far, on a logarithmic axis. */
export function drawCurve(container, { train, test }) {
  if (!train.length) {
    container.innerHTML = '<p class="hint">The loss of each epoch appears here.</p>';
    return;
  }
  const all = [...train, ...test].filter((value) => Number.isFinite(value) && value > 0);
  let low = Math.min(...thinned(all));
  let high = Math.max(...thinned(all));
  low = 10 ** Math.floor(Math.log10(low) + 1e-9);
  high = Math.max(10 ** Math.ceil(Math.log10(high) - 1e-9), 10 * low);
  const n = Math.max(train.length, 2);
  const x = (epoch) => BOX.left + ((epoch - 1) / (n - 1)) * (WIDTH - BOX.left - BOX.right);
  const y = (loss) =>
    BOX.top +
    (Math.log(high / Math.max(loss, low)) / Math.log(high / low)) * (HEIGHT - BOX.top - BOX.bottom);
  container.innerHTML = `
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Loss of each epoch">
      ${decades(low, high)
        .map((loss) => gridLine(loss, y(loss)))
        .join("")}
      ${epochTicks(n)
        .map((epoch) => epochTick(epoch, x(epoch)))
        .join("")}
      ${line("test", test, x, y)}${line("train", train, x, y)}
    </svg>
    <p class="hint legend"><span class="line train"></span> training ${compact(train.at(-1))}
      &ensp;<span class="line test"></span> test ${compact(test.at(-1))}</p>`;
}

function line(name, losses, x, y) {
  const every = Math.max(1, Math.ceil(losses.length / MAX_POINTS));
  const points = losses
    .map((loss, i) => [i + 1, loss])
    .filter(
      ([epoch, loss]) => (epoch % every === 0 || epoch === losses.length) && Number.isFinite(loss),
    )
    .map(([epoch, loss]) => `${x(epoch).toFixed(1)},${y(loss).toFixed(1)}`);
  const [lastX, lastY] = points.length ? points.at(-1).split(",") : [0, 0];
  return `<polyline class="${name}" points="${points.join(" ")}"/>
    <circle class="${name}" cx="${lastX}" cy="${lastY}" r="3"/>`;
}

function gridLine(loss, y) {
  return `<line class="grid" x1="${BOX.left}" x2="${WIDTH - BOX.right}" y1="${y}" y2="${y}"/>
    <text x="${BOX.left - 6}" y="${y + 4}" text-anchor="end">${compact(loss)}</text>`;
}

function epochTick(epoch, x) {
  return `<text x="${x}" y="${HEIGHT - 10}" text-anchor="middle">${epoch}</text>`;
}

/** The powers of ten from low to high, at most five. */
function decades(low, high) {
  const first = Math.round(Math.log10(low));
  const count = Math.round(Math.log10(high)) - first;
  const every = Math.max(1, Math.ceil(count / 4));
  return Array.from({ length: Math.floor(count / every) + 1 }, (_, k) => 10 ** (first + k * every));
}

function epochTicks(n) {
  const rough = n / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, power * [1, 2, 5, 10].find((factor) => factor * power >= rough));
  const ticks = [1];
  for (let epoch = step; epoch <= n; epoch += step) if (epoch - 1 > 0.4 * step) ticks.push(epoch);
  return ticks;
}

/** Every k-th of many values: enough to find the smallest and largest for an axis. */
function thinned(values) {
  const every = Math.max(1, Math.floor(values.length / 5000));
  return values.filter((_, i) => i % every === 0);
}
