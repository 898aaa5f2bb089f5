import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveStatus } from '../../src/connector/live-status.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { PrometheusMetrics } from '../../src/server/prometheus.ts';
import { createRoutes } from '../../src/server/routes.ts';
import { type StatusServer, startServer } from '../../src/server/server.ts';
import { liveStatus, troubledStatus } from '../server/live-status.ts';
import { CHROMIUM, HAS_CHROMIUM, type Look, openBrowser } from './chromium.ts';
import { tooFaint } from './contrast.ts';

/** Folder that keeps the screenshots; without it they are taken and dropped. */
const SCREENSHOTS = process.env.SCREENSHOTS;

let server: StatusServer;
let status: LiveStatus = liveStatus();

beforeAll(async () => {
  const metrics = new PrometheusMetrics({ sources: ['acme'], shipped: [] });
  const routes = createRoutes({
    status: { read: async () => status },
    metrics,
    version: '1.2.3',
    usage: undefined,
  });
  server = await startServer({ host: '127.0.0.1', port: 0 }, routes, silentLog);
});

afterAll(async () => {
  await server.close();
});

/** Opens the page; fails when it asks anybody else for anything, or tells of an error. */
async function visit(look: Look, work: (page: Page) => Promise<void>): Promise<void> {
  const { context, close } = await openBrowser(look);
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    const wrong: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') wrong.push(message.text());
    });
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('request', (request) => {
      const { hostname, protocol } = new URL(request.url());
      if (hostname !== '127.0.0.1' && protocol !== 'data:') wrong.push(request.url());
    });
    await page.clock.install();
    await page.goto(`http://127.0.0.1:${server.port}/`);
    await work(page);
    expect(wrong).toEqual([]);
  } finally {
    await close();
  }
}

async function shoot(page: Page, name: string): Promise<void> {
  const picture = await page.screenshot({ fullPage: true });
  expect(picture.length).toBeGreaterThan(10_000);
  if (SCREENSHOTS === undefined) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ fullPage: true, path: join(SCREENSHOTS, `${name}.png`) });
}

const SHOWN = HAS_CHROMIUM || process.env.REQUIRE_BROWSER === '1';
const WITHOUT = SHOWN ? '' : ` (there is no ${CHROMIUM}: install Chromium, or name one in CHROMIUM)`;

const STATES = [
  ['well', liveStatus],
  ['troubled', troubledStatus],
] as const;

describe.runIf(SHOWN)(`status page in Chromium${WITHOUT}`, { timeout: 60_000 }, () => {
  for (const [name, make] of STATES) {
    for (const colorScheme of ['light', 'dark'] as const) {
      it(`${name}, ${colorScheme}: every text and drawing stands out, wide and narrow, and nothing is cut off`, async () => {
        status = make();
        for (const width of [1_280, 360]) {
          await visit({ colorScheme, width }, async (page) => {
            for (const summary of await page.locator('summary').all()) await summary.click();
            expect(await page.evaluate(tooFaint)).toEqual([]);
            expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
              width,
            );
            await shoot(page, `${name}-${colorScheme}-${width}`);
          });
        }
      });
    }
  }

  it('tells the main facts without scripts, and reloads itself', async () => {
    status = troubledStatus();
    await visit({ javaScriptEnabled: false }, async (page) => {
      const text = await page.locator('body').innerText();
      for (const fact of [
        'Not ready',
        'acme',
        'Behind by',
        '25m',
        'siem',
        'stopped',
        'sink.refused',
        'possible gap',
      ]) {
        expect(text, fact).toContain(fact);
      }
      expect(await page.locator('#pause').isVisible()).toBe(false);
      expect(await page.content()).toContain('http-equiv="refresh"');
    });
  });

  it('has a name for whatever is drawn, pressed or followed, headings in order, and no id twice', async () => {
    status = troubledStatus();
    await visit({}, async (page) => {
      const faults = await page.evaluate(() => {
        const found: string[] = [];
        for (const svg of document.querySelectorAll(':not(svg) > svg')) {
          const named = svg.getAttribute('role') === 'img' && (svg.getAttribute('aria-label') ?? '') !== '';
          if (!named && svg.getAttribute('aria-hidden') !== 'true') found.push(svg.outerHTML.slice(0, 80));
        }
        for (const each of document.querySelectorAll('a, button, summary, th, caption')) {
          if (each.textContent!.trim() === '') found.push(each.outerHTML);
        }
        for (const table of document.querySelectorAll('table')) {
          if (table.querySelectorAll('th:not([scope])').length > 0) found.push('a header cell without scope');
        }
        const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
        if (new Set(ids).size !== ids.length) found.push('an id twice');
        let level = 0;
        for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
          const own = Number(heading.tagName[1]);
          if (own > level + 1)
            found.push(`${heading.textContent} is a heading of level ${own} below one of ${level}`);
          level = own;
        }
        if (document.documentElement.lang !== 'en') found.push('no language');
        return found;
      });
      expect(faults).toEqual([]);
      expect(await page.getByRole('main').count()).toBe(1);
      expect(await page.getByRole('region', { name: 'acme' }).count()).toBe(1);
      expect(await page.getByRole('img', { name: /percent read/ }).count()).toBeGreaterThan(2);
    });
  });

  it('can be used with the keyboard alone, and the focus is seen', async () => {
    status = liveStatus();
    await visit({}, async (page) => {
      const seen: string[] = [];
      for (let i = 0; i < 20; i++) {
        await page.keyboard.press('Tab');
        const [what, outline] = await page.evaluate(() => {
          const at = document.activeElement!;
          return [at === document.body ? '' : at.textContent!.trim(), getComputedStyle(at).outlineStyle];
        });
        if (what === '') break;
        expect(outline, what).toBe('solid');
        seen.push(what!);
      }
      expect(seen[0]).toBe('Pause refreshing');
      expect(seen).toContain('Spans as a table');
      expect(seen.slice(-3)).toEqual(['status.json', 'metrics', 'readyz']);
      const summary = page.getByText('Spans as a table');
      await summary.focus();
      await page.keyboard.press('Enter');
      expect(await page.locator('details').first().getAttribute('open')).not.toBeNull();
    });
  });

  it('refreshes in place: what was opened stays open, the focus stays, changes are told', async () => {
    status = liveStatus();
    await visit({}, async (page) => {
      await page.getByText('Spans as a table').click();
      await page.evaluate(() => {
        (window as unknown as { same: boolean }).same = true;
      });
      expect(await page.title()).toMatch(/^All is well/);
      status = troubledStatus();
      await page.clock.fastForward(16_000);
      await page.locator('.headline', { hasText: 'Not ready' }).waitFor();
      expect(await page.title()).toMatch(/^Not ready/);
      expect(await page.locator('#told').textContent()).toBe('Not ready');
      expect(await page.locator('#source-acme-spans').getAttribute('open')).not.toBeNull();
      expect(await page.evaluate(() => document.activeElement!.textContent)).toBe('Spans as a table');
      expect(await page.evaluate(() => (window as unknown as { same?: boolean }).same)).toBe(true);
      await page.getByText('Pause refreshing').click();
      status = liveStatus();
      await page.clock.fastForward(31_000);
      expect(await page.locator('.headline').textContent()).toBe('Not ready');
      await page.getByText('Go on refreshing').click();
      await page.locator('.headline', { hasText: 'All is well' }).waitFor();
    });
  });

  it('says that what it shows is old when the process is gone', async () => {
    status = liveStatus();
    const { context, close } = await openBrowser({});
    try {
      const page = await context.newPage();
      await page.clock.install();
      await page.goto(`http://127.0.0.1:${server.port}/`);
      await context.setOffline(true);
      await page.clock.fastForward(46_000);
      await page.getByRole('alert').waitFor();
      expect(await page.getByRole('alert').textContent()).toMatch(
        /No answer from the process for \d+ s: what you see is old/,
      );
      await context.setOffline(false);
      await page.clock.fastForward(16_000);
      await page.getByRole('alert').waitFor({ state: 'hidden' });
    } finally {
      await close();
    }
  });
});
