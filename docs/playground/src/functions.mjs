// Activation functions σ with their derivatives, and losses ℓ with theirs.

const logistic = (z) => 1 / (1 + Math.exp(-z));

/**
 * a = σ(z) and σ′, written in a. `formula` and `slope` are the same for people; `fillSlope` is σ′
 * with numbers. `centre` and `half` are the middle and half the width of the range of a, where it
 * has bounds: the colours of a map go from one end to the other.
 */
export const ACTIVATIONS = {
  tanh: {
    value: Math.tanh,
    derivative: (a) => 1 - a * a,
    formula: "tanh(z)",
    slope: "1 − a²",
    fillSlope: (a) => `1 − ${a}²`,
    centre: 0,
    half: 1,
  },
  relu: {
    value: (z) => (z > 0 ? z : z * 0), // z * 0 keeps NaN visible
    derivative: (a) => (a > 0 ? 1 : 0),
    formula: "max(0, z)",
    slope: "1 if a > 0, else 0",
  },
  logistic: {
    value: logistic,
    derivative: (a) => a * (1 - a),
    formula: "1 / (1 + e⁻ᶻ)",
    slope: "a·(1 − a)",
    fillSlope: (a) => `${a}·(1 − ${a})`,
    centre: 0.5,
    half: 0.5,
  },
  leaky_relu: {
    value: (z) => Math.max(z, 0.01 * z),
    derivative: (a) => (a > 0 ? 1 : 0.01),
    formula: "max(z, 0.01·z)",
    slope: "1 if a > 0, else 0.01",
  },
  elu: {
    value: (z) => (z > 0 ? z : Math.expm1(z)),
    derivative: (a) => (a > 0 ? 1 : a + 1),
    formula: "z if z > 0, else eᶻ − 1",
    slope: "1 if a > 0, else a + 1",
  },
  softplus: {
    value: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))),
    derivative: (a) => -Math.expm1(-a),
    formula: "log(1 + eᶻ)",
    slope: "1 − e⁻ᵃ",
  },
  identity: {
    value: (z) => z,
    derivative: () => 1,
    formula: "z",
    slope: "1",
  },
};

/**
 * Losses of one sample, for the raw score z of the output unit, the prediction a = logistic(z) and
 * the target y, 0 or 1. `delta` is δ = ∂ℓ/∂z.
 */
export const LOSSES = {
  log_loss: {
    name: "cross-entropy",
    // −y log a − (1 − y) log(1 − a) = log(1 + eᶻ) − y z, which cannot overflow
    value: (z, a, y) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - y * z,
    delta: (a, y) => a - y,
  },
  squared_error: {
    name: "squared error",
    value: (z, a, y) => 0.5 * (a - y) ** 2,
    delta: (a, y) => (a - y) * a * (1 - a),
  },
};

/** The prediction: the probability of class 1. */
export const link = logistic;
