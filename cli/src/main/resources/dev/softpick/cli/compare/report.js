'use strict';
(() => {
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
  const color = name => getComputedStyle(root).getPropertyValue('--' + name).trim();
  const group = n => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
  const short = n => n >= 1024 && n % 1024 === 0 ? n / 1024 + 'k' : group(n);
  const percent = (x, digits = 1) => (100 * x).toFixed(digits) + ' %';
  const ratio = r => (r < 10 ? r.toFixed(2) : r.toFixed(0)) + '×';
  // not toFixed alone, which takes 0.67675 for a little less
  const four = x => (Math.round((x + 1e-9) * 1e4) / 1e4).toFixed(4);
  const signed = s => String(s).replace('-', '−');
  const mean = xs => xs.reduce((a, b) => a + b, 0) / xs.length;
  const model = (set, id) => data.models.find(m => m.data === set && m.normalizer === id);
  const last = points => points[points.length - 1];
  const speedup = p => p.nanos.softmax.median / p.nanos.softpick.median;
  const time = ns => {
    const [value, unit] = ns < 1e3 ? [ns, 'ns'] : ns < 1e6 ? [ns / 1e3, 'µs'] : ns < 1e9 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's'];
    return +value.toPrecision(3) + ' ' + unit;
  };
  const element = (tag, html, style) => {
    const e = document.createElement(tag);
    e.innerHTML = html;
    if (style) e.setAttribute('style', style);
    return e;
  };
  const text = s => s.replace(/&/g, '&amp;').replace(/</g, '&lt;');

  // ---- words and tables

  const longest = last(data.speed.forward.points);
  const longestAttention = last(data.speed.attention.points);
  const comparedToSoftmax = set => model(set, 'softpick').value - model(set, 'softmax').value;
  const better = ['digits', 'ecg'].filter(set => comparedToSoftmax(set) > 0);
  const carried = name => data.claims.find(c => c.claim.includes(name)).carried;

  const factor = +data.shapes.ssmaxFactor.toPrecision(3);

  function words() {
    const r = speedup(longest);
    const fast = r > 1.05 ? `faster than softmax in long windows, ${ratio(r)} at ${group(longest.size)} steps`
      : r < 0.95 ? `slower than softmax, ${ratio(r)} at ${group(longest.size)} steps` : 'as fast as softmax';
    const good = better.length === 0 ? 'not better than it on either of two real tasks'
      : better.length === 2 ? 'better than it on both of two real tasks' : 'better than it on one of two real tasks, worse on the other';
    $('lead').textContent = `Softpick is ${fast}; it is ${good}; and it is ${carried('sparse') ? 'sparse' : 'not sparse'}.`;
    for (const id of ids) {
      $('formulas').append(element('div', `<dt>${names[id]}</dt><dd>${formulas[id]}</dd>`, `--color:var(--${id})`));
    }
    const card = (big, small) => $('cards').append(element('div', `<b>${big}</b><span>${small}</span>`));
    card(ratio(r), `softmax’s time over softpick’s: forward pass, ${group(longest.size)} steps`);
    card(ratio(speedup(longestAttention)), `the same of attention alone, ${group(longestAttention.size)} steps`);
    card(model('digits', 'softpick').value.toFixed(3), `accuracy on digits; softmax ${model('digits', 'softmax').value.toFixed(3)}`);
    card(model('ecg', 'softpick').value.toFixed(3), `R² on the electrocardiogram; softmax ${model('ecg', 'softmax').value.toFixed(3)}`);
    card(percent(mean(sets.map(s => model(s, 'softpick').weights.zero))),
      `of softpick’s weights are exactly 0 in trained models; rectified softpick ${percent(mean(sets.map(s => model(s, 'rectified_softpick').weights.zero)), 0)}`);
    const fill = {
      factor: `ssmax with a\u00a0=\u00a0${factor}.`,
      dilution: `Weight of one key of score ${data.dilution.signal} among keys whose scores are noise of standard deviation 1,
        median of ${data.dilution.seeds} seeds; ssmax with a\u00a0=\u00a0${factor}.`,
      saturation: `Frobenius norm of the Jacobian of ${data.saturation.keys} scores against their spread, median of
        ${data.saturation.seeds} seeds. Softpick’s falls like 1 over the spread, the others’ as one key takes all.`,
      speed: data.method.backend === 'scalar'
        ? 'This run had no vector module: all four ran on scalar code.'
        : `All four on ${data.method.width}-bit vectors; measured FMA ceiling ${data.speed.gflops.toFixed(0)} GFLOP/s.`,
      model: data.speed.model + (data.speed.threads > 1 ? `, ${data.speed.threads} threads` : ', one thread'),
      'rows-left': left(data.speed.rows), 'attention-left': left(data.speed.attention), 'forward-left': left(data.speed.forward)
    };
    for (const [key, value] of Object.entries(fill)) {
      document.querySelectorAll(`[data-fill="${key}"]`).forEach(e => { e.textContent = value.replace(/[ \n]+/g, ' '); });
    }
  }

  function left(curve) {
    return curve.leftOut.length ? `Left out for want of time: ${curve.leftOut.map(group).join(', ')}.` : '';
  }

  function table(id, head, rows) {
    const t = $(id);
    const name = i => i === 1 && head[1] === '' ? ' class="name"' : '';
    t.append(element('thead', '<tr>' + head.map((h, i) => `<th${name(i)}>${h}</th>`).join('') + '</tr>'));
    const body = document.createElement('tbody');
    for (const row of rows) {
      const tr = element('tr', row.cells.map((c, i) => `<td${name(i)}>${c}</td>`).join(''), row.color && `--color:var(--${row.color})`);
      if (row.first) tr.className = 'group';
      body.append(tr);
    }
    t.append(body);
  }

  const dotted = id => `<i class="dot"></i>${names[id]}`;

  function tables() {
    table('claims', ['claim', 'measured', ''], data.claims.map(c => ({
      color: c.carried ? 'yes' : 'no',
      cells: [text(c.claim), text(c.measured), `<span class="badge">${c.carried ? 'carried' : 'not carried'}</span>`]
    })));
    table('rows', ['spread', '', 'smallest', 'largest', 'sum of a row', 'sign kept', '|w| < 0.001', 'exactly 0', 'effective keys'],
      data.shapes.rows.map(r => ({
        color: r.normalizer, first: r.normalizer === 'softpick',
        cells: [r.normalizer === 'softpick' ? r.spread : '', dotted(r.normalizer), signed(+r.weights.smallest.toPrecision(2)),
          r.weights.largest.toFixed(3), signed(r.weights.smallestSum.toFixed(2)) + ' … ' + r.weights.largestSum.toFixed(2),
          percent(r.signKept), percent(r.weights.small), percent(r.weights.zero), r.weights.effectiveKeys.toFixed(1)]
      })));
    table('inside', ['model', '', 'sink rate', 'first key’s share', 'negative', 'Σ|w|', 'kurtosis, last block', 'largest |h|'],
      data.models.map(m => ({
        color: m.normalizer, first: m.normalizer === 'softpick',
        cells: [m.normalizer === 'softpick' ? m.data : '', dotted(m.normalizer), percent(m.sinkRate),
          m.firstKeyShare.toFixed(3), percent(m.weights.negative), m.weights.magnitude.toFixed(2),
          last(m.layers).kurtosis.toFixed(1), Math.max(...m.layers.map(l => l.largest)).toFixed(1)]
      })));
    table('accuracy', ['test set', '', 'computed here', 'reported', 'three seeds', 'mean'],
      data.models.map(m => ({
        color: m.normalizer, first: m.normalizer === 'softpick',
        cells: [m.normalizer === 'softpick' ? m.data + (m.metric === 'r2' ? ', R²' : ', accuracy') : '', dotted(m.normalizer),
          four(m.value), four(+m.reported), m.seeds.split(' ').join(', '), mean(seeds(m)).toFixed(3)]
      })));
    const gap = set => Math.abs(comparedToSoftmax(set)).toFixed(set === 'digits' ? 4 : 3);
    const side = set => comparedToSoftmax(set) > 0 ? 'above' : 'below';
    $('verdict').textContent = (better.length === 0 ? 'Softpick is not better than softmax here. ' : '')
      + `On the digits it is ${gap('digits')} ${side('digits')} softmax, which three seeds show to be within the noise of
      training; on the electrocardiogram ${gap('ecg')} ${side('ecg')}, which is more than the seeds differ by.`.replace(/\s+/g, ' ');
    const facts = {
      Machine: data.method.machine, JDK: data.method.jdk,
      Backend: data.method.backend + (data.method.width ? `, ${data.method.width} bits` : ''),
      Flags: data.method.flags || 'none', Version: `${data.method.version}, commit ${data.method.commit}`,
      Measured: `${data.method.date}, ${data.method.effort}, ${data.method.seconds.toFixed(0)} s`
    };
    for (const [key, value] of Object.entries(facts)) $('facts').append(element('dt', key), element('dd', text(value)));
    $('facts').append(element('dt', 'Again'), element('dd', `<code>${text(data.method.command)}</code>`));
  }

  const seeds = m => m.seeds.split(' ').map(Number);

  function legends() {
    const mark = { circle: '<circle cx="7" cy="7" r="5"/>', rect: '<rect x="2.5" y="2.5" width="9" height="9"/>',
      triangle: '<path d="M7 1.5 13 12.5H1z"/>', diamond: '<path d="M7 0.8 12 7 7 13.2 2 7z"/>' };
    const dashed = c => `<svg viewBox="0 0 14 14"><path d="M0 7h14" stroke="${c}" stroke-width="2" stroke-dasharray="4 2" fill="none"/></svg>`;
    const extra = {
      normalizers: '',
      rows: `<span>${dashed('var(--soft)')}copying the row</span>`,
      arithmetic: `<span>${dashed('var(--soft)')}arithmetic at the FMA ceiling</span><span>${dashed('var(--softpick)')}the same, softpick’s</span>`
    };
    for (const legend of document.querySelectorAll('.legend')) {
      legend.innerHTML = ids.map(id => `<span><svg viewBox="0 0 14 14" fill="var(--${id})">${mark[symbols[id]]}</svg>${names[id]}</span>`)
        .join('') + extra[legend.dataset.for];
    }
  }

  // ---- charts

  const base = () => ({
    animation: false, backgroundColor: 'transparent',
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, color: color('soft') },
    aria: { enabled: true },
    grid: { left: 8, right: 18, top: 26, bottom: 30, containLabel: true },
    tooltip: { confine: true, backgroundColor: color('paper'), borderColor: color('line'),
      textStyle: { color: color('ink'), fontSize: 12 } }
  });
  const axis = (type, name, more = {}) => ({
    type, name, nameLocation: 'middle', nameTextStyle: { color: color('soft'), fontSize: 12 },
    axisLine: { lineStyle: { color: color('line') } }, axisTick: { show: false },
    splitLine: { lineStyle: { color: color('grid') } },
    ...more, axisLabel: { color: color('soft'), fontSize: 11, hideOverlap: true, ...(more.axisLabel || {}) }
  });
  // logarithms on a linear axis: a log axis chooses its own ticks, and too few of them
  const octaves = (name, from, to, label) => xAxis('value', name, { min: Math.floor(Math.log2(from)), max: Math.ceil(Math.log2(to)),
    interval: 1, axisLabel: { formatter: v => label(2 ** v) } });
  const xAxis = (type, name, more = {}) => axis(type, name, { nameGap: 28, splitLine: { show: false }, ...more });
  const yAxis = (type, name, more = {}) => axis(type, name, {
    nameLocation: 'end', nameGap: 10, nameTextStyle: { color: color('soft'), fontSize: 12, align: 'left' },
    axisLine: { show: false, onZero: false }, ...more });
  const line = (id, points, more = {}) => ({
    type: 'line', name: names[id], data: points, symbol: symbols[id], symbolSize: { softpick: 7, softmax: 6, ssmax: 9, rectified_softpick: 12 }[id],
    itemStyle: { color: color(id) }, lineStyle: { color: color(id), width: 2 }, emphasis: { disabled: true }, ...more });
  const guide = (value, c, label) => ({
    silent: true, symbol: 'none', lineStyle: { color: c, type: 'dashed', width: 1.2 },
    label: { show: !!label, formatter: label || '', color: c, fontSize: 11, position: 'insideStartTop' },
    data: [{ yAxis: value }] });
  const power = v => {
    const exponent = Math.round(Math.log10(v));
    return v >= 0.001 ? String(+v.toPrecision(1)) : '10' + String(exponent).replace(/[-\d]/g, d => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(d)]);
  };
  const list = (title, rows) => `<b>${title}</b><br>` + rows.map(([marker, name, value]) => `${marker} ${name}: ${value}`).join('<br>');

  const charts = {};

  data.shapes.examples.forEach((example, at) => {
    const id = 'shape-' + at;
    const box = document.createElement('div');
    box.id = id;
    box.className = 'chart short';
    $('shapes').append(box);
    charts[id] = () => ({
      ...base(),
      title: { text: `${example.name}, × ${example.spread}`, left: 0, top: 0, textStyle: { fontSize: 13, fontWeight: 600, color: color('ink') } },
      grid: { left: 4, right: 6, top: 30, bottom: 24, containLabel: true },
      xAxis: xAxis('category', 'score', { nameGap: 24, data: example.scores.map(s => (s > 0 ? '+' : '−') + Math.abs(s).toFixed(1)),
        axisLabel: { interval: 0, fontSize: 10 }, axisLine: { onZero: false, lineStyle: { color: color('line') } } }),
      yAxis: yAxis('value', '', { min: -0.4, max: 1, interval: 0.2, axisLabel: { formatter: v => v.toFixed(1).replace('-', '−') } }),
      tooltip: { ...base().tooltip, trigger: 'axis', valueFormatter: v => v.toPrecision(3) },
      series: ids.map(n => ({ type: 'bar', name: names[n], data: example.weights[n], itemStyle: { color: color(n) },
        barGap: '10%', barCategoryGap: '24%', emphasis: { disabled: true },
        markLine: n === 'softpick' ? { silent: true, symbol: 'none', label: { show: false }, data: [{ yAxis: 0 }],
          lineStyle: { color: color('soft'), type: 'solid', width: 1 } } : undefined }))
    });
  });

  const pale = n => 'rgba(' + [1, 3, 5].map(i => parseInt(color(n).slice(i, i + 2), 16)).join() + ',0.38)';
  charts.small = () => ({
    ...base(), xAxis: xAxis('category', '', { data: sets }),
    yAxis: yAxis('value', '% of all weights', { max: 100 }),
    series: ids.flatMap(n => {
      const values = sets.map(s => 100 * model(s, n).weights.small);
      const zeros = sets.map(s => 100 * model(s, n).weights.zero);
      return [
        { type: 'bar', name: names[n], stack: n, data: zeros, itemStyle: { color: color(n) }, emphasis: { disabled: true },
          tooltip: { formatter: p => `${names[n]}, ${p.name}<br>exactly 0: ${p.value.toFixed(1)} %` } },
        { type: 'bar', name: names[n] + ' < 0.001', stack: n, data: values.map((v, i) => v - zeros[i]), emphasis: { disabled: true },
          itemStyle: { color: pale(n) },
          label: { show: true, position: 'top', color: color('ink'), fontSize: 11, formatter: p => values[p.dataIndex].toFixed(1) },
          tooltip: { formatter: p => `${names[n]}, ${p.name}<br>below 0.001: ${values[p.dataIndex].toFixed(1)} %` } }
      ];
    })
  });
  charts.effective = () => ({
    ...base(), xAxis: xAxis('category', '', { data: sets }), yAxis: yAxis('value', 'keys'),
    series: [...ids, 'visible'].map(n => ({ type: 'bar', name: names[n] || 'seen', itemStyle: { color: color(n) || color('line') },
      data: sets.map(s => n === 'visible' ? model(s, 'softpick').weights.keys : model(s, n).weights.effectiveKeys),
      emphasis: { disabled: true },
      label: { show: true, position: 'top', color: color('ink'), fontSize: 11, formatter: p => p.value.toFixed(1) } }))
  });

  charts.dilution = () => ({
    ...base(), xAxis: octaves('keys', 8, last(data.dilution.keys), short),
    yAxis: yAxis('log', 'weight of the signal', { axisLabel: { formatter: power } }),
    tooltip: { ...base().tooltip, trigger: 'axis', formatter: ps => list(group(2 ** ps[0].value[0]) + ' keys',
      ps.map(p => [p.marker, p.seriesName, p.value[1].toPrecision(3)])) },
    series: ids.map(n => line(n, data.dilution.keys.map((k, i) => [Math.log2(k), data.dilution.weights[n][i]]).filter(p => p[1] > 0)))
  });
  charts.saturation = () => ({
    ...base(), xAxis: octaves('spread of the scores', data.saturation.spreads[0], last(data.saturation.spreads),
      v => v < 1 ? '1/' + Math.round(1 / v) : String(Math.round(v))),
    yAxis: yAxis('log', 'norm of the Jacobian', { min: 1e-6, max: 10, axisLabel: { formatter: power } }),
    tooltip: { ...base().tooltip, trigger: 'axis', formatter: ps => list('spread ' + +(2 ** ps[0].value[0]).toPrecision(3),
      ps.map(p => [p.marker, p.seriesName, p.value[1].toPrecision(3)])) },
    series: ids.map(n => line(n, data.saturation.spreads.map((k, i) => [Math.log2(k), data.saturation.norms[n][i]]).filter(p => p[1] > 1e-6)))
  });

  // dots beside each other: a place for each test set and normalizer, and a little to the side for each layer
  const place = (set, n, shift) => sets.indexOf(set) * 5 + ids.indexOf(n) + 0.5 + shift;
  const places = () => xAxis('value', '', { min: 0, max: 9, interval: 1, axisLabel: { show: false } });
  const setNames = values => [['digits', 2], ['electrocardiogram', 7]].map(([name, x], i) => ({
    type: 'scatter', data: [[x, values]], symbolSize: 0.01, silent: true, tooltip: { show: false },
    label: { show: true, formatter: name, color: color('soft'), fontSize: 12, position: 'bottom', distance: 8 } }));
  const dots = (figure, what) => ids.map(n => ({
    type: 'scatter', name: names[n], symbol: symbols[n], symbolSize: 9, emphasis: { disabled: true },
    itemStyle: { color: color(n), opacity: 0.8 },
    data: sets.flatMap(s => model(s, n).layers.flatMap((layer, at, all) => [].concat(figure(layer)).map(v =>
      [place(s, n, (at - (all.length - 1) / 2) * 0.24), v, s, at + 1]))),
    tooltip: { formatter: p => `${names[n]}, ${p.value[2]}, block ${p.value[3]}<br>${what}: ${p.value[1].toFixed(3)}` } }));
  const even = set => ({ type: 'line', silent: true, symbol: 'none', lineStyle: { color: color('soft'), type: 'dotted', width: 1.5 },
    data: [[sets.indexOf(set) * 5, model(set, 'softpick').firstKeyIfEven], [sets.indexOf(set) * 5 + 4, model(set, 'softpick').firstKeyIfEven]],
    tooltip: { show: false } });
  charts.sinks = () => ({
    ...base(), xAxis: places(), yAxis: yAxis('value', 'share of the first key', { min: 0 }),
    series: [...dots(l => l.firstKeyShare, 'first key’s share'), even('digits'), even('ecg'), ...setNames(0),
      { type: 'line', data: [], markLine: guide(0.3, color('no'), 'sink') }]
  });
  charts.kurtosis = () => ({
    ...base(), xAxis: places(), yAxis: yAxis('value', 'kurtosis', { min: 0 }),
    series: [...dots(l => l.kurtosis, 'kurtosis'), ...setNames(0),
      { type: 'line', data: [], markLine: guide(3, color('soft'), 'normal') }]
  });

  const timing = (curve, xName, ceilings) => box => {
    const points = curve.points;
    const every = Math.ceil(points.length * 52 / (box.clientWidth - 60));
    const sizes = points.map(p => p.size);
    const all = points.flatMap(p => [...ids.map(n => p.nanos[n].lower), p.ceiling, p.stateCeiling || p.ceiling]);
    const low = 10 ** Math.floor(Math.log10(Math.min(...all) * 0.75));
    return {
      ...base(), grid: { ...base().grid, right: 26 },
      xAxis: octaves(xName, sizes[0], last(sizes), short),
      yAxis: yAxis('log', 'time', { min: low, axisLabel: { formatter: time } }),
      tooltip: { ...base().tooltip, trigger: 'axis', formatter: ps => {
        const p = points.find(q => Math.log2(q.size) === ps[0].value[0]);
        return p ? list(group(p.size), ids.map(n => [ps.find(q => q.seriesName === names[n])?.marker || '', names[n],
          `${time(p.nanos[n].median)} (${time(p.nanos[n].lower)} … ${time(p.nanos[n].upper)})`])
          .concat([['', ceilings[0], time(p.ceiling)]], p.stateCeiling ? [['', ceilings[1], time(p.stateCeiling)]] : [])) : '';
      } },
      series: [
        { type: 'line', name: ceilings[0], symbol: 'none', data: points.map(p => [Math.log2(p.size), p.ceiling]),
          lineStyle: { color: color('soft'), type: 'dashed', width: 1.5 }, emphasis: { disabled: true } },
        ...(points[0].stateCeiling ? [{ type: 'line', name: ceilings[1], symbol: 'none', data: points.map(p => [Math.log2(p.size), p.stateCeiling]),
          lineStyle: { color: color('softpick'), type: 'dashed', width: 1.5 }, emphasis: { disabled: true } }] : []),
        ...ids.map(n => ({ type: 'line', silent: true, symbol: 'none', lineStyle: { color: color(n), width: 4, opacity: 0.45, cap: 'round' },
          data: points.flatMap(p => [p.nanos[n].lower, p.nanos[n].upper, null].map(v => [Math.log2(p.size), v])) })),
        ...[...ids].reverse().map(n => line(n, points.map(p => [Math.log2(p.size), p.nanos[n].median]), n !== 'softpick' ? {} : {
          z: 5, lineStyle: { color: color(n), width: 2.6 },
          label: { show: true, position: 'bottom', distance: 9, color: color(n), fontSize: 11.5, fontWeight: 600,
            textBorderColor: color('paper'), textBorderWidth: 3,
            formatter: p => (points.length - 1 - p.dataIndex) % every ? '' : ratio(speedup(points[p.dataIndex])) } }))
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
        ...base(), grid: { left: 8, right: 18, top: 12, bottom: 30, containLabel: true },
        xAxis: xAxis('value', set === 'digits' ? 'accuracy' : 'R²', { min: Math.floor(Math.min(...values) / unit) * unit,
          max: Math.ceil(Math.max(...values) / unit) * unit, interval: unit, splitLine: { show: true, lineStyle: { color: color('grid') } },
          axisLabel: { formatter: v => v.toFixed(3) } }),
        yAxis: axis('category', '', { data: ids.map(label).reverse(), axisLine: { show: false }, splitLine: { show: false },
          axisLabel: { color: color('ink') } }),
        series: ids.map(n => ({ type: 'scatter', name: names[n], symbol: symbols[n], symbolSize: 11, emphasis: { disabled: true },
          itemStyle: { color: color(n), opacity: 0.85 }, data: seeds(model(set, n)).map(v => [v, label(n)]),
          tooltip: { formatter: p => `${names[n]}: ${p.value[0]}` } })).concat(ids.map(n => ({
          type: 'scatter', symbol: 'rect', symbolSize: [3, 26], silent: true, tooltip: { show: false },
          itemStyle: { color: color(n) }, data: [[mean(seeds(model(set, n))), label(n)]] })))
      };
    };
  }

  // ---- drawing, again when the light or the width changes

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
    waiting = setTimeout(() => { if (innerWidth !== width) { width = innerWidth; draw(); } }, 150);
  });
  addEventListener('beforeprint', () => { root.classList.add('print'); draw(); });
  addEventListener('afterprint', () => { root.classList.remove('print'); draw(); });
})();
