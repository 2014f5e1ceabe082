// The page: its panels under one slider.

const given = JSON.parse(document.getElementById("nnexpr-data").textContent);
const runs = given.runs.map((run, number, all) => new Run(run, all.length > 1 ? `${"ABCD"[number]}: ` : ""));
const last = Math.max(...runs.flatMap((run) => [run.epochs.at(-1), run.history.epochs.at(-1) ?? 0]));
const axes = { log: new Growing(last), linear: new Linear(0, last) };
const control = (id) => document.getElementById(id);
const isSeveral = runs.length > 1;
const player = new Player(runs, show);
const seek = (run, epoch) => player.seek(run, epoch);
const fits = runs.map((run) => new FitPanel(run, runs, pointFits));
const spectrum = runs.some((run) => run.target_modes.length) ? new SpectrumPanel(runs) : null;
const pasts = runs.map((run) => [
  ...(run.bends ? [bendsPanel(run, runs, axes.log, seek)] : []),
  ...(run.knows ? [errorsPanel(run, runs, axes.log, seek)] : []),
]);
const modes = runs.map((run) => run.target_modes.length && new ModesPanel(run, runs, axes.log, seek));
const maps = runs.map((run, number) => run.maps && new MapPanel(run, number));
const overall = [lossChart(), regionsChart()].filter(Boolean);

/** The losses of all runs over the epochs. */
function lossChart() {
  const positive = runs.flatMap((run) => [...run.history.losses, ...(run.history.spread ?? [])]).filter((loss) => loss > 0 && loss < Infinity);
  const chart = new Chart(figure("loss"), {
    x: axes.log, y: new Log(...ends(positive)), ratio: 0.36, least: 190,
    xName: "epoch", yName: "mean squared error", seek: (epoch) => seek(runs[0], epoch),
    flags: isSeveral ? [] : flags(runs[0]),
  });
  const entries = [];
  runs.forEach((run, number) => {
    const { epochs, losses, spread } = run.history;
    const look = `run-${number}`;
    if (spread && !isSeveral) {
      const part = (column) => epochs.map((_, index) => spread[3 * index + column]);
      chart.set("spread", { kind: "band", look, x: epochs, low: part(0), high: part(2) });
      chart.set("median", { kind: "line", look: "median", x: epochs, y: part(1), label: "median" });
      entries.push(["line", "median", "median of the members"], ["band", look, "all members"]);
    }
    const label = isSeveral ? run.name : "loss";
    chart.set(`loss-${number}`, { kind: "line", look, x: epochs, y: losses, label });
    entries.push(["line", look, isSeveral ? run.name : "shown member"]);
  });
  if (entries.length > 1) legend(chart.figure, entries);
  return chart;
}

/** What happened, by its epoch and the name that its button has. */
function flags(run) {
  return run.events.map(({ epoch }, index) => [epoch, document.querySelectorAll("[data-snapshot]")[index].textContent]);
}

/** How many linear regions there are, over the epochs. */
function regionsChart() {
  const counted = runs.map((run, number) => [run, number]).filter(([run]) => run.regions?.some((count) => count >= 0));
  if (!counted.length) return null;
  const most = Math.max(...counted.map(([run]) => Math.max(...run.regions)));
  const chart = new Chart(figure("regions"), {
    x: axes.log, y: Linear.around(0, 1.05 * most, 4), ratio: 0.2, least: 140,
    xName: "epoch", yName: "linear regions", seek: (epoch) => seek(counted[0][0], epoch),
  });
  for (const [run, number] of counted) {
    const y = Float64Array.from(run.regions, (count) => (count < 0 ? NaN : count));
    chart.set(`regions-${number}`, { kind: "steps", look: `run-${number}`, x: run.epochs, y, label: isSeveral ? run.name : "linear regions" });
  }
  if (isSeveral) legend(chart.figure, counted.map(([run, number]) => ["line", `run-${number}`, run.name]));
  return chart;
}

/** One cross-hair over the fits of all runs. */
function pointFits(x) {
  fits.forEach(({ chart }) => chart.show(x));
}

/** Everything at the step where the clock stands. */
function show() {
  const snapshots = player.snapshots();
  runs.forEach((run, number) => {
    const snapshot = snapshots[number];
    fits[number].show(snapshot, control("residual").checked);
    if (modes[number]) modes[number].show(run.epochs[snapshot]);
    pasts[number].forEach((panel) => panel.show(run.epochs[snapshot]));
    control(`moment-${number}`).textContent = told(run, snapshot);
    maps[number]?.show(snapshot);
  });
  const epochs = runs.map((run, number) => run.epochs[snapshots[number]]);
  overall.forEach((chart) => mark(chart, { x: epochs }));
  spectrum?.show(snapshots);
  const where = isSeveral ? time() : told(runs[0], snapshots[0]);
  Object.assign(control("place"), { value: player.step });
  control("place").setAttribute("aria-valuetext", where);
  control("where").textContent = isSeveral ? where : `epoch ${short(epochs[0])} of ${short(runs[0].epochs.at(-1))}`;
  control("play").textContent = player.playing ? "Pause" : "Play";
}

/** What the clock says, of several runs. */
function time() {
  const value = player.times[player.step];
  if (player.clock === "epochs") return `epoch ${short(value)}`;
  if (player.clock === "seconds") return `${short(value)} s of training`;
  return `loss down to ${short(10 ** -value)}`;
}

/** What is to be said of a snapshot, in words. */
function told(run, snapshot) {
  const parts = [`epoch ${short(run.epochs[snapshot])}`, `loss ${short(run.losses[snapshot])}`];
  if (run.regions && run.regions[snapshot] >= 0) {
    const count = run.regions[snapshot];
    parts.push(`${short(count)} linear region${count === 1 ? "" : "s"}`, `${short(count - 1)} bend${count === 2 ? "" : "s"}`);
  }
  return parts.join(", ");
}

/** The epochs on a logarithmic axis or an even one. */
function setAxes() {
  const axis = control("log-epochs").checked ? axes.log : axes.linear;
  [...overall, ...modes.filter(Boolean).map(({ chart }) => chart)].forEach((chart) => chart.axes(axis));
  pasts.flat().forEach(({ chart }) => chart.axes(undefined, axis));
}

function setClock() {
  player.setClock(control("clock").value);
  Object.assign(control("place"), { max: player.last, value: player.step });
  show();
}

Object.assign(control("place"), { max: player.last, value: player.last });
control("place").addEventListener("input", () => player.move(Number(control("place").value) - player.step));
control("play").addEventListener("click", () => player.toggle());
control("speed").addEventListener("change", () => { player.speed = Number(control("speed").value); });
control("clock")?.addEventListener("change", setClock);
control("residual").addEventListener("change", show);
control("log-epochs").addEventListener("change", setAxes);
for (const button of document.querySelectorAll("[data-snapshot]")) {
  button.addEventListener("click", () => player.visit(runs[Number(button.dataset.run)], Number(button.dataset.snapshot)));
}
const flip = (id) => () => control(id).click();
listenToKeys(player, { e: flip("residual"), l: flip("log-epochs"), n: () => player.jump(1), N: () => player.jump(-1) });
show();
