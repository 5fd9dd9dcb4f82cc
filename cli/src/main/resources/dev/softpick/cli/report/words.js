// Words, tables and legends.
const longest = last(data.speed.forward.points);
const longestAttention = last(data.speed.attention.points);
const comparedToSoftmax = set => model(set, 'softpick').value - model(set, 'softmax').value;
const better = ['digits', 'ecg'].filter(set => comparedToSoftmax(set) > 0);
const supported = name => data.claims.find(c => c.claim.includes(name)).supported;

const factor = +data.shapes.ssmaxFactor.toPrecision(3);

function words() {
  const r = speedup(longest);
  const fast =
    r > 1.05
      ? `faster than softmax in long windows, ${ratio(r)} at ${group(longest.size)} steps`
      : r < 0.95
        ? `slower than softmax, ${ratio(r)} at ${group(longest.size)} steps`
        : 'as fast as softmax';
  const good =
    better.length === 0
      ? 'not better than it on either of two real tasks'
      : better.length === 2
        ? 'better than it on both of two real tasks'
        : 'better than it on one of two real tasks, worse on the other';
  $('lead').textContent =
    `Softpick is ${fast}; it is ${good}; and it is ${supported('sparse') ? 'sparse' : 'not sparse'}.`;
  for (const id of ids) {
    $('formulas').append(element('div', `<dt>${names[id]}</dt><dd>${formulas[id]}</dd>`, `--color:var(--${id})`));
  }
  const card = (big, small) => $('cards').append(element('div', `<b>${big}</b><span>${small}</span>`));
  card(ratio(r), `softmax’s time over softpick’s: forward pass, ${group(longest.size)} steps`);
  card(ratio(speedup(longestAttention)), `the same of attention alone, ${group(longestAttention.size)} steps`);
  card(
    model('digits', 'softpick').value.toFixed(3),
    `accuracy on digits; softmax ${model('digits', 'softmax').value.toFixed(3)}`
  );
  card(
    model('ecg', 'softpick').value.toFixed(3),
    `R² on the electrocardiogram; softmax ${model('ecg', 'softmax').value.toFixed(3)}`
  );
  card(
    percent(mean(sets.map(s => model(s, 'softpick').weights.zero))),
    `of softpick’s weights are exactly 0 in trained models; rectified softpick ${percent(mean(sets.map(s => model(s, 'rectified_softpick').weights.zero)), 0)}`
  );
  const fill = {
    factor: `ssmax with a\u00a0=\u00a0${factor}.`,
    dilution: `Weight of one key of score ${data.dilution.signal} among keys whose scores are noise of standard deviation 1,
      median of ${data.dilution.seeds} seeds; ssmax with a\u00a0=\u00a0${factor}.`,
    saturation: `Frobenius norm of the Jacobian of ${data.saturation.keys} scores against their spread, median of
      ${data.saturation.seeds} seeds. Softpick’s falls like 1 over the spread, the others’ as one key takes all.`,
    speed:
      data.method.backend === 'scalar'
        ? 'This run had no vector module: all four ran on scalar code.'
        : `All four on ${data.method.width}-bit vectors; measured FMA ceiling ${data.speed.gflops.toFixed(0)} GFLOP/s.`,
    model: data.speed.model + (data.speed.threads > 1 ? `, ${data.speed.threads} threads` : ', one thread'),
    'rows-left': left(data.speed.rows),
    'attention-left': left(data.speed.attention),
    'forward-left': left(data.speed.forward)
  };
  for (const [key, value] of Object.entries(fill)) {
    document.querySelectorAll(`[data-fill="${key}"]`).forEach(e => {
      e.textContent = value.replace(/[ \n]+/g, ' ');
    });
  }
}

function left(curve) {
  return curve.leftOut.length ? `Left out for want of time: ${curve.leftOut.map(group).join(', ')}.` : '';
}

function table(id, head, rows) {
  const t = $(id);
  const name = i => (i === 1 && head[1] === '' ? ' class="name"' : '');
  t.append(element('thead', '<tr>' + head.map((h, i) => `<th${name(i)}>${h}</th>`).join('') + '</tr>'));
  const body = document.createElement('tbody');
  for (const row of rows) {
    const tr = element(
      'tr',
      row.cells.map((c, i) => `<td${name(i)}>${c}</td>`).join(''),
      row.color && `--color:var(--${row.color})`
    );
    if (row.first) tr.className = 'group';
    body.append(tr);
  }
  t.append(body);
}

const dotted = id => `<i class="dot"></i>${names[id]}`;

function tables() {
  table(
    'claims',
    ['claim', 'measured', ''],
    data.claims.map(c => ({
      color: c.supported ? 'yes' : 'no',
      cells: [text(c.claim), text(c.measured), `<span class="badge">${c.supported ? 'supported' : 'not supported'}</span>`]
    }))
  );
  table(
    'rows',
    ['spread', '', 'smallest', 'largest', 'sum of a row', 'sign kept', '|w| < 0.001', 'exactly 0', 'effective keys'],
    data.shapes.rows.map(r => ({
      color: r.normalizer,
      first: r.normalizer === 'softpick',
      cells: [
        r.normalizer === 'softpick' ? r.spread : '',
        dotted(r.normalizer),
        signed(+r.weights.smallest.toPrecision(2)),
        r.weights.largest.toFixed(3),
        signed(r.weights.smallestSum.toFixed(2)) + ' … ' + r.weights.largestSum.toFixed(2),
        percent(r.signKept),
        percent(r.weights.small),
        percent(r.weights.zero),
        r.weights.effectiveKeys.toFixed(1)
      ]
    }))
  );
  table(
    'inside',
    ['model', '', 'sink rate', 'first key’s share', 'negative', 'Σ|w|', 'kurtosis, last block', 'largest |h|'],
    data.models.map(m => ({
      color: m.normalizer,
      first: m.normalizer === 'softpick',
      cells: [
        m.normalizer === 'softpick' ? m.data : '',
        dotted(m.normalizer),
        percent(m.sinkRate),
        m.firstKeyShare.toFixed(3),
        percent(m.weights.negative),
        m.weights.magnitude.toFixed(2),
        last(m.layers).kurtosis.toFixed(1),
        Math.max(...m.layers.map(l => l.largest)).toFixed(1)
      ]
    }))
  );
  table(
    'accuracy',
    ['test set', '', 'computed here', 'reported', 'three seeds', 'mean'],
    data.models.map(m => ({
      color: m.normalizer,
      first: m.normalizer === 'softpick',
      cells: [
        m.normalizer === 'softpick' ? m.data + (m.metric === 'r2' ? ', R²' : ', accuracy') : '',
        dotted(m.normalizer),
        four(m.value),
        four(+m.reported),
        m.seeds.split(' ').join(', '),
        mean(seeds(m)).toFixed(3)
      ]
    }))
  );
  const gap = set => Math.abs(comparedToSoftmax(set)).toFixed(set === 'digits' ? 4 : 3);
  const side = set => (comparedToSoftmax(set) > 0 ? 'above' : 'below');
  const overlap = set => {
    const [a, b] = ['softpick', 'softmax'].map(id => seeds(model(set, id)));
    return Math.min(...a) <= Math.max(...b) && Math.min(...b) <= Math.max(...a);
  };
  const noise = set => (overlap(set) ? 'within the spread of three training seeds' : 'beyond the spread of three training seeds');
  $('verdict').textContent =
    (better.length === 0 ? 'Softpick is not better than softmax here. ' : '') +
    `On the digits it is ${gap('digits')} ${side('digits')} softmax, ${noise('digits')}; ` +
    `on the electrocardiogram ${gap('ecg')} ${side('ecg')}, ${noise('ecg')}.`;
  table(
    'rounding',
    ['test set', '', '32 bits', ...widths.map(w => w + ' bits')],
    data.rounding.map(r => ({
      color: r.normalizer,
      first: r.normalizer === 'softpick',
      cells: [
        r.normalizer === 'softpick' ? r.data + (r.metric === 'r2' ? ', R²' : ', accuracy') : '',
        dotted(r.normalizer),
        four(r.unrounded),
        ...r.points.map(p => `${signed(four(p.value))}<br><small>${percent(p.error, p.error < 0.1 ? 1 : 0)}</small>`)
      ]
    }))
  );
  const pairs = sets.flatMap(s => widths.map((w, i) => [s, i]));
  const smaller = id => pairs.filter(([s, i]) => taken(s, id).points[i].error < taken(s, 'softmax').points[i].error);
  const loss = (s, i) => Math.max(...ids.map(n => taken(s, n).unrounded - taken(s, n).points[i].value));
  const cases = `${pairs.length} cases (two test sets, ${widths.length} widths)`;
  $('rounded').textContent =
    `With ${widths[0]} bits a weight no model loses more than ${(100 * Math.max(0, loss('digits', 0))).toFixed(1)} points ` +
    `of accuracy or ${Math.max(0, loss('ecg', 0)).toFixed(3)} of R². Of ${cases}, the error of the logits is ` +
    `smaller than softmax’s in ${smaller('softpick').length} for Edifice’s softpick, ` +
    `in ${smaller('rectified_softpick').length} for rectified softpick and in ${smaller('ssmax').length} for ssmax. ` +
    (smaller('softpick').length > 0.75 * pairs.length
      ? 'Softpick bears rounding better than softmax here.'
      : smaller('softpick').length < 0.25 * pairs.length
        ? 'Softpick bears rounding worse than softmax here.'
        : 'Softpick bears rounding neither better nor worse than softmax here.');
  const facts = {
    Machine: data.method.machine,
    JDK: data.method.jdk,
    Backend: data.method.backend + (data.method.width ? `, ${data.method.width} bits` : ''),
    Flags: data.method.flags || 'none',
    Version: `${data.method.version}, commit ${data.method.commit}`,
    Measured: `${data.method.date}, ${data.method.effort}, ${data.method.seconds.toFixed(0)} s`
  };
  for (const [key, value] of Object.entries(facts)) $('facts').append(element('dt', key), element('dd', text(value)));
  $('facts').append(element('dt', 'Again'), element('dd', `<code>${text(data.method.command)}</code>`));
}

const seeds = m => m.seeds.split(' ').map(Number);

function legends() {
  const mark = {
    circle: '<circle cx="7" cy="7" r="5"/>',
    rect: '<rect x="2.5" y="2.5" width="9" height="9"/>',
    triangle: '<path d="M7 1.5 13 12.5H1z"/>',
    diamond: '<path d="M7 0.8 12 7 7 13.2 2 7z"/>'
  };
  const dashed = c =>
    `<svg viewBox="0 0 14 14"><path d="M0 7h14" stroke="${c}" stroke-width="2" stroke-dasharray="4 2" fill="none"/></svg>`;
  const extra = {
    normalizers: '',
    rows: `<span>${dashed('var(--soft)')}copying the row</span>`,
    arithmetic: `<span>${dashed('var(--soft)')}arithmetic at the FMA ceiling</span><span>${dashed('var(--softpick)')}the same, softpick’s</span>`
  };
  for (const legend of document.querySelectorAll('.legend')) {
    legend.innerHTML =
      ids
        .map(id => `<span><svg viewBox="0 0 14 14" fill="var(--${id})">${mark[symbols[id]]}</svg>${names[id]}</span>`)
        .join('') + extra[legend.dataset.for];
  }
}
