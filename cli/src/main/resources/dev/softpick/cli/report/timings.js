// Charts of how fast they are, and how good.
const timing = (curve, xName, ceilings) => box => {
  const points = curve.points;
  const every = Math.ceil((points.length * 52) / (box.clientWidth - 60));
  const sizes = points.map(p => p.size);
  const all = points.flatMap(p => [...ids.map(n => p.nanos[n].lower), p.ceiling, p.stateCeiling || p.ceiling]);
  const low = 10 ** Math.floor(Math.log10(Math.min(...all) * 0.75));
  return {
    ...base(),
    grid: { ...base().grid, right: 26 },
    xAxis: octaves(xName, sizes[0], last(sizes), short),
    yAxis: yAxis('log', 'time', { min: low, axisLabel: { formatter: time } }),
    tooltip: {
      ...base().tooltip,
      trigger: 'axis',
      formatter: ps => {
        const p = points.find(q => Math.log2(q.size) === ps[0].value[0]);
        return p
          ? list(
              group(p.size),
              ids
                .map(n => [
                  ps.find(q => q.seriesName === names[n])?.marker || '',
                  names[n],
                  `${time(p.nanos[n].median)} (${time(p.nanos[n].lower)} … ${time(p.nanos[n].upper)})`
                ])
                .concat(
                  [['', ceilings[0], time(p.ceiling)]],
                  p.stateCeiling ? [['', ceilings[1], time(p.stateCeiling)]] : []
                )
            )
          : '';
      }
    },
    series: [
      {
        type: 'line',
        name: ceilings[0],
        symbol: 'none',
        data: points.map(p => [Math.log2(p.size), p.ceiling]),
        lineStyle: { color: color('soft'), type: 'dashed', width: 1.5 },
        emphasis: { disabled: true }
      },
      ...(points[0].stateCeiling
        ? [
            {
              type: 'line',
              name: ceilings[1],
              symbol: 'none',
              data: points.map(p => [Math.log2(p.size), p.stateCeiling]),
              lineStyle: { color: color('softpick'), type: 'dashed', width: 1.5 },
              emphasis: { disabled: true }
            }
          ]
        : []),
      ...ids.map(n => ({
        type: 'line',
        silent: true,
        symbol: 'none',
        lineStyle: { color: color(n), width: 4, opacity: 0.45, cap: 'round' },
        data: points.flatMap(p => [p.nanos[n].lower, p.nanos[n].upper, null].map(v => [Math.log2(p.size), v]))
      })),
      ...[...ids].reverse().map(n =>
        line(
          n,
          points.map(p => [Math.log2(p.size), p.nanos[n].median]),
          n !== 'softpick'
            ? {}
            : {
                z: 5,
                lineStyle: { color: color(n), width: 2.6 },
                label: {
                  show: true,
                  position: 'bottom',
                  distance: 9,
                  color: color(n),
                  fontSize: 11.5,
                  fontWeight: 600,
                  textBorderColor: color('paper'),
                  textBorderWidth: 3,
                  formatter: p =>
                    (points.length - 1 - p.dataIndex) % every ? '' : ratio(speedup(points[p.dataIndex]))
                }
              }
        )
      )
    ]
  };
};
charts['time-rows'] = timing(data.speed.rows, 'elements', ['copy']);
charts['time-attention'] = timing(data.speed.attention, 'steps', ['arithmetic', 'softpick’s arithmetic']);
charts['time-forward'] = timing(data.speed.forward, 'steps', ['arithmetic', 'softpick’s arithmetic']);

for (const set of sets) {
  charts['seeds-' + set] = () => {
    const values = ids.flatMap(n => seeds(model(set, n)));
    const unit = set === 'digits' ? 0.005 : 0.02;
    const label = n => names[n].split(' ')[0];
    return {
      ...base(),
      grid: { left: 8, right: 18, top: 12, bottom: 30, containLabel: true },
      xAxis: xAxis('value', set === 'digits' ? 'accuracy' : 'R²', {
        min: Math.floor(Math.min(...values) / unit) * unit,
        max: Math.ceil(Math.max(...values) / unit) * unit,
        interval: unit,
        splitLine: { show: true, lineStyle: { color: color('grid') } },
        axisLabel: { formatter: v => v.toFixed(3) }
      }),
      yAxis: axis('category', '', {
        data: ids.map(label).reverse(),
        axisLine: { show: false },
        splitLine: { show: false },
        axisLabel: { color: color('ink') }
      }),
      series: ids
        .map(n => ({
          type: 'scatter',
          name: names[n],
          symbol: symbols[n],
          symbolSize: 11,
          emphasis: { disabled: true },
          itemStyle: { color: color(n), opacity: 0.85 },
          data: seeds(model(set, n)).map(v => [v, label(n)]),
          tooltip: { formatter: p => `${names[n]}: ${p.value[0]}` }
        }))
        .concat(
          ids.map(n => ({
            type: 'scatter',
            symbol: 'rect',
            symbolSize: [3, 26],
            silent: true,
            tooltip: { show: false },
            itemStyle: { color: color(n) },
            data: [[mean(seeds(model(set, n))), label(n)]]
          }))
        )
    };
  };
}
