// Draws a timeline: lanes across, time downwards, one row for each instant at which something happens.
//
// Time is not to scale: what lies between two rows is as wide as its magnitude, and long idle stretches say how long
// they were. Only what is near the window is in the document, so the number of events does not matter to scrolling.
// data-state at the root says "drawn" when all went well; data-events how many events there are, data-rows how many
// rows are shown. After "#" in the address, words set what the controls set: dark, light, all, upkeep.
(function () {
'use strict';
const root = document.documentElement;
window.onerror = message => { root.dataset.state = 'failed'; root.dataset.error = String(message); };
const $ = id => document.getElementById(id);
const data = JSON.parse($('data').textContent);
const SVG = 'http://www.w3.org/2000/svg';
const ROW = 22, GUTTER = 112, FAULTS = 160, CHARACTER = 7.23, FAULT_LANE = -1, BAR = 7;
const words = new Set(location.hash.slice(1).split('&'));
const shown = {upkeep: words.has('upkeep'), focus: -1, only: false, query: ''};

// ---- what there is: one item for each thing that has a place in a row

const items = [];
const groups = [];  // by what an item belongs to: its items, keys and operation

function time(at) { return (at / 1e9).toFixed(6); }
function duration(length) {
  return length >= 1e8 ? (length / 1e9).toFixed(2) + ' s' : (length / 1e6).toFixed(length < 1e6 ? 3 : 1) + ' ms';
}
function lane(index) { return index === FAULT_LANE ? 'faults' : data.lanes[index].name; }

function group(kind, source, keys, operation, upkeep, lines) {
  groups.push({kind, source, keys: keys || [], operation, upkeep: !!upkeep, lines, items: []});
  return groups.length - 1;
}
function item(of, at, where, text, look, order) {
  items.push({group: of, at, lane: where, text, look, order: order || 0, y: 0});
  groups[of].items.push(items.length - 1);
  return items.length - 1;
}

function add_operations() {
  data.operations.forEach((each, index) => {
    const name = each.id ? 'op ' + each.id : 'final check';
    const broke = data.breach && data.breach.operation === index;
    const end = each.until === null ? 'it never ended' : 'ended  ' + time(each.until) + ' s, after ' + duration(each.until - each.from);
    const of = group('operation', each, each.keys, index, !each.id && !broke,
      [name + '  ' + each.question + '   at ' + lane(each.lane), 'began ' + time(each.from) + ' s, ' + end, each.answer]);
    const look = broke ? 'toostale' : 'operation';
    if (each.until === each.from) {
      each.first = each.last = item(of, each.from, each.lane, name + ' ' + each.question + '  ' + each.answer, look, each.order[1]);
    } else {
      each.first = item(of, each.from, each.lane, name + ' ' + each.question, 'operation', each.order[0]);
      if (each.until !== null) each.last = item(of, each.until, each.lane, name + ' ' + each.answer, look, each.order[1]);
    }
  });
}

function add_messages() {
  data.messages.forEach(each => {
    const fate = each.vanished ? 'vanished before it left' : each.arrived === null ? 'was never read' :
      'read ' + time(each.arrived) + ' s, after ' + duration(each.arrived - each.sent);
    const of = group('message', each, each.keys, each.operation, each.upkeep,
      [each.kind + '  ' + each.text, lane(each.from) + ' to ' + lane(each.to) + ', connection ' + each.connection,
       'sent ' + time(each.sent) + ' s, ' + fate]);
    each.first = item(of, each.sent, each.from, each.text, each.kind, each.order[0]);
    if (each.arrived !== null) each.last = item(of, each.arrived, each.to, '', each.kind, each.order[1]);
  });
  data.messages.forEach(each => {
    if (each.answers !== null) groups[items[each.first].group].command = items[data.messages[each.answers].first].group;
  });
}

function add_entries() {
  data.entries.forEach((each, index) => {
    const broke = data.breach && data.breach.entry === index;
    const stale = each.stale.map(part => 'stale ' + time(part[0]) + ' s to ' + time(part[1]) + ' s');
    const of = group('entry', each, [each.key], null, false,
      [lane(each.lane) + ' holds ' + each.value + ' for ' + each.question,
       time(each.from) + ' s to ' + time(each.until) + ' s' + (each.ended ? ': ' + each.ended : ', and on'),
       stale.join(', ') || 'never stale']);
    each.group = of;
    each.first = item(of, each.from, each.lane, 'keeps ' + each.value + ' for ' + each.question, 'entry', each.order);
    each.stale.forEach(part => {
      const late = each.tolerance !== null && part[0] + each.tolerance < part[1];
      if (broke || late) {
        item(of, Math.max(part[0], each.from), each.lane, each.value + ' is stale from here on', 'toostale',
          each.order + 0.5);
      }
      if (late) item(of, part[0] + each.tolerance, each.lane, each.value + ' is stale for longer than is allowed', 'toostale');
    });
    if (each.ended) each.last = item(of, each.until, each.lane, '', 'forgets', Infinity);
  });
}

function add_rest() {
  data.notes.forEach(each => {
    if (each.text.startsWith('cache keeps ')) return;  // its entry says so
    const of = group(each.kind, each, each.keys, null, each.upkeep,
      [each.text, lane(each.lane) + ' at ' + time(each.at) + ' s']);
    item(of, each.at, each.lane, each.text, each.kind, each.order);
  });
  data.faults.forEach(each => {
    const what = each.text.replace(/^fault \S+ at \S+ for \S+ /, '');
    const of = group('fault', each, null, null, false,
      [each.text, 'hits ' + (each.lanes.map(lane).join(', ') || 'everybody')]);
    each.first = item(of, each.from, FAULT_LANE, what, 'fault');
    each.last = each.until > each.from ? item(of, each.until, FAULT_LANE, 'ends', 'fault') : each.first;
  });
}

// ---- where it goes

let rows = [];     // {at, y, height, gap}
let columns = [];  // of lanes that are shown: {lane, left, life, right}
let drawn = [];    // indices of items that are shown, by y
let height = 0, width = 0;
const column_of = new Map();

function is_shown(each) {
  const of = groups[each.group];
  if (of.upkeep && !shown.upkeep) return false;
  if (shown.focus >= 0 && of.keys.length > 0 && !of.keys.includes(shown.focus)) return false;
  return !(shown.only && shown.query) || matches(each);
}
function matches(each) {
  return (lane(each.lane) + ' ' + groups[each.group].lines.join(' ')).toLowerCase().includes(shown.query);
}

function compare(a, b) { return a < b ? -1 : a > b ? 1 : 0; }
function gap_of(length) { return length <= 0 ? 0 : Math.min(26, 4 * Math.log10(1 + length / 1e5)); }

function place_rows(visible) {
  rows = [];
  let y = 12, row = null, used = null;
  for (const index of visible) {
    const each = items[index];
    if (!row || each.at !== row.at) {
      const gap = row ? gap_of(each.at - row.at) : 0;
      if (row) y += row.height;
      row = {at: each.at, y: y + gap, height: 8, gap, after: row ? each.at - row.at : 0};
      y += gap;
      used = new Map();
      rows.push(row);
    }
    // What only arrives has no text, and needs no place of its own.
    const level = each.text ? (used.get(each.lane) || 0) : Math.max(0, (used.get(each.lane) || 0) - 1);
    if (each.text) used.set(each.lane, level + 1);
    each.y = row.y + level * ROW;
    if (each.text) row.height = Math.max(row.height, (level + 1) * ROW);
  }
  height = row ? row.y + row.height + 40 : 60;
}

function place_columns(visible) {
  const busy = new Set();
  for (const index of visible) if (items[index].look !== 'cluster') busy.add(items[index].lane);
  const has_faults = data.faults.length > 0;
  columns = [];
  column_of.clear();
  const lanes = data.lanes.map((_, index) => index).filter(index => busy.has(index));
  const bars = new Map(lanes.map(index => [index, place_bars(index)]));
  const left = GUTTER + (has_faults ? FAULTS : 0);
  const room = ($('main').clientWidth - left) / Math.max(1, lanes.length);
  let x = left;
  for (const index of lanes) {
    const zone = 12 + Math.min(bars.get(index), 12) * (BAR + 2);
    const wide = Math.max(150 + zone, room);
    columns.push({lane: index, left: x, life: x + zone, right: x + wide});
    column_of.set(index, columns[columns.length - 1]);
    x += wide;
  }
  width = Math.max(x, $('main').clientWidth);
  if (has_faults) column_of.set(FAULT_LANE, {lane: FAULT_LANE, left: GUTTER, life: GUTTER + 8, right: left});
}

/// Entries of a lane side by side where they overlap in time. Returns how many columns that takes.
function place_bars(of) {
  const free_at = [];
  for (const each of data.entries) {
    if (each.lane !== of || !is_shown(items[each.first])) continue;
    let place = free_at.findIndex(at => at <= each.from);
    if (place < 0) place = free_at.length;
    free_at[place] = each.until;
    each.place = place;
  }
  return free_at.length;
}

function y_of(at) {
  let low = 0, high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].at <= at) low = middle + 1; else high = middle;
  }
  if (low === 0) return 0;
  const row = rows[low - 1], next = rows[low];
  if (row.at === at || !next) return row.y + (row.at === at ? 8 : row.height);
  return row.y + row.height + next.gap * (at - row.at) / (next.at - row.at);
}

/// A message goes straight across where nothing shown happens while it is on its way.
function is_straight(each) {
  const from = items[each.first], to = items[each.last];
  const next = rows[row_index(from.at) + 1];
  return from.at === to.at || (next !== undefined && next.at === to.at);
}
function row_index(at) {
  let low = 0, high = rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].at < at) low = middle + 1; else high = middle;
  }
  return low;
}

function lay_out() {
  const visible = [];
  for (let index = 0; index < items.length; ++index) if (is_shown(items[index])) visible.push(index);
  visible.sort((a, b) => items[a].at - items[b].at || compare(items[a].order, items[b].order) || a - b);
  drawn = visible;
  place_columns(visible);
  place_rows(visible);
  place_texts();
  const space = $('space');
  space.style.height = height + 'px';
  space.style.width = $('lanes').style.width = width + 'px';
  draw_lanes();
  root.dataset.rows = rows.length;
}

/// A text may run on to the right as far as nobody else says anything in its row.
function place_texts() {
  const next = new Map();  // y: the left end of the text to the right
  for (let column = columns.length - 1; column >= -1; --column) {
    const place = column < 0 ? column_of.get(FAULT_LANE) : columns[column];
    if (!place) continue;
    for (const index of drawn) {
      const each = items[index];
      if (each.lane !== place.lane || !each.text) continue;
      each.x = place.life + 9;
      const end = each.lane === FAULT_LANE ? place.right : next.get(each.y) || width;
      each.room = Math.max(6, Math.floor((end - each.x - 10) / CHARACTER));
      next.set(each.y, place.left);
    }
  }
}
