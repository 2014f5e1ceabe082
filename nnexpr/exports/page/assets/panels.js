// The charts of a page: of each run its fit, its bends, its frequencies and its error over the epochs; of all, the loss.

const LAYERS = 5; // rows of bends; the last stands for all further layers
const DECADES = 4; // of amplitudes and errors that are told apart

function figure(id) {
  return document.getElementById(id);
}

/** Where the clock stands: a line that is seen on any ground. */
function mark(chart, places) {
  chart.set("ground", { kind: "crosses", look: "ground", ...places });
  chart.set("now", { kind: "crosses", look: "now", ...places });
}

/** How many rows the bends of a run take. */
function layersOf(run) {
  return run.bends ? Math.min(LAYERS, run.bends.layers.reduce((most, layer) => Math.max(most, layer), 1)) : 0;
}

/** Target, prediction, data, band and bends at the snapshot that is shown. */
class FitPanel {
  constructor(run, runs, link) {
    const number = runs.indexOf(run);
    this.run = run;
    const { scene } = run;
    this.layers = Math.max(...runs.map(layersOf)); // as many rows for all: their charts stand on one line
    const rows = Array.from({ length: this.layers }, (_, row) => `layer ${row + 1}${row + 1 === LAYERS ? "+" : ""}`);
    this.heights = [heights(run, runs, false), run.knows ? heights(run, runs, true) : null];
    this.chart = new Chart(figure(`fit-${number}`), {
      x: new Linear(...scene.domain[0]), y: this.heights[0], rows, ratio: 0.52, least: 210,
      xName: scene.input_name, yName: scene.value_name, read: (x) => this.read(x), hover: link,
    });
    this.look = `run-${number}`;
    legend(this.chart.figure, [
      ...(run.data ? [["points", "data", "data"]] : []),
      ...(run.knows ? [["line", "target", "target"]] : []),
      ["line", this.look, "network"],
      ...(run.bands ? [["band", this.look, "all members"]] : []),
      ...(run.bends ? [["ticks", "layer-1", "bends"]] : []),
    ]);
  }

  show(snapshot, isError) {
    const { run, chart } = this;
    this.isError = isError && run.knows;
    const axis = this.heights[this.isError ? 1 : 0];
    const name = this.isError ? "network − target" : run.scene.value_name;
    const shown = this.isError ? run.error(snapshot) : run.fit(snapshot);
    const minus = (edge) => (this.isError ? edge.map((value, index) => value - run.truth[index]) : edge);
    const band = run.band(snapshot)?.map(minus);
    if (band) chart.set("band", { kind: "band", look: this.look, x: run.x, low: band[0], high: band[1] });
    if (run.data) chart.set("data", { kind: "points", look: "data", ...(this.isError ? { x: [], y: [] } : run.data) });
    if (run.knows) {
      const target = this.isError ? { x: [run.x[0], run.x.at(-1)], y: [0, 0] } : { x: run.x, y: run.truth };
      chart.set("target", { kind: "line", look: "target", ...target });
    }
    chart.set("prediction", { kind: "line", look: this.look, x: run.x, y: shown });
    this.showBends(snapshot);
    if (chart.y !== axis || chart.yName !== name) {
      chart.yName = name;
      chart.axes(undefined, axis);
    }
    this.snapshot = snapshot;
  }

  showBends(snapshot) {
    if (!this.run.bends) return;
    const { x, layers } = this.run.bendsAt(snapshot);
    for (let row = 0; row < this.layers; row += 1) {
      const isLast = row + 1 === LAYERS;
      const own = x.filter((_, index) => layers[index] === row + 1 || (isLast && layers[index] > row));
      this.chart.set(`bends-${row + 1}`, { kind: "ticks", look: `layer-${row + 1}`, row, x: own });
    }
  }

  read(x) {
    const { run } = this;
    const index = nearest(run.x, x);
    const [fit, target] = [run.fit(this.snapshot)[index], run.truth[index]];
    const lines = [[clean(run.scene.input_name), short(run.x[index], 4)], ["network", short(fit, 4)]];
    if (run.knows) lines.push(["target", short(target, 4)], ["error", short(fit - target)]);
    return lines;
  }
}

/** The error of each run in each Fourier mode at the snapshot that is shown, beside the target's own amplitudes. */
class SpectrumPanel {
  constructor(runs) {
    this.runs = runs.map((run, number) => [run, number]).filter(([run]) => run.target_modes.length);
    const [first] = this.runs[0];
    this.target = this.runs.every(([run]) => run.target_modes.join() === first.target_modes.join()) ? first.target_modes : [];
    this.modes = Math.max(...this.runs.map(([run]) => run.target_modes.length));
    const top = Math.ceil(Math.log10(ends(...this.runs.flatMap(([run]) => [run.modes, run.target_modes]))[1] || 1));
    this.floor = 10 ** (top - DECADES);
    this.isAlone = runs.length === 1;
    this.chart = new Chart(figure("spectrum"), {
      x: ofModes(this.modes, 4), y: new Log(this.floor, 10 ** top), ratio: 0.28, least: 170,
      xName: "Fourier mode: turns over the domain", yName: "amplitude", read: (x) => this.read(x),
    });
    const looks = this.runs.map(([run, number]) => ["line", `run-${number}`, this.isAlone ? "error" : run.name]);
    legend(this.chart.figure, [...looks, ...(this.target.length ? [["points", "target-modes", "the target itself"]] : [])]);
  }

  /** Upright lines from the floor, one for each mode; of several runs a line through them. */
  mark(values) {
    const modes = Array.from(values.keys());
    if (!this.isAlone) return { kind: "line", x: modes, y: values };
    const high = modes.filter((mode) => values[mode] > this.floor);
    return { kind: "line", x: high.flatMap((mode) => [mode, mode, mode]), y: high.flatMap((mode) => [this.floor, values[mode], NaN]) };
  }

  show(snapshots) {
    this.shown = this.runs.map(([run, number]) => run.row(run.modes, snapshots[number], run.target_modes.length));
    this.chart.set("target-modes", { kind: "points", look: "target-modes", x: Array.from(this.target.keys()), y: this.target });
    this.runs.forEach(([, number], index) => {
      this.chart.set(`error-modes-${number}`, { ...this.mark(this.shown[index]), look: `run-${number}` });
    });
  }

  read(x) {
    const mode = Math.min(Math.max(Math.round(x), 0), this.modes - 1);
    const errors = this.runs.map(([run], index) => [this.isAlone ? "error" : run.name, short(this.shown[index][mode])]);
    return [["mode", String(mode)], ...errors, ...(this.target.length ? [["target", short(this.target[mode])]] : [])];
  }
}

/** An axis of whole numbers from 0, every so many of them told. */
function ofModes(count, stride) {
  const axis = new Linear(-0.5, count - 0.5);
  axis.ticks = () => Array.from({ length: Math.ceil(count / stride) }, (_, index) => [stride * index, String(stride * index)]);
  return axis;
}

/** A picture with a column for each snapshot along the epochs: `value` (snapshot, row) as a share of the shades. */
function overEpochs(run, rows, value) {
  return (context, width, height, chart) => {
    const dark = isDark();
    const deep = height / rows;
    for (let snapshot = 0; snapshot < run.count; snapshot += 1) {
      const [from, to] = span(chart.x, run, snapshot, width);
      if (to <= from) continue;
      for (let row = 0; row < rows; row += 1) {
        const share = value(snapshot, row);
        if (!Number.isFinite(share)) continue;
        context.fillStyle = `rgb(${shade(share, dark)})`;
        const top = Math.floor(row * deep);
        context.fillRect(from, top, to - from, Math.floor((row + 1) * deep) - top);
      }
    }
  };
}

/** From where to where a snapshot stands on an axis of epochs of so many pixels: until the next one. */
function span(axis, run, snapshot, pixels) {
  const place = (epoch) => Math.round(Math.min(axis.at(epoch), 1) * pixels);
  return [place(run.epochs[snapshot]), snapshot + 1 < run.count ? place(run.epochs[snapshot + 1]) : pixels];
}

/** A share of the shades for an amplitude: 0 at the floor, 1 four decades above. */
function decades(value, top) {
  return value > 0 ? Math.max(0, 1 + (Math.log10(value) - top) / DECADES) : value === 0 ? 0 : NaN;
}

/** The error in each mode over the epochs: what is learned first darkens, or fades, first. */
class ModesPanel {
  constructor(run, runs, axis, seek) {
    const number = runs.indexOf(run);
    const modes = run.target_modes.length;
    const top = Math.log10(greatest(runs, "modes") || 1);
    this.chart = new Chart(figure(`modes-${number}`), {
      x: axis, y: ofModes(modes, 8), ratio: 0.36, least: 190, xName: "epoch", yName: "Fourier mode of the error",
      painter: overEpochs(run, modes, (snapshot, row) => decades(run.modes[snapshot * modes + modes - 1 - row], top)),
      seek: (epoch) => seek(run, epoch),
      read: (epoch, mode) => {
        const [at, row] = [lastAt(run.epochs, epoch), Math.min(Math.max(Math.round(mode), 0), modes - 1)];
        return [["epoch", short(run.epochs[at])], ["mode", String(row)], ["error", short(run.modes[at * modes + row])]];
      },
    });
    ramp(this.chart.figure, short(10 ** (top - DECADES), 2), short(10 ** top, 2), "amplitude");
  }

  show(epoch) {
    mark(this.chart, { x: [epoch] });
  }
}

/** Below the fit, on its x: the bends of every snapshot, or how far off it was, epochs downwards. */
class PastPanel {
  constructor(id, run, axis, seek, painter, read) {
    this.chart = new Chart(figure(id), {
      x: new Linear(...run.scene.domain[0]), y: axis, down: true, ratio: 0.4, least: 190, painter,
      xName: run.scene.input_name, yName: "epoch, downwards",
      seek: (_, epoch) => seek(run, epoch), read: (x, epoch) => read(x, lastAt(run.epochs, epoch)),
    });
  }

  show(epoch) {
    mark(this.chart, { y: [epoch] });
  }
}

function bendsPanel(run, runs, axis, seek) {
  const painter = (context, width, height, chart) => {
    const style = getComputedStyle(chart.figure);
    const size = Math.max(1, Math.round(width / 400));
    for (let snapshot = 0; snapshot < run.count; snapshot += 1) {
      const [from, to] = span(chart.y, run, snapshot, height);
      const { x, layers } = run.bendsAt(snapshot);
      x.forEach((value, index) => {
        context.fillStyle = style.getPropertyValue(`--layer-${Math.min(layers[index], LAYERS)}`);
        context.fillRect(Math.round(chart.x.at(value) * width - size / 2), from, size, Math.max(to - from, 1));
      });
    }
  };
  const panel = new PastPanel(`bends-${runs.indexOf(run)}`, run, axis, seek, painter, (x, at) => [
    ["epoch", short(run.epochs[at])],
    ["linear regions", run.regions[at] < 0 ? "–" : short(run.regions[at])],
  ]);
  const layers = layersOf(run);
  legend(panel.chart.figure, Array.from({ length: layers }, (_, row) => ["line", `layer-${row + 1}`, `layer ${row + 1}${row + 1 === LAYERS ? "+" : ""}`]));
  return panel;
}

function errorsPanel(run, runs, axis, seek) {
  const { errors } = run;
  const points = run.x.length;
  const [low, high] = ends(run.truth);
  const top = Math.log10(Math.min(greatest(runs, "errors"), high - low || Infinity) || 1);
  const painter = (context, width, height, chart) => {
    const dark = isDark();
    for (let snapshot = 0; snapshot < run.count; snapshot += 1) {
      const [from, to] = span(chart.y, run, snapshot, height);
      for (let point = 0; to > from && point < points; point += 1) {
        const share = decades(errors[snapshot * points + point], top);
        if (!Number.isFinite(share)) continue;
        const [left, right] = [point, point + 1].map((edge) => Math.round((edge * width) / points));
        context.fillStyle = `rgb(${shade(share, dark)})`;
        context.fillRect(left, from, right - left, to - from);
      }
    }
  };
  const panel = new PastPanel(`errors-${runs.indexOf(run)}`, run, axis, seek, painter, (x, at) => {
    const index = nearest(run.x, x);
    return [["epoch", short(run.epochs[at])], [clean(run.scene.input_name), short(run.x[index], 4)], ["|error|", short(errors[at * points + index])]];
  });
  ramp(panel.chart.figure, short(10 ** (top - DECADES), 2), short(10 ** top, 2), "|network − target|");
  return panel;
}
