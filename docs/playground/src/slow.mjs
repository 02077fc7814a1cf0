// Slow motion: one step, taken apart into stages.

import { ACTIVATIONS } from "./functions.mjs";
import { partial, symbol, text } from "./numbers.mjs";
import { SOLVERS } from "./training.mjs";

/** The stages of a step: {kind, layer, back, name}. The last, "update", changes the weights. */
export function stagesOf(network) {
  const last = network.layers.length;
  const layers = Array.from({ length: last }, (_, k) => k + 1);
  const nameOf = (l, arrow) => `${arrow} ${l === last ? "output" : `layer ${l}`}`;
  return [
    { kind: "input", layer: 0, name: "input" },
    ...layers.map((layer) => ({ kind: "forward", layer, name: nameOf(layer, "→") })),
    { kind: "loss", layer: last, name: "loss" },
    ...layers
      .toReversed()
      .map((layer) => ({ kind: "backward", layer, back: true, name: nameOf(layer, "←") })),
    { kind: "batch", layer: -1, name: "batch" },
    { kind: "update", layer: -1, name: "update" },
  ];
}

/**
 * What a stage shows: {title, text, unit, columns, rows}. `unit` is the unit whose equations go
 * with it, or null; `columns` and `rows` are a table of the layer's numbers, or null.
 */
export function describe(stage, network, pass, training, y) {
  return DESCRIPTIONS[stage.kind](stage, network, pass, training, y);
}

const DESCRIPTIONS = {
  input(stage, network, pass, training) {
    const n = training.nextRows().length;
    const others = n > 1 ? ` It is the first of the ${n} samples of this batch.` : "";
    return {
      title: "The sample comes in",
      text: `Its two coordinates are the activations of the input layer.${others}`,
      ...table(pass, 0, [["a", "a", (l) => "<i>x</i>"]]),
    };
  },

  forward(stage, network, pass) {
    const { layer } = stage;
    const isLast = layer === network.layers.length;
    const sigma = isLast
      ? "the logistic function, which makes a probability of it"
      : `${network.activation}: <i>σ</i>(<i>z</i>) = ${ACTIVATIONS[network.activation].formula}`;
    return {
      title: `Forward, ${isLast ? "output" : `layer ${layer}`}`,
      text: `Each unit adds up what comes in, times its weights, and its bias; this sum goes through ${sigma}.`,
      unit: { l: layer, j: 0, part: "forward" },
      ...table(pass, layer, ["z", "a"]),
    };
  },

  loss(stage, network, pass, training, y) {
    const a = text(pass.a[stage.layer][0]);
    return {
      title: "The loss",
      text: `The network says ${a}, the target is ${y}: the loss <i>ℓ</i> measures by how much it is wrong. From here, errors go backward.`,
      unit: { l: stage.layer, j: 0, part: "forward" },
    };
  },

  backward(stage, network, pass) {
    const { layer } = stage;
    const isLast = layer === network.layers.length;
    const next = layer + 1 === network.layers.length ? "the output" : `layer ${layer + 1}`;
    return {
      title: `Backward, ${isLast ? "output" : `layer ${layer}`}`,
      text: isLast
        ? `<i>δ</i> = ∂<i>ℓ</i>/∂<i>z</i> says how the loss changes with the score of the output unit. The gradient of a weight, now the width of its connection, is <i>δ</i> times the activation that the weight multiplied.`
        : `The <i>δ</i> of ${next} come back through the same weights; times the slope <i>σ</i>′(<i>z</i>) they are the <i>δ</i> of this layer, and with them the gradients of its weights.`,
      unit: { l: layer, j: 0, part: "backward" },
      ...table(pass, layer, isLast ? ["delta"] : ["aGrad", "slope", "delta"]),
    };
  },

  batch(stage, network, pass, training) {
    const n = training.nextRows().length;
    const penalty = training.settings.alpha
      ? " The penalty adds <i>α</i>·<i>w</i>/<i>n</i> to that of a weight."
      : "";
    return {
      title: "The whole batch",
      text:
        n === 1
          ? `The batch has this one sample, so its gradient is the gradient of the batch.${penalty}`
          : `The same is done for all ${n} samples of the batch, and ∂<i>E</i>/∂<i>w</i> is the mean of their ∂<i>ℓ</i>/∂<i>w</i>.${penalty}`,
    };
  },

  update(stage, network, pass, training) {
    const { solver, rate } = training.settings;
    return {
      title: "The update",
      text: `Every weight and bias has moved against its gradient, with <i>η</i> = ${rate}: <span class="formula">${SOLVERS[solver].rule}</span>. The loss of this sample was ${text(stage.lossBefore)} and is ${text(pass.losses[0])} now.`,
    };
  },
};

const NAMES = {
  z: (l) => symbol("z", l, "j"),
  a: (l) => symbol("a", l, "j"),
  aGrad: (l) => partial("ℓ", symbol("a", l, "j")),
  slope: (l) => `<i>σ</i>′(${symbol("z", l, "j")})`,
  delta: (l) => symbol("δ", l, "j"),
};

/** Some of a layer's numbers, a row for each unit. */
function table(pass, l, names) {
  const given = names.map((name) => (Array.isArray(name) ? name : [name, name, NAMES[name]]));
  const count = pass.a[l].length;
  if (count === 1) return {}; // the equations say it all
  return {
    columns: ["<i>j</i>", ...given.map(([, , nameOf]) => nameOf(l))],
    rows: Array.from({ length: count }, (_, j) => [
      String(j + 1),
      ...given.map(([key]) => text(pass[key][l][j])),
    ]),
  };
}
