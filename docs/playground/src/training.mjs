// Training: batches, steps and epochs.

import { backward, forward, gradientOf, penaltyOf } from "./network.mjs";

/** θ ← θ + v with v ← μ v − η g; Nesterov's momentum goes on by μ v − η g from there. */
class SGD {
  constructor(momentum, nesterov) {
    this.momentum = momentum;
    this.nesterov = nesterov;
  }

  update(params, gradient, rate) {
    this.velocity ??= new Float64Array(params.length);
    const v = this.velocity;
    for (let k = 0; k < params.length; k++) {
      v[k] = this.momentum * v[k] - rate * gradient[k];
      params[k] += this.nesterov ? this.momentum * v[k] - rate * gradient[k] : v[k];
    }
  }
}

/**
 * Adam (Kingma & Ba, 2015): m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²;
 * θ ← θ − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).
 */
class Adam {
  constructor(beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8) {
    Object.assign(this, { beta1, beta2, epsilon, t: 0 });
  }

  update(params, gradient, rate) {
    this.m ??= new Float64Array(params.length);
    this.v ??= new Float64Array(params.length);
    const { m, v, beta1, beta2, epsilon } = this;
    this.t += 1;
    const size = (rate * Math.sqrt(1 - beta2 ** this.t)) / (1 - beta1 ** this.t);
    for (let k = 0; k < params.length; k++) {
      m[k] = beta1 * m[k] + (1 - beta1) * gradient[k];
      v[k] = beta2 * v[k] + (1 - beta2) * gradient[k] ** 2;
      params[k] -= (size * m[k]) / (Math.sqrt(v[k]) + epsilon);
    }
  }
}

/** Each has a name, makes its optimizer, and knows the parameters that select it in Python. */
export const SOLVERS = {
  adam: {
    name: "Adam",
    make: () => new Adam(),
    rule: "w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m/(√v + ε), m and v: running means of ∂E/∂w, (∂E/∂w)²",
    python: { solver: '"adam"' },
  },
  sgd: {
    name: "SGD",
    make: () => new SGD(0, false),
    rule: "w ← w − η·∂E/∂w",
    python: { solver: '"sgd"', momentum: "0", nesterovs_momentum: "False" },
  },
  momentum: {
    name: "SGD, momentum",
    make: () => new SGD(0.9, false),
    rule: "v ← 0.9·v − η·∂E/∂w, then w ← w + v",
    python: { solver: '"sgd"', momentum: "0.9", nesterovs_momentum: "False" },
  },
  nesterov: {
    name: "SGD, Nesterov",
    make: () => new SGD(0.9, true),
    rule: "v ← 0.9·v − η·∂E/∂w, then w ← w + 0.9·v − η·∂E/∂w",
    python: { solver: '"sgd"', momentum: "0.9", nesterovs_momentum: "True" },
  },
};

/**
 * The training of a network on {X, y} by mini-batches, step by step. `settings` may change between
 * steps: {solver, rate, batchSize, alpha}, batchSize 0 for all rows. Without `rng` the rows keep
 * their order; with it, each epoch begins by a shuffle of the rows as the last epoch left them.
 */
export class Training {
  constructor(network, data, settings, rng = null) {
    Object.assign(this, { network, data, settings, rng });
    this.order = Array.from(data.y, (_, i) => i);
    this.position = null; // where in the order the next batch begins; null before an epoch
    this.epochs = 0;
    this.steps = 0;
    this.lossCurve = [];
    this.optimizer = SOLVERS[settings.solver].make();
    this.last = null; // the batch of the last step, and what it did
  }

  get batchSize() {
    const n = this.order.length;
    return Math.min(this.settings.batchSize || n, n);
  }

  /** The rows of the coming batch. */
  nextRows() {
    if (this.position === null) {
      this.rng?.shuffle(this.order);
      this.position = 0;
      this.lossSum = 0;
    }
    if (this.batchSize === this.order.length) return this.order.map((_, i) => i);
    return this.order.slice(this.position, this.position + this.batchSize);
  }

  /** One update of the parameters: forward, loss, backward, step. */
  step() {
    const rows = this.nextRows();
    const { rate, alpha } = this.settings;
    const { X, y } = selectRows(this.data, rows);
    const pass = backward(this.network, forward(this.network, X), y);
    const gradient = gradientOf(this.network, pass, alpha);
    this.lossSum += pass.losses.reduce((a, b) => a + b, 0) + penaltyOf(this.network, alpha);
    const before = this.network.params.slice();
    this.optimizer.update(this.network.params, gradient, rate);
    this.last = { rows, gradient, before };
    this.steps += 1;
    this.position += rows.length;
    if (this.position >= this.order.length) this.#endEpoch();
  }

  /** Steps to the end of the epoch. */
  epoch() {
    const { epochs } = this;
    while (this.epochs === epochs) this.step();
  }

  #endEpoch() {
    this.lossCurve.push(this.lossSum / this.order.length);
    this.epochs += 1;
    this.position = null;
  }
}

/** Some rows of {X, y}, in the given order. */
export function selectRows({ X, y }, rows) {
  const width = X.length / y.length;
  const chosen = new Float64Array(rows.length * width);
  rows.forEach((row, k) => chosen.set(X.slice(row * width, (row + 1) * width), k * width));
  return { X: chosen, y: rows.map((row) => y[row]) };
}
