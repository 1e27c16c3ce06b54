import { describe, expect, it } from '@jest/globals';
import { measure, type RateReading } from './rate-facts.js';

function reading(
  at: number,
  enlistments: number,
  full: number,
  rest: Partial<RateReading> = {},
): RateReading {
  const counts = { full, partial: 0, idle: 0, aborted: 0, failed: 0, gated: 0 };
  return { at, enlistments, counts, gatedBy: {}, items: 0, ...rest };
}

describe('measure', () => {
  it('takes what was counted between two readings', () => {
    const before = reading(1000, 50, 3, { items: 60, gatedBy: { busy: 2 } });
    const after = reading(61_000, 650, 10, { items: 200, gatedBy: { busy: 5, loaded: 4 } });
    expect(measure(before, after)).toEqual({
      seconds: 60,
      enlistments: 600,
      counts: { full: 7, partial: 0, idle: 0, aborted: 0, failed: 0, gated: 0 },
      gatedBy: { busy: 3, loaded: 4 },
      gatedLooks: {},
      items: 140,
    });
  });

  it('takes what the agenda looked at, too, where the readings say so', () => {
    const before = reading(1000, 50, 3, { gatedBy: { loaded: 9 }, gatedLooks: { loaded: 6 } });
    const after = reading(61_000, 650, 10, {
      gatedBy: { loaded: 20, 'lease-held': 3 },
      gatedLooks: { loaded: 10, 'lease-held': 2 },
    });
    expect(measure(before, after)).toMatchObject({
      gatedBy: { loaded: 11, 'lease-held': 3 },
      gatedLooks: { loaded: 4, 'lease-held': 2 },
    });
    expect(measure(reading(0, 0, 0), after).gatedLooks).toEqual({ loaded: 10, 'lease-held': 2 });
  });

  it('counts nothing for a counter that began anew', () => {
    expect(measure(reading(1000, 500, 30), reading(2000, 20, 1))).toMatchObject({
      enlistments: 0,
      counts: { full: 0 },
    });
  });
});
