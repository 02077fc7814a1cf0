// The problems: the points that the functions named in `python` generate from the same seed.

import { RandomState } from "./random.mjs";

/**
 * Each has a `name`, the standard deviation `maxNoise` of its noise at 100 %, the import and the
 * call of the Python function, and `generate(n, noise, rng)`, which returns {X, y}: n rows of two
 * coordinates in a flat array, and n classes, 0 or 1.
 */
export const PROBLEMS = {
  spirals: {
    name: "Spirals",
    maxNoise: 3,
    module: "skbackprop.datasets",
    python: (n, noise, seed) => `make_spirals(${n}, noise=${noise}, random_state=${seed})`,
    generate: makeSpirals,
  },
  xor: {
    name: "XOR",
    maxNoise: 0.5,
    module: "skbackprop.datasets",
    python: (n, noise, seed) => `make_xor(${n}, noise=${noise}, random_state=${seed})`,
    generate: makeXor,
  },
  circles: {
    name: "Circles",
    maxNoise: 0.4,
    module: "sklearn.datasets",
    python: (n, noise, seed) =>
      `make_circles(${n}, noise=${noise}, factor=0.5, random_state=${seed})`,
    generate: makeCircles,
  },
  blobs: {
    name: "Blobs",
    maxNoise: 2,
    module: "sklearn.datasets",
    python: (n, noise, seed) =>
      `make_blobs(${n}, centers=[(-1, -1), (1, 1)], cluster_std=${noise}, random_state=${seed})`,
    generate: makeBlobs,
  },
};

/** The noise of a problem as a standard deviation in its own unit; `percent` in [0, 100]. */
export function noiseOf(problem, percent) {
  return Number(((PROBLEMS[problem].maxNoise * percent) / 100).toFixed(4));
}

/**
 * Training and test set of n points each: the test set from the next seed, both scaled to mean
 * zero and standard deviation one of the training set.
 */
export function makeData(problem, n, noisePercent, seed) {
  const { generate } = PROBLEMS[problem];
  const noise = noiseOf(problem, noisePercent);
  const train = generate(n, noise, new RandomState(seed));
  const test = generate(n, noise, new RandomState(seed + 1));
  const scaler = fitScaler(train.X);
  for (const set of [train, test]) set.X = scaler(set.X);
  return { train, test };
}

function fitScaler(X) {
  const n = X.length / 2;
  const mean = [0, 0];
  const scale = [0, 0];
  for (let i = 0; i < X.length; i++) mean[i % 2] += X[i] / n;
  for (let i = 0; i < X.length; i++) scale[i % 2] += (X[i] - mean[i % 2]) ** 2 / n;
  const standardize = (x, i) => (x - mean[i % 2]) / Math.sqrt(scale[i % 2]);
  return (values) => Float64Array.from(values, standardize);
}

/** Two arms r = 2θ + π, with θ = √u · 2π and u uniform; the second is the first, turned by 180°. */
function makeSpirals(n, noise, rng) {
  const sizes = [Math.ceil(n / 2), Math.floor(n / 2)];
  const theta = Array.from({ length: sizes[0] }, () => Math.sqrt(rng.random()) * 2 * Math.PI);
  const X = [];
  const y = [];
  [1, -1].forEach((sign, arm) => {
    for (const axis of [Math.cos, Math.sin]) {
      for (let i = 0; i < sizes[arm]; i++) {
        const r = 2 * theta[i] + Math.PI;
        const row = arm * sizes[0] + i;
        X[2 * row + (axis === Math.cos ? 0 : 1)] = sign * r * axis(theta[i]) + noise * rng.normal();
        y[row] = arm;
      }
    }
  });
  return inOrder(X, y, rng.permutation(n));
}

/** The corners of the unit square, again and again, labelled by exclusive or. */
function makeXor(n, noise, rng) {
  const X = [];
  const y = [];
  for (let axis = 0; axis < 2; axis++) {
    for (let i = 0; i < n; i++) {
      const corner = [(i % 4) >> 1, i % 2];
      X[2 * i + axis] = corner[axis] + noise * rng.normal();
      y[i] = corner[0] ^ corner[1];
    }
  }
  return { X, y };
}

/** A circle of radius 1, and within it one of radius ½. */
function makeCircles(n, noise, rng) {
  const sizes = [Math.floor(n / 2), Math.ceil(n / 2)];
  const X = [];
  const y = [];
  [1, 0.5].forEach((radius, circle) => {
    for (let i = 0; i < sizes[circle]; i++) {
      const angle = (2 * Math.PI * i) / sizes[circle];
      X.push(radius * Math.cos(angle), radius * Math.sin(angle));
      y.push(circle);
    }
  });
  const shuffled = inOrder(X, y, rng.permutation(n));
  shuffled.X = shuffled.X.map((x) => x + noise * rng.normal());
  return shuffled;
}

/** Normal clouds about (−1, −1) and (1, 1). */
function makeBlobs(n, noise, rng) {
  const sizes = [Math.ceil(n / 2), Math.floor(n / 2)];
  const X = [];
  const y = [];
  [-1, 1].forEach((center, blob) => {
    for (let i = 0; i < sizes[blob]; i++) {
      X.push(center + noise * rng.normal(), center + noise * rng.normal());
      y.push(blob);
    }
  });
  return inOrder(X, y, rng.permutation(n));
}

function inOrder(X, y, order) {
  return {
    X: order.flatMap((row) => [X[2 * row], X[2 * row + 1]]),
    y: order.map((row) => y[row]),
  };
}
