// The state of the page, without the page: settings, data, network, training and its history.

import { Network, backward, evaluate, forward } from "./network.mjs";
import { makeData } from "./problems.mjs";
import { pythonCode } from "./python.mjs";
import { RandomState } from "./random.mjs";
import { stagesOf } from "./slow.mjs";
import { Training, selectRows } from "./training.mjs";

/** Settings that may change without starting over, and what they are called. */
const LIVE = { rate: "learning rate", batchSize: "batch size", alpha: "L2 penalty" };
const EPOCHS_TO_SUGGEST = 100;

/** `onChange(isNew)` is called after a change; `isNew` says whether the network is a new one. */
export class App {
  constructor(settings, onChange) {
    Object.assign(this, { settings, onChange });
    this.playing = false;
    this.hovered = this.pinned = null; // a unit or a weight of the graph
    this.#build();
  }

  /** Change settings; start over unless all of them may change during training. */
  change(changes) {
    this.settings = { ...this.settings, ...changes };
    if (Object.keys(changes).every((name) => name in LIVE)) {
      this.training.settings = this.settings;
      if (this.training.steps) for (const name of Object.keys(changes)) this.changed.add(name);
      this.onChange(false);
    } else {
      this.restart();
    }
  }

  /** Back to the initial weights. */
  restart() {
    this.#build();
    this.onChange(true);
  }

  #build() {
    const { problem, samples, noise, seed, hidden, activation, loss } = this.settings;
    const rng = new RandomState(seed);
    this.data = makeData(problem, samples, noise, seed);
    this.network = new Network([2, ...hidden, 1], activation, loss);
    this.network.initialize(rng);
    this.training = new Training(this.network, this.data.train, this.settings, rng);
    this.changed = new Set();
    this.testCurve = [];
    this.firstPerfect = null; // the epoch after which all points were right for the first time
    this.sample = 0;
    this.stage = null; // the number of the stage in slow motion
    if (!this.#has(this.pinned)) this.pinned = null;
    this.hovered = null;
    this.#evaluate();
  }

  #has(selection) {
    if (!selection) return true;
    const { l, i, j } = selection;
    const { sizes } = this.network;
    return l < sizes.length && j < sizes[l] && (i === undefined || i < sizes[l - 1]);
  }

  step() {
    const { epochs } = this.training;
    this.training.step();
    if (this.training.epochs > epochs) this.#endEpoch();
  }

  epoch() {
    const { epochs } = this.training;
    while (this.training.epochs === epochs) this.step();
  }

  #endEpoch() {
    this.#evaluate();
    this.testCurve.push(this.scores.test.loss);
    if (this.scores.train.accuracy === 1) this.firstPerfect ??= this.training.epochs;
  }

  #evaluate() {
    this.scores = {
      train: evaluate(this.network, this.data.train),
      test: evaluate(this.network, this.data.test),
    };
  }

  /** Bring the scores up to date in the middle of an epoch. */
  refreshScores() {
    if (this.training.position !== null) this.#evaluate();
  }

  /** Whether the loss has left the finite numbers. */
  get hasDiverged() {
    return !Number.isFinite(this.scores.train.loss);
  }

  /** The pass of the current sample alone, and its target. */
  currentPass() {
    const { X, y } = selectRows(this.data.train, [this.sample]);
    return { pass: backward(this.network, forward(this.network, X), y), y: y[0] };
  }

  /** The training points on the wrong side. */
  wrongRows() {
    const { X, y } = this.data.train;
    const scores = forward(this.network, X).z.at(-1);
    return Array.from(y.keys()).filter((row) => scores[row] > 0 !== (y[row] === 1));
  }

  /** ‖∂E/∂W‖ of each layer in the last step, or null before. */
  gradientNorms() {
    const { last } = this.training;
    return last && this.network.views(last.gradient).map(({ W }) => Math.hypot(...W));
  }

  // -- slow motion -------------------------------------------------------------------------------

  get stages() {
    return stagesOf(this.network);
  }

  /** The stage shown, or null outside slow motion. */
  get currentStage() {
    if (this.stage === null) return null;
    return { ...this.stages[this.stage], lossBefore: this.lossBefore };
  }

  /** Begin with the first sample of the coming batch. */
  beginSlowMotion() {
    this.stage = 0;
    [this.sample] = this.training.nextRows();
    this.onChange(false);
  }

  /** Go to the next stage (+1) or back (−1); the step itself is not undone. */
  moveStage(by) {
    const { stages } = this;
    if (this.stage === stages.length - 1) {
      if (by > 0) this.beginSlowMotion();
      return;
    }
    this.stage = Math.max(0, this.stage + by);
    if (stages[this.stage].kind === "update") {
      [this.lossBefore] = this.currentPass().pass.losses;
      this.step();
    }
    this.onChange(false);
  }

  // -- the same in Python ------------------------------------------------------------------------

  pythonCode() {
    const { epochs, position } = this.training;
    const notes = [];
    if (position)
      notes.push(`The page stands in the middle of epoch ${epochs + 1}; this ends with an epoch.`);
    for (const name of this.changed) {
      notes.push(
        `The ${LIVE[name]} was changed during training; here it is the last one from the start.`,
      );
    }
    return pythonCode(this.settings, epochs || EPOCHS_TO_SUGGEST, notes);
  }
}
