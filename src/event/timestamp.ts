import type { Nanos } from './span.ts';
const RE = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;
export function parseTimestamp(text: string): Nanos | undefined {
  const m = RE.exec(text);
  if (m === null) return undefined;
  const [y, mo, d, h, mi] = [1, 2, 3, 4, 5].map((i) => Number(m[i])) as [number, number, number, number, number];
  let s = Number(m[6]);
  let frac = (m[7] ?? '').padEnd(9, '0');
  if (mo < 1 || mo > 12 || d < 1 || h > 23 || mi > 59 || s > 60) return undefined;
  if (s === 60) { s = 59; frac = '999999999'; }
  const date = new Date(0); date.setUTCFullYear(y, mo - 1, d); date.setUTCHours(h, mi, s);
  if (date.getUTCDate() !== d) return undefined;
  let off = 0;
  const z = m[8]!;
  if (z.length > 1) { const oh = Number(z.slice(1, 3)); const om = Number(z.slice(4)); if (oh > 23 || om > 59) return undefined; off = (oh * 60 + om) * (z[0] === '-' ? -1 : 1); }
  return BigInt(date.getTime() / 1000 - off * 60) * 1_000_000_000n + BigInt(frac);
}
export function formatTimestamp(at: Nanos): string {
  let s = at / 1_000_000_000n; let f = at % 1_000_000_000n;
  if (f < 0n) { f += 1_000_000_000n; s -= 1n; }
  const base = new Date(Number(s) * 1000).toISOString().slice(0, 19);
  const frac = f.toString().padStart(9, '0');
  const t = f === 0n ? '' : frac.endsWith('000000') ? `.${frac.slice(0, 3)}` : frac.endsWith('000') ? `.${frac.slice(0, 6)}` : `.${frac}`;
  return `${base}${t}Z`;
}
