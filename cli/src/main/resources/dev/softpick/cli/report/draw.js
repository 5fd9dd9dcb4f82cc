// Draws everything, and again when the light or the width changes.
const drawn = {};
function draw() {
  for (const [id, option] of Object.entries(charts)) {
    if (drawn[id]) drawn[id].dispose();
    drawn[id] = echarts.init($(id), null, { renderer: 'svg' });
    drawn[id].setOption(option($(id)));
  }
}

words();
tables();
legends();
draw();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
let width = innerWidth;
let waiting;
addEventListener('resize', () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (innerWidth !== width) {
      width = innerWidth;
      draw();
    }
  }, 150);
});
addEventListener('beforeprint', () => {
  root.classList.add('print');
  draw();
});
addEventListener('afterprint', () => {
  root.classList.remove('print');
  draw();
});
