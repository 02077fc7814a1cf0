// Numbers, symbols and names as people write them.

/** Four significant digits, with a true minus sign. */
export function text(value) {
  return format(value, 4);
}

/** Two or three significant digits, for narrow places. */
export function compact(value) {
  return format(value, Math.abs(value) >= 1 ? 3 : 2);
}

/** As a factor or after a minus sign: negative numbers in parentheses. */
export function factor(value) {
  return value < 0 || Object.is(value, -0) ? `(${text(value)})` : text(value);
}

function format(value, digits) {
  if (!Number.isFinite(value)) return String(value).replace("-", "−");
  if (value === 0) return "0";
  const size = Math.abs(value);
  let written;
  if (size >= 1e5 || size < 1e-4) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    written = `${Number(mantissa)}e${Number(exponent)}`;
  } else {
    written = String(Number(value.toPrecision(digits)));
  }
  return written.replaceAll("-", "−");
}

/** A letter with a superscript for the layer and a subscript for the unit, as HTML. */
export function symbol(letter, layer, ...units) {
  if (letter === "a" && layer === 0) return `<i>x</i><sub>${units[0] + 1}</sub>`;
  const sub = units.map((unit) => (typeof unit === "number" ? unit + 1 : `<i>${unit}</i>`));
  const wide = units.some((unit) => typeof unit === "number" && unit > 8);
  const joined = sub.join(wide ? "," : "");
  return `<i>${letter}</i><span class="scripts"><sup>${layer}</sup><sub>${joined}</sub></span>`;
}

/** ∂of/∂by, as HTML. */
export function partial(of, by) {
  return `∂<i>${of}</i>/∂${by}`;
}

/** What unit j of layer l is called, in a network whose output is layer `last`. */
export function unitName(l, j, last) {
  if (l === 0) return `input ${j + 1}`;
  return l === last ? "the output unit" : `unit ${j + 1} of layer ${l}`;
}

/** With a capital letter. */
export function capitalized(words) {
  return words[0].toUpperCase() + words.slice(1);
}
