// What the page shows of the state.

import { drawCurve } from "./curve.mjs";
import { $ } from "./dom.mjs";
import { capitalized, compact, text, unitName } from "./numbers.mjs";
import { overviewHtml, selectionHtml, stageHtml } from "./panel.mjs";
import { Fields, Plane, makeGrid } from "./plane.mjs";

const percent = (share) => `${(100 * share).toFixed(1).replace(/\.0$/, "")} %`;

/** Shows `app` in the graph, the plane, the curve and the texts. */
export class View {
  constructor(app, graph) {
    Object.assign(this, { app, graph });
    this.plane = new Plane($("plane"), (row) => {
      app.sample = row;
      app.onChange(false);
    });
    this.rebuild();
  }

  /** After a new network. */
  rebuild() {
    this.grid = makeGrid(this.app.data.train.X);
    this.graph.build(this.app.network);
    $("sample").max = this.app.data.train.y.length;
  }

  /** Show the present state in the colours of `palette`. */
  draw(palette, stagePlaying) {
    const { app, grid } = this;
    const { network, training } = app;
    const { pass, y } = app.currentPass();
    const fields = new Fields(network, grid);
    const selection = app.hovered ?? app.pinned;
    const stage = app.currentStage;
    const norms = app.gradientNorms();
    this.graph.update({ network, fields, palette, pass, norms, selection, stage });
    const last = network.layers.length;
    const { l, j } = selection?.kind === "unit" ? selection : { l: last, j: 0 };
    $("plane-title").textContent = l === last ? "Prediction" : capitalized(unitName(l, j, last));
    this.plane.draw({
      fields,
      unit: { l, j },
      grid,
      data: app.data,
      wrong: app.wrongRows(),
      current: app.sample,
      palette,
      showTest: $("show-test").checked,
    });
    const { lossCurve } = training;
    if (lossCurve !== this.lossCurve || lossCurve.length !== this.curveLength) {
      drawCurve($("curve"), { train: lossCurve, test: app.testCurve });
      Object.assign(this, { lossCurve, curveLength: lossCurve.length });
    }
    this.#drawStatus();
    this.#drawSample(pass, y);
    this.#drawStages(stage, stagePlaying);
    let html = overviewHtml(network, training, pass, y);
    if (selection) html = selectionHtml(selection, network, training, pass, y);
    else if (stage) html = stageHtml(stage, network, training, pass, y);
    if (html !== this.html) $("panel").innerHTML = this.html = html;
    const code = app.pythonCode();
    if (code !== $("python").textContent) $("python").textContent = code;
  }

  #drawStatus() {
    const { training, scores, hasDiverged, firstPerfect, playing } = this.app;
    $("epochs").textContent = training.epochs;
    $("steps").textContent = training.steps;
    $("train-loss").textContent = compact(scores.train.loss);
    $("train-accuracy").textContent = percent(scores.train.accuracy);
    $("test-accuracy").textContent = percent(scores.test.accuracy);
    let message = "";
    if (hasDiverged) {
      message = "The loss is no longer a finite number: start over with a lower learning rate.";
    } else if (firstPerfect !== null) {
      const epochs = firstPerfect === 1 ? "1 epoch" : `${firstPerfect} epochs`;
      message = `All training points were right after ${epochs}.`;
    }
    if ($("message").textContent !== message) $("message").textContent = message;
    $("message").classList.toggle("warning", hasDiverged);
    $("play").innerHTML =
      `<span aria-hidden="true">${playing ? "❚❚" : "▶"}</span> ${playing ? "Pause" : "Play"}`;
    for (const id of ["play", "step", "epoch", "slow"]) $(id).disabled = hasDiverged;
  }

  #drawSample(pass, y) {
    const { sample, network } = this.app;
    if (document.activeElement !== $("sample")) $("sample").value = sample + 1;
    const [x1, x2] = pass.a[0];
    const p = pass.a[network.layers.length][0];
    const isRight = p > 0.5 === (y === 1);
    $("sample-text").innerHTML = `<i>x</i> = (${text(x1)}, ${text(x2)}), <i>y</i> = ${y}
      <span class="dot ${y ? "plus" : "minus"}"></span>, prediction ${text(p)}
      <span class="${isRight ? "right-mark" : "wrong-mark"}">${isRight ? "right" : "wrong"}</span>`;
  }

  #drawStages(stage, stagePlaying) {
    const { app } = this;
    $("stages").hidden = stage === null;
    $("slow").setAttribute("aria-pressed", String(stage !== null));
    $("numbers-title").textContent = stage
      ? "One step in slow motion"
      : "The numbers of one sample";
    if (!stage) return;
    const isDone = stage.kind === "update";
    $("stage-back").disabled = app.stage === 0 || isDone;
    $("stage-play").textContent = stagePlaying ? "Pause" : "Go on";
    $("stage-next").textContent = isDone ? "Next step" : "Next";
    const items = app.stages.map(
      ({ back, name }, k) =>
        `<li class="${back ? "back" : ""} ${["past", "now", ""][Math.sign(k - app.stage) + 1]}">${name}</li>`,
    );
    const html = items.join("");
    if (html !== this.stageList) $("stage-list").innerHTML = this.stageList = html;
  }
}
