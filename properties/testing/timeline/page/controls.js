// Looking around: pointing, searching, keys, and what the page opens with. Goes on from drawing.js.

// ---- looking around

/// What belongs to a group: its operation and that one's messages, command and reply; and whatever has the same key.
function relate(of) {
  near = new Set();
  same = new Set();
  if (of < 0) return;
  const centre = groups[of];
  const operation = centre.operation;
  near.add(of);
  groups.forEach((each, index) => {
    const answers = each.command === of || centre.command === index;
    const together = operation !== null && operation !== undefined && each.operation === operation;
    const served = centre.kind === 'entry' && each.kind === 'operation' && centre.source.served.includes(each.operation) ||
      each.kind === 'entry' && centre.kind === 'operation' && each.source.served.includes(operation);
    if (answers || together || served) near.add(index);
    else if (each.keys.some(key => centre.keys.includes(key))) same.add(index);
  });
}

function look_at(of) {
  relate(of);
  if (svg) {
    svg.classList.toggle('dim', near.size > 0);
    for (const each of svg.querySelectorAll('[data-i]')) {
      each.classList.toggle('near', near.has(+each.dataset.i));
      each.classList.toggle('same', same.has(+each.dataset.i));
    }
  }
  const detail = $('detail');
  detail.textContent = '';
  if (of < 0) {
    detail.textContent = 'Point at anything: what belongs to it stays bright.  Click to keep it.\n' +
      '/ search, n and p next and previous match, j and k down and up, v what broke, f only its key, u upkeep, t light or dark';
    return;
  }
  groups[of].lines.forEach((line, index) => {
    const made = document.createElement(index ? 'span' : 'b');
    made.textContent = (index ? (index === 1 ? '\n' : '   ') : '') + line;
    detail.append(made);
  });
}

function go_to(at) {
  const main = $('main');
  main.scrollTop = Math.max(0, y_of(at) - main.clientHeight * 0.55);
  draw(true);
}

/// With the whole way there in view, if that is possible.
function open_at_breach() {
  const first = y_of(data.breach.way[0].at), last = y_of(data.breach.at), tall = $('main').clientHeight - 46;
  go_to(data.breach.at);
  if (last - first < tall - 2 * ROW) $('main').scrollTop = Math.max(0, first - ROW);
  draw(true);
}

function search(step) {
  if (!shown.query) return;
  if (!found.length) return;
  at_found = at_found < 0 ? first_in_view() : (at_found + step + found.length) % found.length;
  $('found').textContent = at_found + 1 + ' of ' + found.length;
  look_at(items[found[at_found]].group);
  go_to(items[found[at_found]].at);
}
function first_in_view() {
  const index = found.findIndex(each => items[each].y >= $('main').scrollTop);
  return index < 0 ? 0 : index;
}

function refresh() {
  const main = $('main');
  const middle = rows.find(row => row.y >= main.scrollTop + main.clientHeight / 2);
  lay_out();
  found = shown.query ? drawn.filter(index => items[index].text && matches(items[index])) : [];
  at_found = -1;
  $('found').textContent = shown.query ? (found.length ? found.length + ' found' : 'nothing found') : '';
  if (middle) go_to(middle.at); else draw(true);
}

function set_focus(on) {
  const breach = data.breach;
  const keys = breach && breach.operation !== null ? data.operations[breach.operation].keys : [];
  const key = breach && breach.entry !== null ? data.entries[breach.entry].key : keys.length === 1 ? keys[0] : -1;
  shown.focus = on ? key : -1;
  $('focus').checked = shown.focus >= 0;
  $('focus_key').textContent = key >= 0 ? data.keys[key] : '';
  $('focus').parentNode.hidden = key < 0;
}

function tell_verdict() {
  const breach = data.breach;
  $('badge').textContent = breach ? breach.code + ' broken' : 'held';
  $('badge').classList.toggle('broken', !!breach);
  $('sentence').textContent = breach ? breach.sentence : 'every promise held';
  const judged = (name, text) => {
    const made = document.createElement('div'), bold = document.createElement('b'), span = document.createElement('span');
    bold.textContent = name;
    span.textContent = text;
    made.append(bold, span);
    $('judged').append(made);
  };
  if (!breach) return;
  judged('expected', breach.expected);
  judged('got', breach.got);
  breach.way.forEach((step, index) => {
    const made = document.createElement('li'), number = document.createElement('i'), at = document.createElement('span');
    number.textContent = index + 1;
    at.className = 'quiet';
    at.textContent = time(step.at);
    made.append(number, at, step.text);
    made.tabIndex = 0;
    made.onclick = () => go_to(step.at);
    made.onkeydown = event => { if (event.key === 'Enter') go_to(step.at); };
    $('way').append(made);
  });
}

function tell_legend() {
  const put = (name, colour, bar) => {
    const made = document.createElement('span'), sign = document.createElement('i');
    sign.style.color = `var(${colour})`;
    if (bar) sign.className = 'bar';
    made.append(sign, name);
    $('legend').append(made);
  };
  put('command', '--command');
  put('reply', '--reply');
  put('push', '--push');
  put('operation', '--operation', true);
  put('cached', '--good', true);
  put('stale', '--stale', true);
  put('too stale', '--bad', true);
  put('fault', '--fault', true);
}

function group_under(event) {
  const of = event.target.closest ? event.target.closest('[data-i]') : null;
  return of ? +of.dataset.i : -1;
}

const keys = {
  '/': () => $('search').focus(),
  n: () => search(1),
  p: () => search(-1),
  j: () => $('main').scrollBy(0, 3 * ROW),
  k: () => $('main').scrollBy(0, -3 * ROW),
  v: () => data.breach && go_to(data.breach.at),
  f: () => { set_focus(shown.focus < 0); refresh(); },
  u: () => $('upkeep').click(),
  t: () => $('theme').click(),
  Escape: () => { pinned = -1; look_at(-1); },
};

function listen() {
  $('main').onscroll = () => draw(false);
  $('main').onmouseover = event => { if (pinned < 0) look_at(group_under(event)); };
  $('main').onclick = event => { pinned = group_under(event); look_at(pinned); };
  $('map').onclick = event => {
    const box = $('map').getBoundingClientRect();
    $('main').scrollTop = (event.clientY - box.top) / box.height * height - $('main').clientHeight / 2;
  };
  $('search').oninput = () => { shown.query = $('search').value.trim().toLowerCase(); refresh(); };
  $('search').onkeydown = event => {
    if (event.key === 'Enter') search(event.shiftKey ? -1 : 1);
    if (event.key === 'Escape') { $('search').value = ''; shown.query = ''; refresh(); $('main').focus(); }
    event.stopPropagation();
  };
  $('only').onchange = () => { shown.only = $('only').checked; refresh(); };
  $('focus').onchange = () => { set_focus($('focus').checked); refresh(); };
  $('upkeep').onchange = () => { shown.upkeep = $('upkeep').checked; refresh(); };
  $('theme').onclick = () => {
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    draw(true);
  };
  $('copy').onclick = () => { if (navigator.clipboard) navigator.clipboard.writeText($('replay').textContent); };
  document.onkeydown = event => {
    if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      keys[event.key]();
    }
  };
  window.onresize = refresh;
}

for (const theme of ['dark', 'light']) if (words.has(theme)) root.dataset.theme = theme;
add_operations();
add_messages();
add_entries();
add_rest();
tell_verdict();
tell_legend();
listen();
$('upkeep').checked = shown.upkeep;
set_focus(!words.has('all') && items.length > 150);
look_at(-1);
lay_out();
if (data.breach) open_at_breach(); else draw(true);
root.dataset.events = data.operations.length + data.messages.length + data.entries.length + data.notes.length + data.faults.length;
root.dataset.state = 'drawn';
}());
