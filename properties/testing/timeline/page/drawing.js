// What is near the window, as SVG; and the whole run beside the scroll bar. Goes on from items.js.

// ---- drawing

let svg = null, top_drawn = 0, bottom_drawn = -1;
let near = new Set(), same = new Set(), pinned = -1, found = [], at_found = -1;

function node(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  svg.appendChild(made);
  return made;
}
function mark(made, of) {
  made.dataset.i = of;
  if (near.has(of)) made.classList.add('near');
  if (same.has(of)) made.classList.add('same');
  return made;
}
function short(text, room) { return text.length <= room ? text : text.slice(0, Math.max(1, room - 1)) + '\u2026'; }

function draw_lanes() {
  const head = $('lanes');
  head.textContent = '';
  const put = (left, right, name, about) => {
    const made = document.createElement('div');
    made.style.left = left + 'px';
    made.style.width = right - left - 6 + 'px';
    const bold = document.createElement('b'), small = document.createElement('small');
    bold.textContent = name;
    small.textContent = about;
    made.append(bold, small);
    made.title = name + ': ' + about;
    head.append(made);
  };
  const hidden = data.lanes.length - columns.length;
  put(10, GUTTER, 'seconds', hidden ? 'quiet lanes: ' + hidden : 'not to scale');
  if (column_of.has(FAULT_LANE)) put(GUTTER + 4, GUTTER + FAULTS, 'faults', '');
  columns.forEach(each => put(each.life - 3, each.right, lane(each.lane), data.lanes[each.lane].about));
}

function draw_rows(from, to) {
  for (const row of rows) {
    if (row.y + row.height < from || row.y - row.gap > to) continue;
    if (row.height >= ROW) node('text', {x: 34, y: row.y + 12, class: 'time'}, time(row.at));
    if (row.after >= 1e8) {
      const text = node('text', {x: 34, y: row.y - row.gap / 2 + 3, class: 'idle'}, '\u22ee ' + duration(row.after));
      text.style.fontSize = '9.5px';
    }
  }
}

function draw_faults(from, to) {
  for (const each of data.faults) {
    const top = items[each.first].y + 2, bottom = Math.max(y_of(each.until) + 4, top + 8);
    if (bottom < from || top > to) continue;
    const of = items[each.first].group;
    const hit = each.lanes.length ? columns.filter(column => each.lanes.includes(column.lane)) : columns;
    for (const column of hit) {
      mark(node('rect', {x: column.left + 2, y: top, width: column.right - column.left - 4, height: bottom - top, class: 'band'}), of);
    }
    mark(node('rect', {x: GUTTER + 5, y: top, width: 4, height: bottom - top, rx: 2, class: 'bandline'}), of);
  }
}

function draw_entries(from, to) {
  for (const each of data.entries) {
    const column = column_of.get(each.lane);
    if (!column || each.place === undefined || !is_shown(items[each.first])) continue;
    const top = items[each.first].y + 8, bottom = Math.max(each.last === undefined ? y_of(each.until) : items[each.last].y + 8, top + 4);
    if (bottom < from || top > to) continue;
    const x = column.life - 9 - (each.place + 1) * (BAR + 2);
    const bar = (y, until, look) => {
      if (until > y) mark(node('rect', {x, y, width: BAR, height: until - y, rx: 2, class: look}), each.group);
    };
    bar(top, bottom, 'entry');
    for (const [begin, end] of each.stale) {
      const since = Math.max(top, y_of(begin)), until = end >= each.until ? bottom : Math.min(bottom, y_of(end));
      const late = each.tolerance === null ? Infinity : begin + each.tolerance;
      bar(since, until, 'stale');
      if (late < end) bar(Math.max(since, y_of(late)), until, 'toostale');
    }
  }
}

function draw_operations(from, to) {
  for (const each of data.operations) {
    const first = items[each.first], column = column_of.get(each.lane);
    if (!column || !is_shown(first)) continue;
    const top = first.y + 4, bottom = each.last === undefined ? height : Math.max(items[each.last].y + 12, top + 8);
    if (bottom < from || top > to) continue;
    mark(node('rect', {x: column.life - 2.5, y: top, width: 5, height: bottom - top, rx: 2,
      class: items[each.last === undefined ? each.first : each.last].look}), first.group);
  }
}

function draw_message(each, from, to) {
  const first = items[each.first];
  if (!is_shown(first)) return;
  const begin = column_of.get(each.from), end = column_of.get(each.to);
  if (!begin || !end) return;
  const y = first.y + 17;
  const lost = each.arrived === null;
  const target = lost ? y + 14 : is_straight(each) ? y : items[each.last].y + 12;
  if (Math.max(y, target) < from || y > to) return;
  const x = end.life + (begin.life < end.life ? -3 : 3);
  const stop = lost ? begin.life + (x - begin.life) * 0.62 : x;
  mark(node('path', {d: `M${begin.life} ${y}L${stop} ${target}`, class: `arrow ${each.kind}${lost ? ' lost' : ''}`}), first.group);
  if (lost) {
    mark(node('path', {d: `M${stop - 5} ${target - 5}l10 10m0 -10l-10 10`, class: 'cross'}), first.group);
    return;
  }
  const length = Math.hypot(stop - begin.life, target - y) || 1;
  const ux = (stop - begin.life) / length, uy = (target - y) / length;
  const back = [stop - 8 * ux, target - 8 * uy];
  mark(node('path', {d: `M${stop} ${target}L${back[0] - 3.6 * uy} ${back[1] + 3.6 * ux}L${back[0] + 3.6 * uy} ${back[1] - 3.6 * ux}Z`,
    class: `head ${each.kind}`}), first.group);
}

function draw_items(from, to) {
  for (const index of drawn) {
    const each = items[index];
    const column = column_of.get(each.lane);
    if (!column || each.y + ROW < from || each.y > to) continue;
    const of = groups[each.group];
    if (['change', 'cache', 'connection', 'cluster', 'fault'].includes(each.look)) {
      mark(node('circle', {cx: column.life, cy: each.y + 8, r: 3.2, class: each.look}), each.group);
    }
    if (!each.text) continue;
    if (found.length && found[at_found] === index) {
      node('rect', {x: each.x - 3, y: each.y - 1, width: Math.min(each.text.length, each.room) * CHARACTER + 6, height: 17, rx: 3, class: 'found'});
    }
    const text = node('text', {x: each.x, y: each.y + 12, class: each.look + (of.upkeep ? ' upkeep' : '')}, short(each.text, each.room));
    mark(text, each.group);
  }
}

/// The middle of the row that says what a step says.
function y_of_step(step) {
  const breach = data.breach, entry = breach.entry === null ? null : data.entries[breach.entry];
  if (step === breach.way[breach.way.length - 1] && breach.operation !== null) {
    return items[data.operations[breach.operation].last].y + 8;
  }
  return entry && step.at === entry.from && step.lane === entry.lane && step.text.includes(' keeps ') ?
    items[entry.first].y + 8 : y_of(step.at);
}

function draw_breach(from, to) {
  if (!data.breach) return;
  const y = y_of_step(data.breach.way[data.breach.way.length - 1]) - 8;
  if (y + ROW > from && y < to) {
    node('rect', {x: 0, y: y - 2, width, height: ROW, class: 'breach'});
  }
}

function draw_steps(from, to) {
  if (!data.breach) return;
  data.breach.way.forEach((step, index) => {
    const y = y_of_step(step), column = column_of.get(step.lane);
    const behind = data.breach.way.slice(index + 1).filter(other => y_of_step(other) === y).length;
    if (y < from - ROW || y > to + ROW) return;
    const x = 23 - behind * 17;
    node('circle', {cx: x, cy: y, r: 8, class: 'step'});
    node('text', {x, y: y + 4, class: 'number'}, index + 1);
    if (column) node('circle', {cx: column.life, cy: y, r: 6.5, class: 'ring'});
  });
  const entry = data.breach.entry === null ? null : data.entries[data.breach.entry];
  const holder = entry && column_of.get(entry.lane);
  const change = entry && data.breach.way.find(step => entry.stale.some(part => part[0] === step.at));
  const changer = change && column_of.get(change.lane);
  if (holder && changer && holder !== changer && entry.place !== undefined) {
    const y = y_of(change.at) + 9, x = holder.life - 9 - (entry.place + 1) * (BAR + 2) + BAR;
    node('path', {d: `M${changer.life} ${y}H${x}`, class: 'link'});
  }
}

function draw(force) {
  const main = $('main');
  const top = main.scrollTop - 46, bottom = top + main.clientHeight + 46;
  if (!force && top >= top_drawn && bottom <= bottom_drawn) return;
  const from = Math.max(0, top - 700), to = Math.min(height, bottom + 700);
  top_drawn = from === 0 ? -Infinity : from;
  bottom_drawn = to === height ? Infinity : to;
  const made = document.createElementNS(SVG, 'svg');
  made.setAttribute('width', width);
  made.setAttribute('height', Math.max(1, to - from));
  made.setAttribute('viewBox', `0 ${from} ${width} ${Math.max(1, to - from)}`);
  made.style.top = from + 'px';
  if (svg) svg.remove();
  svg = made;
  draw_breach(from, to);
  draw_faults(from, to);
  for (const each of columns) node('path', {d: `M${each.life} ${from}V${to}`, class: 'life'});
  draw_entries(from, to);
  draw_operations(from, to);
  data.messages.forEach(each => draw_message(each, from, to));
  draw_rows(from, to);
  draw_items(from, to);
  draw_steps(from, to);
  svg.classList.toggle('dim', near.size > 0);
  $('space').appendChild(svg);
  draw_map();
}

/// The whole run beside the scroll bar.
function draw_map() {
  const canvas = $('map'), main = $('main'), box = main.getBoundingClientRect();
  canvas.style.top = box.top + 'px';
  canvas.style.height = box.height + 'px';
  canvas.width = 16;
  canvas.height = Math.max(1, box.height);
  const pen = canvas.getContext('2d'), style = getComputedStyle(root);
  const colour = name => style.getPropertyValue(name);
  const scale = canvas.height / Math.max(height, main.clientHeight);
  const stroke = (name, x, y, wide, tall) => {
    pen.fillStyle = colour(name);
    pen.fillRect(x, y * scale, wide, Math.max(2, tall * scale));
  };
  pen.clearRect(0, 0, 16, canvas.height);
  stroke('--line', 0, main.scrollTop, 16, main.clientHeight);
  data.faults.forEach(each => stroke('--fault', 0, items[each.first].y, 4, y_of(each.until) - items[each.first].y));
  data.entries.forEach(each => each.stale.forEach(([begin, end]) => {
    const late = each.tolerance === null ? Infinity : begin + each.tolerance;
    if (late < end) stroke('--bad', 5, y_of(late), 4, y_of(end) - y_of(late));
  }));
  found.forEach(index => stroke('--command', 10, items[index].y, 6, 2));
  if (data.breach) stroke('--bad', 0, y_of(data.breach.at), 16, 3);
}
