import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { QuietLog } from './quiet-log.js';

describe('QuietLog', () => {
  let lines: string[] = [];

  beforeEach(() => {
    lines = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(String(line)));
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('warns once a second at most, and says how often it kept quiet', () => {
    let now = 0;
    const log = new QuietLog('Cache', () => now);
    for (now = 0; now < 2500; now += 250) log.warn('No cache', new Error(`at ${now}`));
    expect(lines).toEqual([
      'No cache: at 0',
      'No cache: at 1000 (3 more left out)',
      'No cache: at 2000 (3 more left out)',
    ]);
  });

  it('quotes what was thrown when that is no error', () => {
    new QuietLog('Cache', () => 0).warn('No cache', 'down');
    expect(lines).toEqual(['No cache: down']);
  });
});
