// Charts of what the normalizers do and how they behave: an option of ECharts each, made anew whenever it is drawn.
const base = () => ({
  animation: false,
  backgroundColor: 'transparent',
  textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, color: color('soft') },
  aria: { enabled: true },
  grid: { left: 8, right: 18, top: 26, bottom: 30, containLabel: true },
  tooltip: {
    confine: true,
    backgroundColor: color('paper'),
    borderColor: color('line'),
    textStyle: { color: color('ink'), fontSize: 12 }
  }
});
const axis = (type, name, more = {}) => ({
  type,
  name,
  nameLocation: 'middle',
  nameTextStyle: { color: color('soft'), fontSize: 12 },
  axisLine: { lineStyle: { color: color('line') } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: color('grid') } },
  ...more,
  axisLabel: { color: color('soft'), fontSize: 11, hideOverlap: true, ...(more.axisLabel || {}) }
});
// logarithms on a linear axis: a log axis chooses its own ticks, and too few of them
const octaves = (name, from, to, label) =>
  xAxis('value', name, {
    min: Math.floor(Math.log2(from)),
    max: Math.ceil(Math.log2(to)),
    interval: 1,
    axisLabel: { formatter: v => label(2 ** v) }
  });
const xAxis = (type, name, more = {}) => axis(type, name, { nameGap: 28, splitLine: { show: false }, ...more });
const yAxis = (type, name, more = {}) =>
  axis(type, name, {
    nameLocation: 'end',
    nameGap: 10,
    nameTextStyle: { color: color('soft'), fontSize: 12, align: 'left' },
    axisLine: { show: false, onZero: false },
    ...more
  });
const line = (id, points, more = {}) => ({
  type: 'line',
  name: names[id],
  data: points,
  symbol: symbols[id],
  symbolSize: { softpick: 7, softmax: 6, ssmax: 9, rectified_softpick: 12 }[id],
  itemStyle: { color: color(id) },
  lineStyle: { color: color(id), width: 2 },
  emphasis: { disabled: true },
  ...more
});
const guide = (value, c, label) => ({
  silent: true,
  symbol: 'none',
  lineStyle: { color: c, type: 'dashed', width: 1.2 },
  label: { show: !!label, formatter: label || '', color: c, fontSize: 11, position: 'insideStartTop' },
  data: [{ yAxis: value }]
});
const power = v => {
  const exponent = Math.round(Math.log10(v));
  return v >= 0.001
    ? String(+v.toPrecision(1))
    : '10' + String(exponent).replace(/[-\d]/g, d => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(d)]);
};
const list = (title, rows) =>
  `<b>${title}</b><br>` + rows.map(([marker, name, value]) => `${marker} ${name}: ${value}`).join('<br>');

const charts = {};

data.shapes.examples.forEach((example, at) => {
  const id = 'shape-' + at;
  const box = document.createElement('div');
  box.id = id;
  box.className = 'chart short';
  $('shapes').append(box);
  charts[id] = () => ({
    ...base(),
    title: {
      text: `${example.name}, × ${example.spread}`,
      left: 0,
      top: 0,
      textStyle: { fontSize: 13, fontWeight: 600, color: color('ink') }
    },
    grid: { left: 4, right: 6, top: 30, bottom: 24, containLabel: true },
    xAxis: xAxis('category', 'score', {
      nameGap: 24,
      data: example.scores.map(s => (s > 0 ? '+' : '−') + Math.abs(s).toFixed(1)),
      axisLabel: { interval: 0, fontSize: 10 },
      axisLine: { onZero: false, lineStyle: { color: color('line') } }
    }),
    yAxis: yAxis('value', '', {
      min: -0.4,
      max: 1,
      interval: 0.2,
      axisLabel: { formatter: v => v.toFixed(1).replace('-', '−') }
    }),
    tooltip: { ...base().tooltip, trigger: 'axis', valueFormatter: v => v.toPrecision(3) },
    series: ids.map(n => ({
      type: 'bar',
      name: names[n],
      data: example.weights[n],
      itemStyle: { color: color(n) },
      barGap: '10%',
      barCategoryGap: '24%',
      emphasis: { disabled: true },
      markLine:
        n === 'softpick'
          ? {
              silent: true,
              symbol: 'none',
              label: { show: false },
              data: [{ yAxis: 0 }],
              lineStyle: { color: color('soft'), type: 'solid', width: 1 }
            }
          : undefined
    }))
  });
});

const pale = n => 'rgba(' + [1, 3, 5].map(i => parseInt(color(n).slice(i, i + 2), 16)).join() + ',0.38)';
charts.small = () => ({
  ...base(),
  xAxis: xAxis('category', '', { data: sets }),
  yAxis: yAxis('value', '% of all weights', { max: 100 }),
  series: ids.flatMap(n => {
    const values = sets.map(s => 100 * model(s, n).weights.small);
    const zeros = sets.map(s => 100 * model(s, n).weights.zero);
    return [
      {
        type: 'bar',
        name: names[n],
        stack: n,
        data: zeros,
        itemStyle: { color: color(n) },
        emphasis: { disabled: true },
        tooltip: { formatter: p => `${names[n]}, ${p.name}<br>exactly 0: ${p.value.toFixed(1)} %` }
      },
      {
        type: 'bar',
        name: names[n] + ' < 0.001',
        stack: n,
        data: values.map((v, i) => v - zeros[i]),
        emphasis: { disabled: true },
        itemStyle: { color: pale(n) },
        label: {
          show: true,
          position: 'top',
          color: color('ink'),
          fontSize: 11,
          formatter: p => values[p.dataIndex].toFixed(1)
        },
        tooltip: { formatter: p => `${names[n]}, ${p.name}<br>below 0.001: ${values[p.dataIndex].toFixed(1)} %` }
      }
    ];
  })
});
charts.effective = () => ({
  ...base(),
  xAxis: xAxis('category', '', { data: sets }),
  yAxis: yAxis('value', 'keys'),
  series: [...ids, 'visible'].map(n => ({
    type: 'bar',
    name: names[n] || 'seen',
    itemStyle: { color: color(n) || color('line') },
    data: sets.map(s => (n === 'visible' ? model(s, 'softpick').weights.keys : model(s, n).weights.effectiveKeys)),
    emphasis: { disabled: true },
    label: { show: true, position: 'top', color: color('ink'), fontSize: 11, formatter: p => p.value.toFixed(1) }
  }))
});

charts.dilution = () => ({
  ...base(),
  xAxis: octaves('keys', 8, last(data.dilution.keys), short),
  yAxis: yAxis('log', 'weight of the signal', { axisLabel: { formatter: power } }),
  tooltip: {
    ...base().tooltip,
    trigger: 'axis',
    formatter: ps =>
      list(
        group(2 ** ps[0].value[0]) + ' keys',
        ps.map(p => [p.marker, p.seriesName, p.value[1].toPrecision(3)])
      )
  },
  series: ids.map(n =>
    line(
      n,
      data.dilution.keys.map((k, i) => [Math.log2(k), data.dilution.weights[n][i]]).filter(p => p[1] > 0)
    )
  )
});
charts.saturation = () => ({
  ...base(),
  xAxis: octaves('spread of the scores', data.saturation.spreads[0], last(data.saturation.spreads), v =>
    v < 1 ? '1/' + Math.round(1 / v) : String(Math.round(v))
  ),
  yAxis: yAxis('log', 'norm of the Jacobian', { min: 1e-6, max: 10, axisLabel: { formatter: power } }),
  tooltip: {
    ...base().tooltip,
    trigger: 'axis',
    formatter: ps =>
      list(
        'spread ' + +(2 ** ps[0].value[0]).toPrecision(3),
        ps.map(p => [p.marker, p.seriesName, p.value[1].toPrecision(3)])
      )
  },
  series: ids.map(n =>
    line(
      n,
      data.saturation.spreads.map((k, i) => [Math.log2(k), data.saturation.norms[n][i]]).filter(p => p[1] > 1e-6)
    )
  )
});

// dots beside each other: a place for each test set and normalizer, and a little to the side for each layer
const place = (set, n, shift) => sets.indexOf(set) * 5 + ids.indexOf(n) + 0.5 + shift;
const places = () => xAxis('value', '', { min: 0, max: 9, interval: 1, axisLabel: { show: false } });
const setNames = values =>
  [
    ['digits', 2],
    ['electrocardiogram', 7]
  ].map(([name, x], i) => ({
    type: 'scatter',
    data: [[x, values]],
    symbolSize: 0.01,
    silent: true,
    tooltip: { show: false },
    label: { show: true, formatter: name, color: color('soft'), fontSize: 12, position: 'bottom', distance: 8 }
  }));
const dots = (figure, what) =>
  ids.map(n => ({
    type: 'scatter',
    name: names[n],
    symbol: symbols[n],
    symbolSize: 9,
    emphasis: { disabled: true },
    itemStyle: { color: color(n), opacity: 0.8 },
    data: sets.flatMap(s =>
      model(s, n).layers.flatMap((layer, at, all) =>
        [].concat(figure(layer)).map(v => [place(s, n, (at - (all.length - 1) / 2) * 0.24), v, s, at + 1])
      )
    ),
    tooltip: {
      formatter: p => `${names[n]}, ${p.value[2]}, block ${p.value[3]}<br>${what}: ${p.value[1].toFixed(3)}`
    }
  }));
const even = set => ({
  type: 'line',
  silent: true,
  symbol: 'none',
  lineStyle: { color: color('soft'), type: 'dotted', width: 1.5 },
  data: [
    [sets.indexOf(set) * 5, model(set, 'softpick').firstKeyIfEven],
    [sets.indexOf(set) * 5 + 4, model(set, 'softpick').firstKeyIfEven]
  ],
  tooltip: { show: false }
});
charts.sinks = () => ({
  ...base(),
  xAxis: places(),
  yAxis: yAxis('value', 'share of the first key', { min: 0 }),
  series: [
    ...dots(l => l.firstKeyShare, 'first key’s share'),
    even('digits'),
    even('ecg'),
    ...setNames(0),
    { type: 'line', data: [], markLine: guide(0.3, color('no'), 'sink') }
  ]
});
charts.kurtosis = () => ({
  ...base(),
  xAxis: places(),
  yAxis: yAxis('value', 'kurtosis', { min: 0 }),
  series: [
    ...dots(l => l.kurtosis, 'kurtosis'),
    ...setNames(0),
    { type: 'line', data: [], markLine: guide(3, color('soft'), 'normal') }
  ]
});

// what rounding leaves of a model, and what it changes
const widthAxis = first => xAxis('category', 'bits a weight', { data: [...first, ...widths.map(String)] });
const atWidth = format => ({
  ...base().tooltip,
  trigger: 'axis',
  formatter: ps => list(ps[0].axisValue + ' bits', ps.map(p => [p.marker, p.seriesName, format(p.value)]))
});
for (const set of sets) {
  charts['rounded-' + set] = () => ({
    ...base(),
    xAxis: widthAxis(['32']),
    yAxis: yAxis('value', set === 'digits' ? 'accuracy' : 'R²', { min: 0, max: set === 'digits' ? 1 : 0.8 }),
    tooltip: atWidth(four),
    series: ids.map(n => line(n, [taken(set, n).unrounded, ...taken(set, n).points.map(p => p.value)]))
  });
  charts['error-' + set] = () => ({
    ...base(),
    xAxis: widthAxis([]),
    yAxis: yAxis('log', 'error of the logits, %', { axisLabel: { formatter: power } }),
    tooltip: atWidth(v => v.toPrecision(2) + ' %'),
    series: ids.map(n => line(n, taken(set, n).points.map(p => 100 * p.error)))
  });
}
