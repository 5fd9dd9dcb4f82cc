// The numbers, and how they are written. These files make one script: data, words, charts, timings, draw.
const data = JSON.parse(document.getElementById('data').textContent);
const root = document.documentElement;
const ids = ['softpick', 'softmax', 'ssmax', 'rectified_softpick'];
const names = { softpick: 'softpick', softmax: 'softmax', ssmax: 'ssmax', rectified_softpick: 'rectified softpick' };
const sets = ['digits', 'ecg'];
const symbols = { softpick: 'circle', softmax: 'rect', ssmax: 'triangle', rectified_softpick: 'diamond' };
const formulas = {
  softpick: 'x<sub>i</sub> / (1 + Σ|x<sub>j</sub>|)',
  softmax: 'e<sup>x<sub>i</sub></sup> / Σ e<sup>x<sub>j</sub></sup>',
  ssmax: 'softmax of a·log(n)·x',
  rectified_softpick: 'relu(e<sup>x<sub>i</sub></sup> − 1) / (Σ|e<sup>x<sub>j</sub></sup> − 1| + ε)'
};
const $ = id => document.getElementById(id);
const color = name =>
  getComputedStyle(root)
    .getPropertyValue('--' + name)
    .trim();
const group = n => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
const short = n => (n >= 1024 && n % 1024 === 0 ? n / 1024 + 'k' : group(n));
const percent = (x, digits = 1) => (100 * x).toFixed(digits) + ' %';
const ratio = r => (r < 10 ? r.toFixed(2) : r.toFixed(0)) + '×';
// not toFixed alone, which takes 0.67675 for a little less
const four = x => (Math.round((x + 1e-9) * 1e4) / 1e4).toFixed(4);
const signed = s => String(s).replace('-', '−');
const mean = xs => xs.reduce((a, b) => a + b, 0) / xs.length;
const model = (set, id) => data.models.find(m => m.data === set && m.normalizer === id);
const taken = (set, id) => data.rounding.find(r => r.data === set && r.normalizer === id);
const widths = data.rounding[0].points.map(p => p.bits);
const last = points => points[points.length - 1];
const speedup = p => p.nanos.softmax.median / p.nanos.softpick.median;
const time = ns => {
  const [value, unit] =
    ns < 1e3 ? [ns, 'ns'] : ns < 1e6 ? [ns / 1e3, 'µs'] : ns < 1e9 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's'];
  return +value.toPrecision(3) + ' ' + unit;
};
const element = (tag, html, style) => {
  const e = document.createElement(tag);
  e.innerHTML = html;
  if (style) e.setAttribute('style', style);
  return e;
};
const text = s => s.replace(/&/g, '&amp;').replace(/</g, '&lt;');
