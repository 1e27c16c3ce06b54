import { describe, expect, it } from '@jest/globals';
import { HELP, UsageError, readArguments } from './arguments.js';

describe('readArguments', () => {
  it('has a default for everything', () => {
    expect(readArguments([])).toEqual({
      workers: 2,
      duration: undefined,
      json: undefined,
      traffic: true,
      requests: 100,
      seed: 1,
    });
  });

  it('reads every flag, the duration in seconds', () => {
    const line = '--workers 3 --duration 20 --json s.json --no-traffic --requests 50 --seed=7';
    expect(readArguments(line.split(' '))).toEqual({
      workers: 3,
      duration: 20_000,
      json: 's.json',
      traffic: false,
      requests: 50,
      seed: 7,
    });
  });

  it('answers help whatever else is asked', () => {
    expect(readArguments(['--help', '--workers', 'many'])).toBe('help');
    expect(readArguments(['-h'])).toBe('help');
  });

  it.each([
    [['--workers', '0'], '--workers is "0"; expected a whole number from 1 to 8'],
    [['--workers', '1.5'], '--workers is "1.5"'],
    [['--workers', 'two'], '--workers is "two"'],
    [['--workers='], '--workers is ""'],
    [['--duration', '-1'], "'--duration' argument is ambiguous"],
    [['--duration=-1'], '--duration is "-1"; expected a number from 0.1 to 86400'],
    [['--duration', 'NaN'], '--duration is "NaN"'],
    [['--requests', '1e9'], '--requests is "1e9"'],
    [['--seed', '9007199254740992'], '--seed is "9007199254740992"'],
    [['--json', ' '], '--json is empty'],
    [['--json'], "'--json <value>' argument missing"],
    [['--fast'], "Unknown option '--fast'"],
    [['20'], "Unexpected argument '20'"],
    [['--no-traffic=yes'], "'--no-traffic' does not take an argument"],
  ])('refuses %j with the value and what was expected', (args, message) => {
    expect(() => readArguments(args)).toThrow(UsageError);
    expect(() => readArguments(args)).toThrow(message);
  });

  it('names every flag in its help', () => {
    for (const flag of ['workers', 'duration', 'json', 'no-traffic', 'requests', 'seed', 'help']) {
      expect(HELP).toContain(`--${flag}`);
    }
  });
});
