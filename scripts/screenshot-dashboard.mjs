/**
 * Makes docs/dashboard-light.png and docs/dashboard-dark.png: the dashboard as it is in Chromium, of the sample that runs
 * for some minutes, with what a visitor may do to it done. `--minutes 1` for a plot that is less full.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium/find-chromium.mjs';
import { withPalette } from './palette-png.mjs';

const root = resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' } } });
const VIEWPORT = { width: 1280, height: 1000 };

const sample = spawn(process.execPath, [join(root, 'sample-app/start.mjs')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch(await findChromium({ onProgress: (line) => console.error(line) }));
try {
  const address = await addressIn(sample.stdout);
  console.error(`${address}; the plots fill for ${values.minutes} minutes`);
  const page = await open(address, 'light');
  await page.waitForTimeout(Number(values.minutes) * 60_000);
  await steer(page);
  await shoot(page, 'light');
  await shoot(await open(address, 'dark'), 'dark');
} finally {
  await browser.close();
  const gone = once(sample, 'exit');
  sample.kill('SIGTERM');
  await gone;
}

async function addressIn(output) {
  for await (const line of createInterface(output)) {
    const [, address] = /^Dashboard: (\S+)$/.exec(line) ?? [];
    if (address === undefined) continue;
    output.resume();
    return address;
  }
  throw new Error('The sample ended before it said where its dashboard is.');
}

async function open(address, colorScheme) {
  const context = await browser.newContext({ colorScheme, viewport: VIEWPORT });
  const page = await context.newPage();
  await page.goto(address);
  await page.locator('.connection[data-state="live"]').waitFor();
  return page;
}

/** For the audit list, and to show that rates and pauses are seen where they are. */
async function steer(page) {
  const press = (label, job) =>
    page
      .locator('tbody.job')
      .filter({ has: page.getByRole('button', { name: job, exact: true }) })
      .getByRole('button', { name: label })
      .click();
  await press('Run now', 'pending');
  await press('Pause', 'pending');
  await press('Change', 'roll-up');
  await page.keyboard.type('0.08');
  await page.keyboard.press('Enter');
  await page.getByText('The rate of roll-up is set to 0.08.').waitFor();
  await page.getByRole('button', { name: 'roll-up', exact: true }).click();
}

async function shoot(page, scheme) {
  const file = join(root, `docs/dashboard-${scheme}.png`);
  // Nothing under the pointer, and what was said last has gone.
  await page.mouse.move(2, 2);
  await page.evaluate('document.activeElement?.blur()');
  await page.waitForTimeout(9000);
  const png = withPalette(await page.screenshot({ fullPage: true }));
  await writeFile(file, png);
  console.log(`${relative(root, file)}: ${Math.ceil(png.length / 1000)} kB`);
}
