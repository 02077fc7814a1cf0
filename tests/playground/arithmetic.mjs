// Answers questions about the playground's arithmetic: JSON on standard input, JSON on the output.
//
// The folder of the modules is the first argument; the question is [name, ...arguments], with the
// name of one of the functions below.

import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const load = (file) => import(pathToFileURL(path.join(process.argv[2], file)));
const { Network, forward, backward, gradientOf, penaltyOf, evaluate } = await load("network.mjs");
const { Training, SOLVERS } = await load("training.mjs");
const { RandomState } = await load("random.mjs");
const { makeData, noiseOf } = await load("problems.mjs");
const { pythonCode } = await load("python.mjs");
const { settingsFromHash, hashFromSettings, DEFAULTS, CHOICES } = await load("settings.mjs");

const answers = {
  random(seed, n) {
    const rng = new RandomState(seed);
    const draw = (method) => Array.from({ length: n }, method);
    return {
      uniform: draw(() => rng.uniform(-2, 3)),
      permutation: rng.permutation(n),
      normal: draw(() => rng.normal()),
      again: rng.permutation(n + 1),
    };
  },

  data: (...settings) => makeData(...settings),

  noise: (problem, percent) => noiseOf(problem, percent),

  choices: () => ({ ...CHOICES, solvers: SOLVERS, defaults: DEFAULTS }),

  initial({ sizes, activation, seed }) {
    const network = new Network(sizes, activation, "log_loss");
    network.initialize(new RandomState(seed));
    return network.layers;
  },

  // every number of a pass over all rows, and the objective
  pass({ network, X, y, alpha }) {
    const net = networkOf(network);
    const pass = backward(net, forward(net, X), y);
    const mean = pass.losses.reduce((a, b) => a + b, 0) / pass.n;
    return {
      ...pass,
      gradient: net.views(gradientOf(net, pass, alpha)),
      objective: mean + penaltyOf(net, alpha) / pass.n,
      ...evaluate(net, { X, y }),
    };
  },

  // layers and loss curve after some epochs, from given weights or from the seed
  train({ network, data, settings, seed, epochs }) {
    const rng = seed === null ? null : new RandomState(seed);
    const net = networkOf(network);
    if (!network.layers) net.initialize(rng);
    const training = new Training(net, data, settings, rng);
    const snapshots = [];
    while (training.epochs < epochs) {
      training.step();
      snapshots.push(Array.from(net.params));
    }
    return { layers: net.layers, lossCurve: training.lossCurve, steps: training.steps, snapshots };
  },

  python: (settings, epochs, notes) => pythonCode(settings, epochs, notes),

  settings: (hash) => settingsFromHash(hash),

  hash: (settings) => hashFromSettings(settings),
};

function networkOf({ sizes, activation, loss, layers }) {
  const network = new Network(sizes, activation, loss);
  layers?.forEach(({ W, b }, l) => {
    network.layers[l].W.set(W);
    network.layers[l].b.set(b);
  });
  return network;
}

// typed arrays as lists; JSON has no infinity and no NaN
function plain(key, value) {
  if (ArrayBuffer.isView(value))
    return Array.from(value, (x) => (Number.isFinite(x) ? x : String(x)));
  return value;
}

const [name, ...args] = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(answers[name](...args), plain));
