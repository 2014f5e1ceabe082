// A chart: axes, curves and a picture behind them, drawn as SVG at the width that there is; a cross-hair with values.

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { top: 8, right: 18, bottom: 38 };
const ROW = 11; // pixels of a row of ticks under the plot
const GAP = 7; // pixels between the plot and the first of them
const LEFT = 58; // pixels for labels, at least, so that charts of one column stand under one another
const FAR = 20000; // pixels: beyond, a browser may not draw a line

function made(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function html(name, className = "", ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** The index of the last of ascending `values` that is at most `value`; 0 before the first. */
function lastAt(values, value) {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The index of the nearest of ascending `values`. */
function nearest(values, value) {
  const before = lastAt(values, value);
  const after = Math.min(before + 1, values.length - 1);
  return Math.abs(values[after] - value) < Math.abs(values[before] - value) ? after : before;
}

const charts = [];

/** What is drawn with another palette: on a dark ground, unless it is printed. */
function isDark() {
  return matchMedia("(prefers-color-scheme: dark)").matches && !matchMedia("print").matches;
}

for (const query of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(query).addEventListener("change", () => charts.forEach((chart) => chart.paint()));
}

/**
 * `options`: x, y (axes), xName, yName, ratio (height of width), least (height), rows (labels of rows of ticks below),
 * down (y grows downward), flags ([x, label] each: told at the top), painter (context, width, height, chart): the picture behind; read (x, y): lines of the
 * cross-hair, [label, text] each; seek (x, y): what a press asks for; hover (x or null): told while pointed at.
 */
class Chart {
  constructor(figure, options) {
    this.figure = figure;
    Object.assign(this, { ratio: 0.5, least: 150, rows: [], flags: [], down: false }, options);
    this.marks = new Map();
    this.plot = figure.querySelector(".plot");
    this.svg = made("svg", { role: "img", "aria-labelledby": figure.querySelector("figcaption").id });
    this.canvas = this.painter ? html("canvas") : null;
    this.reading = html("div", "reading");
    this.reading.hidden = true;
    this.plot.replaceChildren(...[this.canvas, this.svg, this.reading].filter(Boolean));
    this.width = 0;
    charts.push(this);
    new ResizeObserver(() => this.resize()).observe(this.plot);
    this.listen();
  }

  // --- what is on it

  /** A mark of this name: kind (line, steps, band, points, ticks, crosses), x, y, low, high, row, look (its class). */
  set(name, mark) {
    const old = this.marks.get(name);
    this.marks.set(name, { ...mark, element: old?.element });
    if (this.width) this.shape(name);
  }

  axes(x, y) {
    [this.x, this.y] = [x ?? this.x, y ?? this.y];
    this.draw();
  }

  px(value) {
    return this.left + this.x.at(value) * this.inner;
  }

  py(value) {
    const share = this.y.at(value);
    return this.top + (this.down ? share : 1 - share) * this.high;
  }

  // --- drawing

  resize() {
    const width = Math.round(this.plot.clientWidth);
    if (!width || width === this.width) return;
    this.width = width;
    this.draw();
  }

  draw() {
    if (!this.width) return;
    this.deep = this.rows.length ? this.rows.length * ROW + GAP : 0;
    const height = Math.max(this.least, Math.round(this.width * this.ratio)) + this.deep;
    const [top, below] = [MARGIN.top + (this.yName ? 14 : 0), MARGIN.bottom + this.deep];
    const yTicks = this.y.ticks(Math.max(3, Math.round((height - top - below) / 42)));
    const widest = Math.max(...yTicks.map(([, label]) => label.length));
    Object.assign(this, { height, top, left: Math.max(LEFT, 12 + 6.6 * widest), high: height - top - below });
    this.inner = Math.max(this.width - this.left - MARGIN.right, 1);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    const clip = made("clipPath", { id: `${this.figure.id}-clip` }, made("rect", this.box()));
    this.inside = made("g", { "clip-path": `url(#${this.figure.id}-clip)` });
    this.outside = made("g");
    this.hair = made("path", { class: "hair", d: "" });
    this.svg.replaceChildren(clip, this.frame(yTicks), this.inside, this.outside, this.hair);
    this.scale();
    for (const [name, mark] of this.marks) {
      mark.element = undefined;
      this.shape(name);
    }
    this.paint();
  }

  box() {
    return { x: this.left, y: this.top, width: this.inner, height: this.high };
  }

  /** The axes as data, so that what is drawn can be read back. */
  scale() {
    const { left, top, inner, high } = this;
    this.svg.dataset.plot = JSON.stringify({ left, top, inner, high, x: [this.x.low, this.x.high], y: [this.y.low, this.y.high] });
  }

  frame(yTicks) {
    const group = made("g", { class: "axes" });
    const [right, bottom] = [this.left + this.inner, this.top + this.high];
    const floor = bottom + this.deep;
    for (const [value, label] of yTicks) {
      const y = this.py(value);
      group.append(made("path", { class: this.painter ? "tick" : "grid", d: `M${this.painter ? this.left - 4 : this.left} ${y}H${this.painter ? this.left : right}` }));
      group.append(made("text", { x: this.left - 7, y: y + 4, class: "end" }, label));
    }
    let last = -Infinity;
    for (const [value, label] of this.x.ticks(Math.max(2, Math.round(this.inner / 90)))) {
      const x = this.px(value);
      group.append(made("path", { class: "tick", d: `M${x} ${floor}v4` }));
      const half = 3.8 * label.length;
      if (x - half < last + 6 || x + half > this.width) continue;
      last = x + half;
      group.append(made("text", { x, y: floor + 17, class: "middle" }, label));
    }
    group.append(made("path", { class: "axis", d: `M${this.left} ${floor}H${right}` }));
    this.rows.forEach((label, row) => {
      group.append(made("text", { x: this.left - 7, y: bottom + GAP + (row + 0.5) * ROW + 3, class: "end row" }, label));
    });
    group.append(...this.flagged());
    if (this.yName) group.append(made("text", { x: 0, y: 11, class: "name" }, clean(this.yName)));
    if (this.xName) group.append(made("text", { x: right, y: floor + 33, class: "name end" }, clean(this.xName)));
    return group;
  }

  /** Labelled lines, a label one line lower where it would stand over another. */
  flagged() {
    const taken = [];
    return this.flags.map(([value, label]) => [this.px(value), label]).sort(([a], [b]) => a - b).flatMap(([x, label]) => {
      const wide = 6.4 * label.length + 8;
      const left = Math.min(x, this.left + this.inner - wide);
      let row = taken.findIndex((end) => end < left);
      if (row < 0) row = taken.length;
      taken[row] = left + wide;
      const text = made("text", { x: left + 4, y: this.top + 12 + 14 * row, class: "flag" }, label);
      return [made("path", { class: "flag", d: `M${x} ${this.top}v${this.high}` }), text];
    });
  }

  shape(name) {
    const mark = this.marks.get(name);
    if (!mark.element) {
      mark.element = made("path", { class: `${mark.kind} ${mark.look ?? ""}`, "data-name": name });
      (mark.kind === "ticks" ? this.outside : this.inside).append(mark.element);
    }
    mark.element.setAttribute("d", this[`${mark.kind}Path`](mark));
  }

  linePath({ x, y }) {
    return this.through(x, y);
  }

  /** Straight through all points that have a place; what is not finite breaks it. */
  through(x, y, reverse = false) {
    const parts = [];
    let open = false;
    for (let count = 0; count < x.length; count += 1) {
      const index = reverse ? x.length - 1 - count : count;
      const place = this.py(y[index]);
      if (Number.isFinite(place)) {
        const at = Math.min(Math.max(place, -FAR), FAR);
        parts.push(`${open ? "L" : "M"}${this.px(x[index]).toFixed(2)} ${at.toFixed(2)}`);
      }
      open = Number.isFinite(place);
    }
    return parts.join("");
  }

  /** Holds each value until the next. */
  stepsPath({ x, y }) {
    const parts = [];
    for (let index = 0; index < x.length; index += 1) {
      if (!Number.isFinite(y[index])) continue;
      const open = index > 0 && Number.isFinite(y[index - 1]);
      const place = this.py(y[index]).toFixed(2);
      parts.push(open ? `V${place}` : `M${this.px(x[index]).toFixed(2)} ${place}`);
      if (index + 1 < x.length) parts.push(`H${this.px(x[index + 1]).toFixed(2)}`);
    }
    return parts.join("");
  }

  bandPath({ x, low, high }) {
    const kept = [...x.keys()].filter((index) => Number.isFinite(this.py(low[index])) && Number.isFinite(this.py(high[index])));
    if (!kept.length) return "";
    const pick = (values) => kept.map((index) => values[index]);
    return `${this.through(pick(x), pick(low))}${this.through(pick(x), pick(high), true).replace("M", "L")}Z`;
  }

  pointsPath({ x, y }) {
    return Array.from(x, (value, index) => [this.px(value), this.py(y[index])])
      .filter(([, place]) => Number.isFinite(place))
      .map(([across, place]) => `M${across.toFixed(2)} ${place.toFixed(2)}h0`)
      .join("");
  }

  /** In a row below the plot. */
  ticksPath({ x, row }) {
    const top = this.top + this.high + GAP + row * ROW + 1;
    return Array.from(x, (value) => `M${this.px(value).toFixed(2)} ${top}v${ROW - 3}`).join("");
  }

  /** A line over all of the plot at each of these x. */
  crossesPath({ x = [], y = [] }) {
    const across = Array.from(x, (value) => `M${this.px(value).toFixed(2)} ${this.top}v${this.high}`);
    const along = Array.from(y, (value) => `M${this.left} ${this.py(value).toFixed(2)}h${this.inner}`);
    return [...across, ...along].join("");
  }

  /** The picture behind, in pixels of the screen. */
  paint() {
    if (!this.canvas || !this.width) return;
    const share = (part, whole) => `${(100 * part) / whole}%`;
    Object.assign(this.canvas.style, {
      left: share(this.left, this.width),
      top: share(this.top, this.height),
      width: share(this.inner, this.width),
      height: share(this.high, this.height),
    });
    const fine = Math.min(devicePixelRatio || 1, 2);
    [this.canvas.width, this.canvas.height] = [Math.round(this.inner * fine), Math.round(this.high * fine)];
    this.painter(this.canvas.getContext("2d"), this.canvas.width, this.canvas.height, this);
  }

  // --- pointing at it

  listen() {
    const place = (event) => {
      const box = this.svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) * this.width) / box.width - this.left;
      const y = ((event.clientY - box.top) * this.height) / box.height - this.top;
      const bound = (share) => Math.min(Math.max(share, 0), 1);
      const down = bound(y / this.high);
      return [this.x.back(bound(x / this.inner)), this.y.back(this.down ? down : 1 - down)];
    };
    const point = (event) => {
      const [x, y] = place(event);
      if (this.hover) this.hover(x, y);
      else this.show(x, y);
      if (event.buttons && this.seek) this.seek(x, y);
    };
    this.svg.addEventListener("pointermove", point);
    this.svg.addEventListener("pointerdown", point);
    this.svg.addEventListener("pointerleave", () => (this.hover ? this.hover(null, null) : this.show(null)));
  }

  /** The cross-hair at x, and what is read there; none for null. */
  show(pointed, y) {
    const x = pointed === null || this.read ? pointed : this.known(pointed);
    const lines = x === null ? [] : (this.read ?? this.values).call(this, x, y);
    this.reading.hidden = !lines.length;
    this.hair.setAttribute("d", "");
    if (!lines.length) return;
    const at = this.px(x);
    this.hair.setAttribute("d", `M${at.toFixed(1)} ${this.top}v${this.high + this.deep}`);
    this.reading.replaceChildren(...lines.map(([label, value]) => html("div", "", html("span", "", label), ` ${value}`)));
    const share = at / this.width;
    Object.assign(this.reading.style, { left: share < 0.5 ? `${100 * share}%` : "", right: share < 0.5 ? "" : `${100 * (1 - share)}%` });
  }

  /** The curves that are read: those with a label. */
  get told() {
    return [...this.marks.values()].filter(({ x, y, label }) => label && y && x.length);
  }

  /** The nearest x of which some curve knows a value. */
  known(x) {
    const places = this.told.map(({ x: across }) => across[nearest(across, x)]);
    return places.length ? places.reduce((best, place) => (Math.abs(place - x) < Math.abs(best - x) ? place : best)) : null;
  }

  /** Of every curve the value at the nearest x. */
  values(x) {
    const lines = this.told.map(({ x: across, y, label }) => [label, short(y[nearest(across, x)], 4)]);
    return [[clean(this.xName ?? "x"), short(x, 4)], ...lines];
  }
}

// --- legends and shades

/** What each look means: a sample of it, and its label. */
function legend(figure, entries) {
  const items = entries.map(([kind, look, label]) => {
    const d = { points: "M13 6h0", ticks: "M5 2v8M13 2v8M21 2v8", band: "M0 1h26v10h-26z" }[kind] ?? "M0 6h26";
    const sample = made("svg", { viewBox: "0 0 26 12", width: 26, height: 12, "aria-hidden": "true" }, made("path", { class: `${kind} ${look}`, d }));
    return html("li", "", sample, label);
  });
  figure.querySelector(".plot").before(Object.assign(html("ul", "legend", ...items)));
}

// From violet over green to yellow: the lightness of OKLab alone gives the order.
const SHADES = [
  [46, 0, 86],
  [39, 36, 129],
  [0, 77, 141],
  [0, 110, 143],
  [0, 140, 151],
  [0, 173, 152],
  [76, 202, 134],
  [164, 222, 115],
  [238, 236, 107],
];

/** A colour on the way through these. */
function between(colors, share) {
  const place = Math.min(Math.max(share, 0), 1) * (colors.length - 1);
  const first = Math.min(Math.floor(place), colors.length - 2);
  return [0, 1, 2].map((part) => colors[first][part] + (place - first) * (colors[first + 1][part] - colors[first][part]));
}

/** The colour of a share from 0 to 1, as red, green and blue: what is large stands out from the ground. */
function shade(share, dark) {
  return between(SHADES, dark ? share : 1 - share);
}

/** The scale of shades beside its two ends. */
function ramp(figure, low, high, words, color = shade) {
  const canvas = html("canvas");
  [canvas.width, canvas.height] = [96, 10];
  const item = html("li", "", words, ` ${low} `, canvas, ` ${high}`);
  figure.querySelector(".plot").before(html("ul", "legend", item));
  const paint = () => {
    const [context, dark] = [canvas.getContext("2d"), isDark()];
    for (let x = 0; x < canvas.width; x += 1) {
      context.fillStyle = `rgb(${color(x / (canvas.width - 1), dark)})`;
      context.fillRect(x, 0, 1, canvas.height);
    }
  };
  charts.push({ paint });
  paint();
}
