// Colours: vermillion for minus and class 0, blue for plus and class 1 (Okabe & Ito, 2008).

const STOPS = {
  light: ["#a03c00", "#d55e00", "#f3b98f", "#f7f7f7", "#8fc1e3", "#0072b2", "#004b77"],
  dark: ["#f39a55", "#dd6a22", "#7a4019", "#1f262e", "#1c4f74", "#2f88c6", "#63bbec"],
};
const STEPS = 256;

/**
 * A diverging scale: `words` are its 256 colours as pixels of an ImageData (on a little-endian
 * machine, as all are that run browsers), `minus` and `plus` two of them for points and lines.
 */
export function makePalette(theme) {
  const stops = STOPS[theme].map((hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16)));
  const rgb = Array.from({ length: STEPS }, (_, step) => {
    const position = (step / (STEPS - 1)) * (stops.length - 1);
    const k = Math.min(Math.floor(position), stops.length - 2);
    return stops[k].map((low, c) => Math.round(low + (position - k) * (stops[k + 1][c] - low)));
  });
  const words = Uint32Array.from(rgb, ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r);
  const css = (value) => `rgb(${rgb[stepOf(value)].join(" ")})`;
  return { words, isDark: theme === "dark", minus: css(-0.72), plus: css(0.72) };
}

/** The step of a number in [−1, 1]; numbers beyond have the colours of the ends. */
export function stepOf(value) {
  return Math.max(0, Math.min(STEPS - 1, Math.round(((value + 1) / 2) * (STEPS - 1)))) || 0;
}
