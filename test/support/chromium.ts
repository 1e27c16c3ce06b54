import { afterAll, beforeAll } from '@jest/globals';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/chromium/find-chromium.mjs';

/** Enough to install Chromium from packages on a slow machine: ms. */
const PATIENCE = 240_000;
/** Enough to start it on a machine that stalls for seconds: ms. */
const START = 120_000;
/** ms that a page may take for what it is waited for. */
const LONGEST = 60_000;

/** A page, and what it complained of. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors on the console, errors that nobody caught, violations of the policy. */
  readonly complaints: readonly string[];
}

/** A real Chromium for the tests of one file. */
export function useChromium(): { open(url: string, options?: BrowserContextOptions): Promise<WatchedPage> } {
  let browser: Browser | undefined;
  beforeAll(async () => {
    const found = await findChromium({ onProgress: (line) => process.stderr.write(`${line}\n`) });
    browser = await chromium.launch({ ...found, timeout: START });
  }, PATIENCE + START);
  afterAll(() => browser?.close());
  return {
    async open(url, options) {
      const context = await browser!.newContext(options);
      context.setDefaultTimeout(LONGEST);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('dialog', (dialog) => {
        complaints.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      await page.goto(url);
      return { page, complaints };
    },
  };
}

/** Reads until what is read is as wanted; fails with what was read last. */
export async function eventually<T>(read: () => T | Promise<T>, isWanted: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + LONGEST;
  for (;;) {
    const value = await read();
    if (isWanted(value)) return value;
    if (performance.now() > deadline) throw new Error(`Still not as wanted: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
