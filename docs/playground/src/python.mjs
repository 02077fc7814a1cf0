// The Python code that trains the same network.

import { PROBLEMS, noiseOf } from "./problems.mjs";
import { SOLVERS } from "./training.mjs";

/**
 * A program that trains, with skbackprop and from the same seed, the network of the page.
 *
 * `epochs` are the epochs to train, at least one; `notes` are lines that say in what the page's own
 * training differed.
 */
export function pythonCode(settings, epochs, notes = []) {
  const { problem, samples, seed } = settings;
  const { module, python } = PROBLEMS[problem];
  const noise = noiseOf(problem, settings.noise);
  const generator = python(0, 0, 0).split("(")[0];
  const ofSklearn = module.startsWith("sklearn");
  return [
    ...(ofSklearn ? [`from ${module} import ${generator}`] : []),
    "from sklearn.preprocessing import StandardScaler",
    "",
    "from skbackprop import BackpropClassifier",
    ...(ofSklearn ? [] : [`from ${module} import ${generator}`]),
    "",
    `X, y = ${python(samples, noise, seed)}`,
    `X_test, y_test = ${python(samples, noise, seed + 1)}`,
    "scaler = StandardScaler().fit(X)",
    "X, X_test = scaler.transform(X), scaler.transform(X_test)",
    "",
    ...notes.map((note) => `# ${note}`),
    "clf = BackpropClassifier(",
    ...Object.entries(parametersOf(settings, epochs)).map(
      ([name, value]) => `    ${name}=${value},`,
    ),
    ")",
    "clf.fit(X, y)",
    'print(f"loss {clf.loss_:.4f} after {clf.n_iter_} epochs")',
    'print(f"training accuracy {clf.score(X, y):.1%}")',
    'print(f"test accuracy {clf.score(X_test, y_test):.1%}")',
    "",
  ].join("\n");
}

function parametersOf(settings, epochs) {
  const { hidden, samples, seed } = settings;
  return {
    hidden_layer_sizes: hidden.length === 1 ? `(${hidden[0]},)` : `(${hidden.join(", ")})`,
    activation: `"${settings.activation}"`,
    loss: `"${settings.loss}"`,
    ...SOLVERS[settings.solver].python,
    learning_rate_init: settings.rate,
    alpha: settings.alpha,
    batch_size: Math.min(settings.batchSize || samples, samples),
    max_iter: epochs,
    n_iter_no_change: epochs, // train for all of max_iter
    random_state: seed,
  };
}
