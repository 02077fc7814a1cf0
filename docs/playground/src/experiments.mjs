// Experiments: settings that show something, and what to look for.

export const EXPERIMENTS = [
  {
    name: "Two spirals",
    text: "The default. A straight cut bends until it winds between the arms.",
    settings: {},
  },
  {
    name: "XOR by hand",
    text: "Four points, two hidden units: small enough to follow in slow motion. Try other seeds: some get stuck.",
    settings: {
      problem: "xor",
      samples: 4,
      noise: 0,
      hidden: [2],
      solver: "sgd",
      rate: 1,
      batchSize: 0,
    },
  },
  {
    name: "No hidden layer",
    text: "Logistic regression draws one straight line, and XOR cannot be cut by one.",
    settings: { problem: "xor", noise: 20, hidden: [] },
  },
  {
    name: "Depth without σ",
    text: "With the identity as activation, three layers are still one straight line.",
    settings: { problem: "circles", noise: 20, hidden: [8, 8, 8], activation: "identity" },
  },
  {
    name: "Vanishing gradients",
    text: "Four layers of logistic units: the gradient of the first layer is less than a thousandth of the last one’s.",
    settings: {
      problem: "circles",
      noise: 20,
      hidden: [6, 6, 6, 6],
      activation: "logistic",
      solver: "sgd",
      rate: 0.1,
    },
  },
  {
    name: "Dead units",
    text: "ReLU and a learning rate that is too high: units whose map has lost its colours answer 0 everywhere, so their gradient is 0, and they learn no more.",
    settings: { activation: "relu", solver: "sgd", rate: 1, hidden: [8, 8] },
  },
  {
    name: "Too large a step",
    text: "A learning rate of 10: the loss leaps instead of falling, and the units saturate: their σ′(z) is nearly 0.",
    settings: { solver: "sgd", rate: 10 },
  },
  {
    name: "Noise and overfitting",
    text: "Many units, few points, much noise: test loss rises while training loss falls. With α = 0.1 it does so less.",
    settings: { problem: "blobs", samples: 50, noise: 60, hidden: [16, 16], rate: 0.01 },
  },
];
