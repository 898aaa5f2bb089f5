import { createHash } from 'node:crypto';
import type { LiveStatus } from '../connector/live-status.ts';
import { type Problem, problemsOf } from '../connector/problems.ts';
import { formatBytes } from '../runtime/quantity.ts';
import { Html, html } from './html.ts';
import { badge, sourceSection } from './page-source.ts';
import { SCRIPT, STYLE } from './page-style.ts';
import type { Reply } from './server.ts';
import { TIMELINE_PATTERNS } from './timeline.ts';
import { dateTime } from './times.ts';

/** Only our own style and script, by their hashes; no frame, no form, nothing from elsewhere. */
const POLICY = [
  "default-src 'none'",
  `style-src '${sourceHash(STYLE)}'`,
  `script-src '${sourceHash(SCRIPT)}'`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function sourceHash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** The status page: one document without external parts. */
export function renderPage(status: LiveStatus, version: string): Reply {
  const verdict = verdictOf(problemsOf(status));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${verdict.title} · Clarifai audit log export</title>
<link rel="icon" href="${iconOf(verdict.kind)}">
<noscript><meta http-equiv="refresh" content="60"></noscript>
<style>${new Html(STYLE)}</style>
</head>
<body>
${TIMELINE_PATTERNS}
<header class="top">
<div class="top-row"><h1>Clarifai audit log export</h1>
<p class="asof"><span id="asof">As of ${asOf(status.nowMs)}</span> <button id="pause" type="button" hidden>Pause refreshing</button></p></div>
<p id="stale" class="verdict bad" role="alert" hidden></p>
<p id="told" class="hidden" role="status"></p>
</header>
<main id="content">
${verdictSection(verdict, status)}
${status.sources.map((source) => sourceSection(status, source))}
</main>
<footer><p>Version ${version}, running since ${dateTime(status.startedMs)}. All times are UTC. ${storeText(status)}
What it means and what to do is in <code>docs/operations.md</code>. For programs: <a href="status.json">status.json</a>, <a href="metrics">metrics</a>, <a href="readyz">readyz</a>.</p></footer>
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`;
  return {
    status: 200,
    contentType: 'text/html; charset=utf-8',
    body: page.text,
    headers: { 'content-security-policy': POLICY, 'x-frame-options': 'DENY' },
  };
}

function asOf(ms: number): Html {
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}">${iso.slice(11, 19)} UTC, ${dateTime(ms).split(',', 1)[0]}</time>`;
}

interface Verdict {
  readonly kind: 'good' | 'warn' | 'bad';
  /** For the tab. */
  readonly title: string;
  readonly headline: string;
  readonly sub: string;
  readonly problems: readonly Problem[];
}

function verdictOf(problems: readonly Problem[]): Verdict {
  const notReady = problems.filter(({ severity }) => severity === 'not-ready').length;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (notReady > 0) {
    return {
      kind: 'bad',
      title: 'Not ready',
      headline: 'Not ready',
      sub: 'The audit log is not read as it should be.',
      problems,
    };
  }
  if (errors > 0) {
    const sub = 'Reading works. What is told below needs a person; nothing is lost meanwhile.';
    return { kind: 'bad', title: 'Needs attention', headline: 'Needs attention', sub, problems };
  }
  if (problems.length > 0) {
    const sub = 'Reading and delivery go on. What is told below may mend itself.';
    return { kind: 'warn', title: 'Working', headline: 'Working, with remarks', sub, problems };
  }
  const sub = 'The audit log is read up to now, and every sink works.';
  return { kind: 'good', title: 'All is well', headline: 'All is well', sub, problems };
}

function verdictSection({ kind, headline, sub, problems }: Verdict, status: LiveStatus): Html {
  const items = problems.map(problemItem);
  const list = problems.length === 0 ? undefined : html`<ul class="problems">${items}</ul>`;
  const nothing = status.sources.length === 0 ? html`<p class="sub">No source is configured.</p>` : undefined;
  return html`<section class="verdict ${kind}" aria-label="Overall state">
<p class="headline">${headline}</p><p class="sub">${sub}</p>${nothing}${list}</section>`;
}

function problemItem({ code, severity, source, sink, text }: Problem): Html {
  const place = [source, sink].filter((each) => each !== undefined).join(' → ');
  const sign =
    severity === 'warning' ? badge('warn', 'note') : badge('bad', severity === 'error' ? 'act' : 'not ready');
  const where = place === '' ? undefined : html`<strong>${place}</strong>: `;
  return html`<li>${sign} ${where}${text}. <span class="todo">What to do: operations.md#${code}</span></li>`;
}

function storeText({ store }: LiveStatus): string {
  const { bytes, limitBytes, space } = store;
  if (bytes === undefined) return '';
  const disk = space === undefined ? '' : `, ${formatBytes(space.freeBytes)} left on its disk`;
  return `The store holds ${formatBytes(bytes)} of ${formatBytes(limitBytes)}${disk}.`;
}

const COLOURS = { good: '0a6b3d', warn: 'b45309', bad: 'c0182b' };

/** A dot in the colour of the verdict, for the tab. */
function iconOf(kind: Verdict['kind']): string {
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='8' cy='8' r='7' fill='#${COLOURS[kind]}'/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
