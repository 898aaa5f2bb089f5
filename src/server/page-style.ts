/** The style of the status page. Colours pass WCAG AA in both schemes: test/browser/status-page.test.ts computes it. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #eef1f4; --card: #ffffff; --text: #16191d; --muted: #545c66; --line: #d5dae0; --link: #0b57b7;
  --covered: #0d827c; --trimmed: #7fb5b2; --open: #fdeccb; --hatch: #b45309; --gap: #c0182b;
  --late: #6d28d9; --reconciled: #1d4ed8; --bar: #3b6fb5; --none: #8b95a1;
  --good: #0a6b3d; --good-back: #e0f4e8; --warn: #7a4a00; --warn-back: #fdf0d5; --bad: #a50e22; --bad-back: #fde6e8;
  --calm: #4a525c; --calm-back: #e9edf1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1115; --card: #171c22; --text: #e9ecef; --muted: #a9b2bd; --line: #323a44; --link: #8ab8ff;
    --covered: #25aaa1; --trimmed: #2d6663; --open: #3a2c12; --hatch: #e79a35; --gap: #ff6672;
    --late: #bfa3ff; --reconciled: #82aaff; --bar: #6f9fe0; --none: #66717d;
    --good: #7be0a5; --good-back: #10321f; --warn: #f5c469; --warn-back: #382a0c; --bad: #ff99a3; --bad-back: #43151b;
    --calm: #c0c8d1; --calm-back: #29313a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main, footer, .top { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
.top { padding-top: 1.25rem; }
.top-row { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .25rem 1rem; }
h1 { font-size: 1.15rem; font-weight: 600; margin: 0; }
h2 { font-size: 1.35rem; margin: 0; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
.asof { color: var(--muted); font-size: .875rem; margin: 0; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, button:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
button { font: inherit; font-size: .875rem; color: var(--text); background: var(--card); border: 1px solid var(--none); border-radius: 6px; padding: .15rem .75rem; min-height: 28px; cursor: pointer; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
abbr { text-decoration: none; }
.muted { color: var(--muted); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.defs { position: absolute; }
.verdict { border-radius: 10px; padding: 1rem 1.25rem; margin: 1rem 0; border-left: 8px solid currentColor; }
.verdict p { margin: 0; }
.verdict .headline { font-size: 1.5rem; font-weight: 650; line-height: 1.3; }
.verdict .sub { color: var(--text); }
.verdict.good { background: var(--good-back); color: var(--good); }
.verdict.warn { background: var(--warn-back); color: var(--warn); }
.verdict.bad { background: var(--bad-back); color: var(--bad); }
.problems { list-style: none; margin: .75rem 0 0; padding: 0; color: var(--text); display: grid; gap: .5rem; }
.problems li { background: var(--card); border-radius: 6px; padding: .5rem .75rem; }
.problems .todo { color: var(--muted); font-size: .875rem; }
.source { background: var(--card); border-radius: 10px; padding: 1.25rem; margin: 1rem 0; border: 1px solid var(--line); }
.heading { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; }
.badge { display: inline-block; border-radius: 999px; padding: .05rem .65rem; font-size: .875rem; font-weight: 600; white-space: nowrap; }
.badge.good { background: var(--good-back); color: var(--good); }
.badge.warn { background: var(--warn-back); color: var(--warn); }
.badge.bad { background: var(--bad-back); color: var(--bad); }
.badge.calm { background: var(--calm-back); color: var(--calm); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1px; margin: 1rem 0 0; background: var(--line); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.tiles > div { background: var(--card); padding: .75rem 1rem; }
dt { color: var(--muted); font-size: .875rem; }
dd { margin: 0; }
dd.value { font-size: 1.5rem; font-weight: 650; line-height: 1.35; font-variant-numeric: tabular-nums; }
dd.detail { color: var(--muted); font-size: .875rem; }
.strip-title, .most { margin: .5rem 0 0; font-size: .875rem; color: var(--muted); }
svg { display: block; }
.timeline, .mark { overflow: visible; }
.covered { fill: var(--covered); } .trimmed { fill: var(--trimmed); } .open { fill: var(--open); }
.hatch-line, .open-narrow { fill: var(--hatch); } .gap { fill: var(--gap); } .late { fill: var(--late); }
.reconciled { fill: var(--reconciled); } .bar { fill: var(--bar); } .bar.none { fill: var(--none); }
.axis { display: flex; justify-content: space-between; font-size: .8125rem; color: var(--muted); font-variant-numeric: tabular-nums; }
.hours { border-bottom: 1px solid var(--none); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .75rem 0; padding: 0; font-size: .875rem; }
.legend li { display: flex; align-items: center; gap: .4rem; }
details { margin: .5rem 0; } summary { cursor: pointer; font-size: .875rem; color: var(--link); width: fit-content; padding: .2rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; }
th { text-align: left; font-weight: 600; }
thead th { color: var(--muted); font-size: .8125rem; }
th, td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.plain { width: auto; font-variant-numeric: tabular-nums; } .plain th, .plain td { padding-right: 2rem; }
tbody th { overflow-wrap: anywhere; }
.plain tbody th, .types tbody th { font-weight: 400; }
.number { text-align: right; font-variant-numeric: tabular-nums; padding-right: 0; }
.share { width: 40%; vertical-align: middle; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2.5rem; }
footer { color: var(--muted); font-size: .875rem; padding-bottom: 2rem; }
@media (max-width: 48rem) {
  .columns { grid-template-columns: 1fr; }
  main, footer, .top { padding-left: .75rem; padding-right: .75rem; }
  .source { padding: 1rem; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tiles > div:last-child:nth-child(odd) { grid-column: span 2; }
  dd.value { font-size: 1.25rem; }
  .plain th, .plain td { padding-right: .75rem; }
  .sinks thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .sinks tr { display: block; border-bottom: 1px solid var(--line); padding: .5rem 0; }
  .sinks th, .sinks td { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .15rem 0; }
  .sinks td::before { content: attr(data-label); color: var(--muted); }
}
@media (prefers-reduced-motion: no-preference) { summary { transition: color .1s; } }
`;

/**
 * Refreshes the page in place: opened tables stay open, the focus and the place stay where they are. When no answer
 * comes, it says that what is shown is old. Without scripts the page reloads itself each minute.
 */
export const SCRIPT = `
(() => {
  const EVERY_MS = 15000;
  const stale = document.getElementById('stale');
  const button = document.getElementById('pause');
  const told = document.getElementById('told');
  let paused = false;
  let lastMs = Date.now();
  button.hidden = false;
  button.addEventListener('click', () => {
    paused = !paused;
    button.textContent = paused ? 'Go on refreshing' : 'Pause refreshing';
    if (!paused) void refresh();
  });
  async function refresh() {
    if (paused || document.hidden) return;
    try {
      const answer = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout(10000) });
      if (!answer.ok) throw new Error(String(answer.status));
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
      show(next);
      lastMs = Date.now();
      stale.hidden = true;
    } catch {
      stale.hidden = false;
      stale.textContent = 'No answer from the process for ' + Math.round((Date.now() - lastMs) / 1000) + ' s: what you see is old.';
    }
  }
  function show(next) {
    const old = document.getElementById('content');
    const fresh = document.adoptNode(next.getElementById('content'));
    for (const each of old.querySelectorAll('details[open]')) {
      const same = fresh.querySelector('#' + CSS.escape(each.id));
      if (same) same.open = true;
    }
    const focused = old.contains(document.activeElement) ? document.activeElement.closest('details') : null;
    const before = old.querySelector('.headline').textContent;
    old.replaceWith(fresh);
    if (focused) document.getElementById(focused.id)?.querySelector('summary').focus({ preventScroll: true });
    document.title = next.title;
    document.getElementById('asof').innerHTML = next.getElementById('asof').innerHTML;
    const after = fresh.querySelector('.headline').textContent;
    if (before !== after) told.textContent = after;
  }
  setInterval(refresh, EVERY_MS);
  document.addEventListener('visibilitychange', () => void refresh());
})();
`;
