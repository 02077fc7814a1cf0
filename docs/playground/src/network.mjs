// A multi-layer perceptron: the forward pass, the backward pass and the gradient.

import { ACTIVATIONS, LOSSES, link } from "./functions.mjs";

/**
 * Layers over one flat vector of parameters: all weights first, then all biases.
 *
 * `sizes` has the units of each layer, from the input to the one output. Layer l, counted from 1,
 * is `layers[l − 1]`: W has a row for each unit before and a column for each unit of the layer.
 */
export class Network {
  constructor(sizes, activation, loss) {
    this.sizes = sizes;
    this.activation = activation;
    this.loss = loss;
    this.nWeights = sum(sizes.slice(1).map((size, l) => sizes[l] * size));
    this.params = new Float64Array(this.nWeights + sum(sizes.slice(1)));
    this.layers = this.views(this.params);
  }

  /** The layers' parts {W, b} of a vector like `params`. */
  views(vector) {
    let weight = 0;
    let bias = this.nWeights;
    return this.sizes.slice(1).map((fanOut, l) => {
      const fanIn = this.sizes[l];
      const W = vector.subarray(weight, (weight += fanIn * fanOut));
      const b = vector.subarray(bias, (bias += fanOut));
      return { W, b, fanIn, fanOut };
    });
  }

  /** Draw weights and biases from U(−r, r) with r = √(6 / (fan_in + fan_out)), or √2 for logistic
   *  units (Glorot & Bengio, 2010; scikit-learn draws biases, too). */
  initialize(rng) {
    const factor = this.activation === "logistic" ? 2 : 6;
    for (const { W, b, fanIn, fanOut } of this.layers) {
      const bound = Math.sqrt(factor / (fanIn + fanOut));
      for (const array of [W, b]) {
        for (let i = 0; i < array.length; i++) array[i] = rng.uniform(-bound, bound);
      }
    }
  }
}

/**
 * The forward pass of n rows of X: {n, z, a}, with aˡ = a[l], a[0] = X and zˡ = z[l], each n rows
 * of the layer's units.
 */
export function forward(network, X) {
  const n = X.length / network.sizes[0];
  const z = [null];
  const a = [X];
  network.layers.forEach((layer, i) => {
    const isLast = i === network.layers.length - 1;
    const activate = isLast ? link : ACTIVATIONS[network.activation].value;
    z.push(affine(a[i], layer, n));
    a.push(z[i + 1].map(activate));
  });
  return { n, z, a };
}

/** z = a W + b */
function affine(a, { W, b, fanIn, fanOut }, n) {
  const z = new Float64Array(n * fanOut);
  for (let row = 0; row < n; row++) {
    const out = row * fanOut;
    for (let j = 0; j < fanOut; j++) z[out + j] = b[j];
    for (let i = 0; i < fanIn; i++) {
      const value = a[row * fanIn + i];
      for (let j = 0; j < fanOut; j++) z[out + j] += value * W[i * fanOut + j];
    }
  }
  return z;
}

/**
 * The backward pass of what `forward` returned, sample by sample: adds to it
 *
 *     losses    ℓ of each sample
 *     aGrad[l]  ∂ℓ/∂aˡ = δˡ⁺¹ (Wˡ⁺¹)ᵀ
 *     slope[l]  σ′(zˡ)
 *     delta[l]  δˡ = ∂ℓ/∂zˡ = ∂ℓ/∂aˡ ⊙ σ′(zˡ)
 */
export function backward(network, pass, y) {
  const last = network.layers.length;
  const loss = LOSSES[network.loss];
  const { derivative } = ACTIVATIONS[network.activation];
  const output = pass.a[last];
  pass.losses = output.map((a, row) => loss.value(pass.z[last][row], a, y[row]));
  pass.aGrad = [];
  pass.slope = [];
  pass.delta = [];
  pass.delta[last] = output.map((a, row) => loss.delta(a, y[row])); // δᴸ
  for (let l = last - 1; l > 0; l--) {
    pass.aGrad[l] = timesTransposed(pass.delta[l + 1], network.layers[l], pass.n);
    pass.slope[l] = pass.a[l].map(derivative);
    pass.delta[l] = pass.aGrad[l].map((gradient, k) => gradient * pass.slope[l][k]);
  }
  return pass;
}

/** δ Wᵀ */
function timesTransposed(delta, { W, fanIn, fanOut }, n) {
  const out = new Float64Array(n * fanIn);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < fanIn; i++) {
      let total = 0;
      for (let j = 0; j < fanOut; j++) total += delta[row * fanOut + j] * W[i * fanOut + j];
      out[row * fanIn + i] = total;
    }
  }
  return out;
}

/**
 * The gradient of the objective E = (1/n) Σ ℓ + α / (2n) ‖W‖² of the n rows of a pass, as a vector
 * like `params`:  ∂E/∂Wˡ = (aˡ⁻¹)ᵀ δˡ / n + α Wˡ / n,  ∂E/∂bˡ = Σ δˡ / n.
 */
export function gradientOf(network, pass, alpha) {
  const gradient = new Float64Array(network.params.length);
  network.views(gradient).forEach(({ W, b, fanIn, fanOut }, l) => {
    const a = pass.a[l];
    const delta = pass.delta[l + 1];
    for (let row = 0; row < pass.n; row++) {
      for (let j = 0; j < fanOut; j++) {
        const d = delta[row * fanOut + j];
        b[j] += d;
        for (let i = 0; i < fanIn; i++) W[i * fanOut + j] += a[row * fanIn + i] * d;
      }
    }
  });
  for (let k = 0; k < network.nWeights; k++) gradient[k] += alpha * network.params[k];
  return gradient.map((value) => value / pass.n);
}

/** α/2 ‖W‖² */
export function penaltyOf(network, alpha) {
  let total = 0;
  for (let k = 0; k < network.nWeights; k++) total += network.params[k] ** 2;
  return 0.5 * alpha * total;
}

/** The mean loss of a set {X, y}, and the share of its points on the right side. */
export function evaluate(network, { X, y }) {
  const last = network.layers.length;
  const { z, a, n } = forward(network, X);
  const loss = LOSSES[network.loss];
  let total = 0;
  let right = 0;
  for (let row = 0; row < n; row++) {
    total += loss.value(z[last][row], a[last][row], y[row]);
    right += z[last][row] > 0 === (y[row] === 1);
  }
  return { loss: total / n, accuracy: right / n };
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
