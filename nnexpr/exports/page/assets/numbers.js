// Numbers as people write them, and axes with round ones.

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Text of the data: a sign that would turn, hide or break the line is replaced. */
function clean(text) {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "�");
}

/** A whole power of ten. */
function power(exponent) {
  const digits = [...String(Math.abs(exponent))].map((digit) => RAISED[digit]).join("");
  return `10${exponent < 0 ? "⁻" : ""}${digits}`;
}

/** A number in few signs: 0.0123, 12,345, 1.2 × 10⁻⁷; a dash where there is none. */
function short(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    return minus(`${mantissa} × ${power(Number(exponent))}`);
  }
  const rounded = Number.isInteger(value) ? value : Number(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(size)))));
  return grouped(String(rounded));
}

/** The least and the greatest of what is finite. */
function ends(...arrays) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of arrays) {
    for (const value of values ?? []) {
      if (value < low && value > -Infinity) low = value;
      if (value > high && value < Infinity) high = value;
    }
  }
  return low > high ? [0, 1] : [low, high];
}

function grouped(digits) {
  const [whole, part] = digits.split(".");
  const spaced = whole.replace("-", "").length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
  return minus(part === undefined ? spaced : `${spaced}.${part}`);
}

function minus(text) {
  return text.replace("-", "−");
}

/** The least of 1, 2, 5 times powers of ten of which `intervals` cover the span (Heckbert, Graphics Gems, 1990). */
function roundStep(span, intervals) {
  const raw = span / intervals;
  const unit = 10 ** Math.floor(Math.log10(raw));
  return unit * ([1, 2, 5].find((times) => raw <= times * unit * (1 + 1e-9)) ?? 10);
}

/** An axis from `low` to `high`; `at` gives the share of the way, `back` the value there. */
class Linear {
  constructor(low, high) {
    const size = Math.max(Math.abs(low), Math.abs(high));
    const isFlat = !(high - low > 1e-9 * size); // labels would need more than ten digits
    [this.low, this.high] = isFlat ? [low - (size || 1) / 2, low + (size || 1) / 2] : [low, high];
  }

  /** With round ends around the values. */
  static around(low, high, intervals = 8) {
    const fitted = new Linear(low, high);
    const step = roundStep(fitted.high - fitted.low, intervals);
    return new Linear(Math.floor(fitted.low / step + 1e-9) * step, Math.ceil(fitted.high / step - 1e-9) * step);
  }

  at(value) {
    return (value - this.low) / (this.high - this.low);
  }

  back(share) {
    return this.low + share * (this.high - this.low);
  }

  /** About so many, never fewer than two: one number says nothing of the scale. */
  ticks(most) {
    const found = this.every(roundStep(this.high - this.low, Math.max(most, 2)));
    return found.length > 1 ? found : this.every(roundStep(this.high - this.low, 5));
  }

  every(step) {
    const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const largest = Math.max(Math.abs(this.low), Math.abs(this.high));
    const plain = decimals <= 4 && largest < 1e7;
    const digits = Math.min(15, Math.ceil(Math.log10(largest / step)) + 1); // so many that no two are the same
    const found = [];
    for (let count = Math.ceil(this.low / step - 1e-9); count * step <= this.high + 1e-9 * step; count += 1) {
      const label = plain ? grouped((count * step + 0).toFixed(decimals)) : short(count * step, digits);
      found.push([count * step, count === 0 ? "0" : label]);
    }
    return found;
  }
}

const MARKS = [1, 2, 5];

/** A logarithmic axis around positive values, from one of 1, 2, 5 times a power of ten to another. */
class Log {
  constructor(low, high) {
    if (!(low > 0 && high < Infinity)) [low, high] = [0.1, 1]; // nothing has a place
    this.low = Log.mark(low, false);
    this.high = Log.mark(high, true);
    if (this.high - this.low < 0.6) [this.low, this.high] = [Math.floor(this.low + 1e-9), Math.ceil(this.high - 1e-9)];
    if (this.high <= this.low) this.high = this.low + 1;
  }

  /** The exponent of the nearest such number below or above. */
  static mark(value, isAbove) {
    const exponent = Math.floor(Math.log10(value) + 1e-9);
    const all = [...MARKS, 10].map((times) => exponent + Math.log10(times));
    const at = Math.log10(value);
    return isAbove ? all.find((each) => each >= at - 1e-9) : all.findLast((each) => each <= at + 1e-9) ?? exponent;
  }

  at(value) {
    return value > 0 ? (Math.log10(value) - this.low) / (this.high - this.low) : NaN;
  }

  back(share) {
    return 10 ** (this.low + share * (this.high - this.low));
  }

  ticks(most) {
    const [first, last] = [Math.ceil(this.low - 1e-9), Math.floor(this.high + 1e-9)];
    const isFine = this.high - this.low <= 2;
    const stride = Math.max(1, Math.ceil((last - first) / Math.max(most - 1, 1)));
    const found = [];
    for (let exponent = first - 1; exponent <= last; exponent += 1) {
      for (const times of isFine ? MARKS : [1]) {
        const at = exponent + Math.log10(times);
        if (at < this.low - 1e-9 || at > this.high + 1e-9 || (!isFine && exponent % stride)) continue;
        found.push([10 ** at, times === 1 ? decade(exponent) : short(Number(`${times}e${exponent}`), 1)]);
      }
    }
    return found.length > 1 ? found : [first, last].map((exponent) => [10 ** exponent, decade(exponent)]);
  }
}

function decade(exponent) {
  return exponent < -3 || exponent > 4 ? power(exponent) : short(10 ** exponent);
}

/** From 0 to `high`, the logarithm of 1 + value: learning is fast first, and 0 has its place. */
class Growing {
  constructor(high) {
    [this.low, this.high] = [0, Math.max(high, 1)];
  }

  at(value) {
    return Math.log1p(Math.max(value, 0)) / Math.log1p(this.high);
  }

  back(share) {
    return Math.expm1(share * Math.log1p(this.high));
  }

  ticks(most) {
    const decades = Math.floor(Math.log10(this.high) + 1e-9);
    const stride = Math.ceil((decades + 1) / Math.max(most - 1, 1));
    const found = [];
    for (let exponent = decades; exponent >= 0; exponent -= stride) found.unshift([10 ** exponent, decade(exponent)]);
    return [[0, "0"], ...found];
  }
}
