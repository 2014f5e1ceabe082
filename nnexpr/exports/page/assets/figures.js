// Figures and maps of experiments, from their data.

const LOOKS = 6;
const FEW = 24; // points: so few are marked, for between them nothing was measured

/** Curves over shared axes. */
function curves(element, given) {
  const series = given.series.map(({ label, x, y }) => ({ label: clean(label), x: numbers(x), y: numbers(y) }));
  const axis = (isLog, values) => {
    const shown = values.filter((value) => Number.isFinite(value) && (!isLog || value > 0));
    if (!shown.length) return new Linear(0, 1);
    return isLog ? new Log(...ends(shown)) : Linear.around(...ends(shown));
  };
  const chart = new Chart(element, {
    x: tight(given.log_x, series.flatMap(({ x }) => [...x]), axis), y: axis(given.log_y, series.flatMap(({ y }) => [...y])),
    xName: given.x_label, yName: given.y_label, ratio: 0.5, least: 240,
  });
  series.forEach(({ label, x, y }, number) => {
    const look = `run-${number % LOOKS}`;
    if (x.length > 1) chart.set(`curve-${number}`, { kind: "line", look, x, y, label });
    if (x.length <= FEW) chart.set(`points-${number}`, { kind: "points", look: `${look} measured`, x, y, label: x.length > 1 ? "" : label });
  });
  if (series.some(({ label }) => label)) {
    legend(element, series.map(({ label, x }, number) => [x.length > 1 ? "line" : "points", `run-${number % LOOKS}`, label]));
  }
}

/** An axis that ends where its values do, if it is an even one: curves are as wide as the chart. */
function tight(isLog, values, axis) {
  const [low, high] = ends(values);
  return isLog || low === high ? axis(isLog, values) : new Linear(low, high);
}

function numbers(values) {
  return Float64Array.from(values, (value) => value ?? NaN);
}

// From blue over the ground's own grey to orange.
const APART = {
  dark: [
    [145, 193, 255],
    [82, 149, 232],
    [67, 108, 160],
    [51, 70, 94],
    [34, 34, 34],
    [89, 61, 45],
    [150, 89, 53],
    [215, 117, 56],
    [255, 165, 113],
  ],
  light: [
    [0, 89, 175],
    [61, 128, 209],
    [124, 167, 223],
    [184, 206, 235],
    [245, 245, 245],
    [231, 196, 177],
    [213, 147, 110],
    [192, 97, 31],
    [144, 65, 0],
  ],
};

/** The colour of a share: one half is nothing, both ends are much. */
function apart(share, dark) {
  return between(APART[dark ? "dark" : "light"], share);
}

/** Values over two axes, each place with that of the nearest. */
function heatMap(element, given) {
  const [x, y, rows] = [numbers(given.x), numbers(given.y), given.values.map(numbers)];
  const axis = (isLog, values) => (isLog ? new Log(...ends(values)) : new Linear(...ends(values)));
  const place = (value) => (given.log ? Math.log10(value) : value);
  const [low, high] = limits(given, rows).map(place);
  const palette = given.diverging ? apart : shade;
  const color = (value, dark) => {
    if (!Number.isFinite(value) || (given.log && value < 0)) return [0, 0, 0, 0];
    return [...palette((Math.max(place(value), low) - low) / (high - low || 1), dark), 255];
  };
  const isSquare = !given.log_x && !given.log_y && ends(x).join() === ends(y).join();
  const chart = new Chart(element, {
    x: axis(given.log_x, x), y: axis(given.log_y, y), xName: given.x_label, yName: given.y_label,
    ratio: isSquare ? 0.95 : 0.62, least: 240,
    painter: (context, width, height, self) => {
      const columns = nearestOf(x, self.x, width);
      const lines = nearestOf(y, self.y, height).reverse();
      const dark = isDark();
      const colors = rows.map((row) => Array.from(row, (value) => color(value, dark)));
      const picture = context.createImageData(width, height);
      lines.forEach((row, top) => columns.forEach((column, left) => {
        if (row >= 0 && column >= 0) picture.data.set(colors[row][column], 4 * (top * width + left));
      }));
      context.putImageData(picture, 0, 0);
    },
    read: (across, upwards) => {
      const [column, row] = [nearest(x, across), nearest(y, upwards)];
      const told = [[clean(given.x_label), x[column]], [clean(given.y_label), y[row]], [clean(given.label) || "value", rows[row][column]]];
      return told.map(([label, value]) => [label, short(value)]);
    },
  });
  const told = limits(given, rows).map((value) => short(value, 2));
  ramp(chart.figure, ...told, clean(given.label), palette);
}

/** The values that have the first and the last shade: as given, or all; as far on both sides of zero where that counts. */
function limits(given, rows) {
  if (given.limits.length) return given.limits;
  const [low, high] = ends(rows.flatMap((row) => [...row].filter((value) => !given.log || value > 0)));
  const far = Math.max(Math.abs(low), Math.abs(high));
  return given.diverging ? [-far, far] : [low, high];
}

/** For each pixel along an axis the index of the nearest of its values, as it is drawn; -1 beyond them. */
function nearestOf(values, axis, pixels) {
  const places = Array.from(values, (value) => axis.at(value));
  const last = places.length - 1;
  const half = last ? [places[1] - places[0], places[last] - places[last - 1]].map((gap) => gap / 2) : [1, 1];
  return Array.from({ length: pixels }, (_, pixel) => {
    const share = (pixel + 0.5) / pixels;
    return share < places[0] - half[0] || share > places[last] + half[1] ? -1 : nearest(places, share);
  });
}
