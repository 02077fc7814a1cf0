// The equations of one sample with the numbers filled in, as rows [left, symbols, numbers, value].

import { ACTIVATIONS } from "./functions.mjs";
import { capitalized, factor, partial, symbol, text, unitName } from "./numbers.mjs";

/**
 * The equations of unit j of layer l, for the one sample of `pass`.
 * Returns {title, forward, backward}, rows of the two passes.
 */
export function unitEquations(network, pass, y, l, j) {
  const last = network.layers.length;
  if (l === 0) return inputEquations(pass, j);
  const z = symbol("z", l, j);
  const a = symbol("a", l, j);
  const delta = symbol("δ", l, j);
  const isOutput = l === last;
  const sigma = isOutput ? "logistic" : network.activation;
  const forward = [
    scoreRow(network, pass, l, j),
    [a, `<i>σ</i>(${z})`, `${sigma}(${text(pass.z[l][j])})`, pass.a[l][j]],
  ];
  const backward = isOutput
    ? outputBackward(network, pass, y, l, j)
    : hiddenBackward(network, pass, l, j);
  if (isOutput) forward.push(lossRow(network, pass, y));
  backward.push([partial("ℓ", symbol("b", l, j)), delta, "", pass.delta[l][j]]);
  return { title: capitalized(unitName(l, j, last)), forward, backward };
}

/** The equations of the weight from unit i of layer l − 1 to unit j of layer l. */
export function weightEquations(network, pass, l, i, j) {
  const { W, fanOut } = network.layers[l - 1];
  const w = symbol("w", l, i, j);
  const a = pass.a[l - 1][i];
  const delta = pass.delta[l][j];
  const last = network.layers.length;
  const source = symbol("a", l - 1, i);
  return {
    title: `The weight from ${unitName(l - 1, i, last)} to ${unitName(l, j, last)}`,
    forward: [
      [w, "", "", W[i * fanOut + j]],
      [
        `its part of ${symbol("z", l, j)}`,
        `${w}·${source}`,
        `${text(W[i * fanOut + j])}·${factor(a)}`,
        W[i * fanOut + j] * a,
      ],
    ],
    backward: [
      [partial("ℓ", w), `${source}·${symbol("δ", l, j)}`, `${text(a)}·${factor(delta)}`, a * delta],
    ],
  };
}

/** What the last step did to a parameter, number k of the vector: rows like the others. */
export function stepEquations(network, training, k, name) {
  const { last, settings } = training;
  if (!last) return [];
  const isWeight = k < network.nWeights;
  const n = last.rows.length;
  const mean = `mean of ${partial("ℓ", name)} over the ${n === 1 ? "one sample" : `${n} samples`}`;
  const penalty = isWeight && settings.alpha ? ` + <i>α</i>·${name}/${n}` : "";
  return [
    [partial("E", name), mean + penalty, "", last.gradient[k]],
    [
      `new ${name}`,
      "old value + change",
      `${text(last.before[k])} + ${factor(network.params[k] - last.before[k])}`,
      network.params[k],
    ],
  ];
}

/** The place of a weight or of a bias (i null) in the vector of parameters. */
export function indexOf(network, l, i, j) {
  const { W, b, fanOut } = network.layers[l - 1];
  const part = i === null ? b : W;
  const offset = (part.byteOffset - network.params.byteOffset) / part.BYTES_PER_ELEMENT;
  return offset + (i === null ? j : i * fanOut + j);
}

function inputEquations(pass, j) {
  const forward = [[symbol("a", 0, j), "", "", pass.a[0][j]]];
  return { title: capitalized(unitName(0, j)), forward, backward: [] };
}

/** z = Σ w a + b */
export function scoreRow(network, pass, l, j) {
  const { W, b, fanIn, fanOut } = network.layers[l - 1];
  const terms = Array.from(
    { length: fanIn },
    (_, i) => `${factor(pass.a[l - 1][i])}·${factor(W[i * fanOut + j])}`,
  );
  terms.push(factor(b[j]));
  const source = l === 1 ? "<i>x</i><sub><i>i</i></sub>" : symbol("a", l - 1, "i");
  return [
    symbol("z", l, j),
    `Σ<sub><i>i</i></sub> ${source}·${sumWeight(l, j)} + ${symbol("b", l, j)}`,
    sumOf(terms),
    pass.z[l][j],
  ];
}

/** Terms joined by plus signs; a line may break before a plus only. */
function sumOf(terms) {
  const parts = terms.map((term, k) => `<span class="term">${k ? "+ " : ""}${term}</span>`);
  return parts.join(" ");
}

function sumWeight(l, j) {
  return `<i>w</i><span class="scripts"><sup>${l}</sup><sub><i>i</i>${j + 1}</sub></span>`;
}

function lossRow(network, pass, y) {
  const a = symbol("a", network.layers.length, 0);
  const value = pass.a[network.layers.length][0];
  if (network.loss === "squared_error") {
    return ["<i>ℓ</i>", `½·(${a} − <i>y</i>)²`, `½·(${text(value)} − ${y})²`, pass.losses[0]];
  }
  return [
    "<i>ℓ</i>",
    `−<i>y</i>·log ${a} − (1 − <i>y</i>)·log(1 − ${a})`,
    y === 1 ? `−log ${text(value)}` : `−log(1 − ${text(value)})`,
    pass.losses[0],
  ];
}

function outputBackward(network, pass, y, l, j) {
  const a = symbol("a", l, j);
  const delta = symbol("δ", l, j);
  const value = pass.a[l][j];
  const error = [`${a} − <i>y</i>`, `${text(value)} − ${y}`, value - y];
  if (network.loss === "log_loss") return [[delta, ...error]];
  const gradient = partial("ℓ", a);
  const slope = `<i>σ</i>′(${symbol("z", l, j)})`;
  const product = `${text(value - y)}·${text(value * (1 - value))}`;
  return [
    [gradient, ...error],
    [slope, `${a}·(1 − ${a})`, `${text(value)}·(1 − ${text(value)})`, value * (1 - value)],
    [delta, `${gradient}·${slope}`, product, pass.delta[l][j]],
  ];
}

function hiddenBackward(network, pass, l, j) {
  const { W, fanOut } = network.layers[l];
  const terms = Array.from(
    { length: fanOut },
    (_, k) => `${factor(pass.delta[l + 1][k])}·${factor(W[j * fanOut + k])}`,
  );
  const gradient = partial("ℓ", symbol("a", l, j));
  const slope = `<i>σ</i>′(${symbol("z", l, j)})`;
  const weight = `<i>w</i><span class="scripts"><sup>${l + 1}</sup><sub>${j + 1}<i>k</i></sub></span>`;
  const { slope: formula, fillSlope } = ACTIVATIONS[network.activation];
  return [
    [
      gradient,
      `Σ<sub><i>k</i></sub> ${symbol("δ", l + 1, "k")}·${weight}`,
      sumOf(terms),
      pass.aGrad[l][j],
    ],
    [
      slope,
      formula.replaceAll("a", "<i>a</i>"),
      fillSlope?.(factor(pass.a[l][j])) ?? "",
      pass.slope[l][j],
    ],
    [
      symbol("δ", l, j),
      `${gradient}·${slope}`,
      `${text(pass.aGrad[l][j])}·${factor(pass.slope[l][j])}`,
      pass.delta[l][j],
    ],
  ];
}
