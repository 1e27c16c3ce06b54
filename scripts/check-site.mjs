/**
 * Opens the pages of the built site (`npm run docs`) in a real Chromium, as wide as a phone, and fails for errors in the
 * console, for pages that are wider than the screen, and where the lottery or the calculator do not do what they say.
 */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { pages } from '../docs/.vitepress/pages.mjs';
import { findChromium } from './chromium/find-chromium.mjs';

const site = resolve(import.meta.dirname, '../temp/docs-site');
if (!existsSync(site)) throw new Error(`${site} does not exist: npm run docs`);
const PHONE = { width: 390, height: 844 };
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
/** ms that Chromium may take to start, and a page for what it is waited for, on a machine that may stall for seconds. */
const PATIENCE = 120_000;
const problems = [];

const server = createServer(serve).listen(0, '127.0.0.1');
await once(server, 'listening');
const base = `http://127.0.0.1:${server.address().port}`;
const { executablePath, env, args } = await findChromium({ onProgress: console.error });
const browser = await chromium.launch({ executablePath, env, args, timeout: PATIENCE });
try {
  const links = ['/', ...pages.flatMap(({ items }) => items.map(([, link]) => link))];
  for (const link of links) await open(link, {}, fits);
  await open('/concepts', { reducedMotion: 'no-preference' }, lotteryMoves);
  await open('/concepts', { reducedMotion: 'reduce' }, lotteryStandsStill);
  await open('/choosing-a-rate', {}, calculates);
  await open('/monitoring', {}, hasDownloads);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`${links.length} pages fit a phone and have nothing to complain of.`);
} finally {
  await browser.close();
  server.close();
}

function serve({ url }, response) {
  const path = url.endsWith('/') ? `${url}index.html` : url.replace(/(\/[^/.]+)$/, '$1.html');
  const file = join(site, path);
  if (!existsSync(file)) return response.writeHead(404).end();
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  return response.writeHead(200, { 'content-type': type }).end(readFileSync(file));
}

/** Looks at a page, in a browser that knows no other. */
async function open(link, options, look) {
  const context = await browser.newContext({ viewport: PHONE, ...options });
  context.setDefaultTimeout(PATIENCE);
  try {
    const page = await context.newPage();
    page.on('pageerror', (error) => problems.push(`${link}: ${error.message}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(`${link}: ${message.text()}`);
    });
    await page.goto(`${base}${link}`, { waitUntil: 'networkidle' });
    // A renderer that is stalled asks for nothing either: only when Vue has mounted the page, it does what it says.
    await page.waitForFunction(() => document.querySelector('#app')?.__vue_app__ !== undefined);
    const problem = await look(page);
    if (problem !== undefined) problems.push(`${link}: ${problem}`);
  } finally {
    await context.close();
  }
}

async function fits(page) {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  return width > PHONE.width ? `${width} pixels wide on a phone of ${PHONE.width}` : undefined;
}

async function enlistmentsOf(page) {
  const text = await page.locator('.lottery').innerText();
  return Number(/([\d,]+) enlistments so far/.exec(text)[1].replace(',', ''));
}

async function lotteryMoves(page) {
  const before = await enlistmentsOf(page);
  for (const deadline = performance.now() + PATIENCE / 4; performance.now() < deadline;) {
    if ((await enlistmentsOf(page)) > before) return undefined;
    await page.waitForTimeout(100);
  }
  return 'the lottery does not move';
}

async function lotteryStandsStill(page) {
  const before = await enlistmentsOf(page);
  // Twelve ticks of one that moves.
  await page.waitForTimeout(3000);
  if ((await enlistmentsOf(page)) !== before) return 'the lottery moves, though less motion is asked for';
  await page.getByRole('button', { name: '1,000 times' }).click();
  const after = await enlistmentsOf(page);
  return after === before + 1000 ? undefined : `1,000 enlistments were ${after - before}`;
}

async function calculates(page) {
  const output = page.locator('.calculator output');
  await page.getByLabel('Items that come a second').fill('40');
  await output.getByText('Rate to declare: 0.008').waitFor();
  await page.getByLabel('The rate that it has').fill('0.008');
  await output.getByText('says after an hour: “Right').waitFor();
  await page.getByLabel('Processes').fill('0');
  await output.getByText('Each number has to be above 0.').waitFor();
  return undefined;
}

async function hasDownloads(page) {
  const links = await page.locator('main a[href$=".json"], main a[href$=".yml"]').all();
  if (links.length < 2) return 'the Grafana dashboard and the alerts are not linked';
  for (const link of links) {
    const url = await link.evaluate(({ href }) => href);
    if (!(await fetch(url)).ok) return `${url} is not there`;
  }
  return undefined;
}
