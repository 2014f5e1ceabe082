// The runs of a page: their arrays from text, and which snapshot is shown when.

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array, uint16: Uint16Array };

/** An array from base64 of its bytes. */
function unpacked(given) {
  return given && new ARRAYS[given.type](Uint8Array.from(atob(given.data), (sign) => sign.charCodeAt(0)).buffer);
}

/** Rows of steps between two ends each, the greatest code for what is not finite. */
function unquantised(given) {
  if (!given) return null;
  const codes = unpacked(given);
  const [low, high] = [unpacked(given.low), unpacked(given.high)];
  const [steps, length] = [2 ** (8 * codes.BYTES_PER_ELEMENT) - 2, given.shape.at(-1)];
  return Float32Array.from(codes, (code, index) => {
    const row = Math.floor(index / length);
    return code > steps ? NaN : low[row] + code * ((high[row] - low[row]) / steps);
  });
}

class Run {
  /** `letter`: what it is called beside others; empty where it is alone. */
  constructor(given, letter) {
    for (const name of ["epochs", "seconds", "learning_rates", "losses", "members", "modes", "target_modes"]) {
      this[name] = unpacked(given[name]);
    }
    this.name = letter + clean(given.name);
    this.scene = given.scene;
    this.count = this.epochs.length;
    [this.x, this.truth] = [unpacked(given.scene.x), unpacked(given.scene.truth)];
    const data = unpacked(given.scene.data);
    this.data = data && { x: data.subarray(0, data.length / 2), y: data.subarray(data.length / 2) };
    this.predictions = unquantised(given.predictions);
    this.bands = unquantised(given.bands);
    this.regions = given.bends && unpacked(given.bends.regions);
    this.bends = given.bends && { ends: unpacked(given.bends.ends), x: unpacked(given.bends.positions), layers: unpacked(given.bends.layers) };
    this.maps = given.maps && { predictions: unquantised(given.maps.predictions), truth: unquantised(given.maps.truth) };
    const { epochs, losses, spread } = given.history;
    this.history = { epochs: unpacked(epochs), losses: unpacked(losses), spread: unpacked(spread) };
    this.knows = this.truth.every(Number.isFinite);
    this.errors = this.knows ? this.predictions.map((value, index) => Math.abs(value - this.truth[index % this.x.length])) : [];
    this.events = given.events;
    this.clocks = { epochs: this.epochs, seconds: this.seconds, loss: fallen(this.losses) };
  }

  /** `row` of what has so many for each snapshot. */
  row(values, snapshot, length = this.x.length) {
    return values.subarray(snapshot * length, (snapshot + 1) * length);
  }

  fit(snapshot) {
    return this.row(this.predictions, snapshot);
  }

  error(snapshot) {
    return this.fit(snapshot).map((value, index) => value - this.truth[index]);
  }

  band(snapshot) {
    return this.bands && [0, 1].map((edge) => this.row(this.bands, 2 * snapshot + edge));
  }

  bendsAt(snapshot) {
    const [first, last] = [snapshot ? this.bends.ends[snapshot - 1] : 0, this.bends.ends[snapshot]];
    return { x: this.bends.x.subarray(first, last), layers: this.bends.layers.subarray(first, last) };
  }

  /** The snapshot at this time of a clock: the first that shows what was reached by then. */
  at(clock, time) {
    const times = this.clocks[clock];
    let found = lastAt(times, time);
    while (found > 0 && times[found - 1] === times[found]) found -= 1;
    return found;
  }
}

/** How far the loss had come down, as a time that only grows: decades below 1. */
function fallen(losses) {
  let best = Infinity;
  return losses.map((loss) => {
    if (loss < best) best = loss;
    return -Math.log10(Math.max(best, Number.MIN_VALUE));
  });
}

/** How far down and up every snapshot goes, but not further out than the target is high: a fit may burst. */
function reach(run, isError) {
  const [low, high] = run.knows || run.data ? ends(run.truth, run.data?.y) : ends(run.fit(run.count - 1));
  const height = high - low || 1;
  const all = [];
  for (let snapshot = 0; snapshot < run.count; snapshot += 1) all.push(...ends(isError ? run.error(snapshot) : run.fit(snapshot)));
  const [least, most] = isError ? ends(all) : ends(all, [low, high]);
  return [Math.max(least, (isError ? 0 : low) - height), Math.min(most, (isError ? 0 : high) + height)];
}

/** One axis for the fits, or the errors, of all runs that learn what this one does. */
function heights(run, runs, isError) {
  const alike = runs.filter(({ scene, knows }) => scene.name === run.scene.name && (knows || !isError));
  return Linear.around(...ends(...alike.map((other) => reach(other, isError))));
}

/** The greatest number of this name among all runs. */
function greatest(runs, name) {
  return ends(...runs.map((run) => run[name]))[1];
}
