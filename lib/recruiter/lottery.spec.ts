import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SeededRandom } from '../testing/seeded-random.js';
import { Lottery, type Ticket } from './lottery.js';
import type { Random } from './random.js';

const CLAMP = 2 ** 30 - 1;

interface MutableTicket extends Ticket {
  rate: number;
}

const ticketsOf = (...rates: number[]): MutableTicket[] => rates.map((rate) => ({ rate }));

const lotteryOf = <T extends Ticket>(tickets: readonly T[], random: Random) =>
  new Lottery(random, () => tickets);

/** As the recruiter's hot path does. */
function enlist<T extends Ticket>(lottery: Lottery<T>): T | undefined {
  if (lottery.skip > 0) {
    lottery.skip--;
    return undefined;
  }
  return lottery.draw();
}

/** A source that answers these numbers in turn, and fails the test when it is asked for more. */
function scripted(...numbers: number[]): Random {
  return {
    next() {
      const number = numbers.shift();
      if (number === undefined) throw new Error('The script has run out of numbers');
      return number;
    },
  };
}

const chiSquare = (observed: readonly number[], expected: readonly number[]) =>
  observed.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0);

/** Upper 99.9 % point of chi-square (Wilson and Hilferty, within 1 % from 3 degrees of freedom). */
const critical = (degrees: number) =>
  degrees * (1 - 2 / (9 * degrees) + 3.0902 * Math.sqrt(2 / (9 * degrees))) ** 3;

function countDraws(lottery: Lottery<Ticket>, tickets: readonly Ticket[], enlistments: number): number[] {
  const index = new Map(tickets.map((ticket, i) => [ticket, i]));
  const counts = Array.from({ length: tickets.length + 1 }, () => 0);
  for (let i = 0; i < enlistments; i++) {
    const drawn = enlist(lottery);
    counts[drawn === undefined ? tickets.length : index.get(drawn)!]!++;
  }
  return counts;
}

describe('Lottery over a million enlistments (99.9 % confidence, fixed seed)', () => {
  const N = 1_000_000;

  it.each([
    { name: 'rates of everyday', rates: [0.003, 0.0015, 0.0008, 0.0003] },
    { name: 'large and uneven rates', rates: [0.5, 0.001, 0.2, 0.05] },
    { name: 'rates that add up to 1', rates: [0.7, 0.2, 0.09, 0.01] },
  ])('draws each job as often as its rate says: $name', ({ rates }) => {
    const tickets = ticketsOf(...rates);
    const counts = countDraws(lotteryOf(tickets, new SeededRandom(1)), tickets, N);
    const missing = 1 - rates.reduce((sum, rate) => sum + rate, 0);
    const cells = missing > 1e-9 ? [...rates, missing] : rates;
    const observed = counts.slice(0, cells.length);

    expect(counts.reduce((sum, count) => sum + count)).toBe(N);
    expect(
      chiSquare(
        observed,
        cells.map((p) => p * N),
      ),
    ).toBeLessThan(critical(cells.length - 1));
  });

  it('draws independently of what was drawn before', () => {
    const rates = [0.3, 0.2];
    const tickets = ticketsOf(...rates);
    const lottery = lotteryOf(tickets, new SeededRandom(2));
    const cells = [...rates, 0.5];
    const pairs = Array.from({ length: 9 }, () => 0);
    const draw = () => {
      const ticket = enlist(lottery);
      return ticket === undefined ? 2 : tickets.indexOf(ticket);
    };
    for (let i = 0; i < N; i += 2) pairs[3 * draw() + draw()]!++;

    const expected = cells.flatMap((p) => cells.map((q) => (p * q * N) / 2));
    expect(chiSquare(pairs, expected)).toBeLessThan(critical(8));
  });

  it('leaves geometric gaps between recruits', () => {
    const rate = 0.2;
    const lottery = lotteryOf(ticketsOf(rate), new SeededRandom(3));
    const gaps = Array.from({ length: 31 }, () => 0);
    let hits = 0;
    for (let i = 0, gap = 0; i < N; i++, gap++) {
      if (enlist(lottery) === undefined) continue;
      gaps[Math.min(30, gap)]!++;
      hits++;
      gap = -1;
    }
    const expected = gaps.map((_, k) => hits * (k < 30 ? rate * (1 - rate) ** k : (1 - rate) ** 30));
    expect(chiSquare(gaps, expected)).toBeLessThan(critical(30));
  });

  it('draws each of 10,000 jobs as often as its rate says', () => {
    const tickets = Array.from({ length: 10_000 }, (_, i) => ({ rate: (1 + (i % 3)) / 20_000 }));
    const random = new SeededRandom(4);
    const sum = tickets.reduce((total, ticket) => total + ticket.rate, 0);
    const scaled = tickets.map((ticket) => ({ rate: ticket.rate / sum }));
    const counts = countDraws(lotteryOf(scaled, random), scaled, N);

    expect(counts.pop()).toBe(0);
    expect(
      chiSquare(
        counts,
        scaled.map((ticket) => ticket.rate * N),
      ),
    ).toBeLessThan(critical(9_999));
  });
});

describe('Lottery when rates change in mid-stream', () => {
  /** Changes between two rates at random moments; returns recruits over what is due, and its standard error. */
  function ratioAtEachRate(low: number, high: number, enlistments: number) {
    const ticket = { rate: low };
    const other = { rate: 0.01 };
    const lottery = lotteryOf([ticket, other], new SeededRandom(5));
    const whims = new SeededRandom(6);
    const seen = { [low]: { n: 0, hits: 0 }, [high]: { n: 0, hits: 0 } };
    for (let done = 0; done < enlistments;) {
      const run = 1 + Math.floor(whims.next() * 40);
      const phase = seen[ticket.rate]!;
      for (let i = 0; i < run; i++) if (enlist(lottery) === ticket) phase.hits++;
      phase.n += run;
      done += run;
      ticket.rate = ticket.rate === low ? high : low;
      lottery.invalidate();
    }
    return [low, high].map((rate) => {
      const { n, hits } = seen[rate]!;
      return { ratio: hits / (n * rate), error: Math.sqrt((1 - rate) / (n * rate)) };
    });
  }

  it('draws 0.997 to 1.003 times what is due at each rate, within 3.3 standard errors', () => {
    for (const { ratio, error } of ratioAtEachRate(0.15, 0.7, 8_000_000)) {
      expect(ratio).toBeGreaterThan(0.997);
      expect(ratio).toBeLessThan(1.003);
      expect(Math.abs(ratio - 1) / error).toBeLessThan(3.3);
    }
  }, 60_000);

  it('never draws a job from the moment its rate is 0, and does again when it is not', () => {
    const ticket = { rate: 1 };
    const lottery = lotteryOf([ticket], new SeededRandom(7));
    expect(enlist(lottery)).toBe(ticket);
    ticket.rate = 0;
    lottery.invalidate();
    for (let i = 0; i < 1000; i++) expect(enlist(lottery)).toBeUndefined();
    ticket.rate = 1;
    lottery.invalidate();
    expect(enlist(lottery)).toBe(ticket);
    expect(lottery.enlistments).toBe(1002);
  });
});

describe('Lottery at extreme rates', () => {
  it('draws a single job of rate 1 at every enlistment', () => {
    const tickets = ticketsOf(1);
    expect(countDraws(lotteryOf(tickets, new SeededRandom(8)), tickets, 10_000)).toEqual([10_000, 0]);
  });

  it('draws nobody without jobs, or when all rates are 0', () => {
    for (const tickets of [[], ticketsOf(0), ticketsOf(0, -0, 0)]) {
      const lottery = lotteryOf(tickets, scripted(0));
      for (let i = 0; i < 1000; i++) expect(enlist(lottery)).toBeUndefined();
      expect(lottery.enlistments).toBe(1000);
    }
  });

  it('never draws a job of rate 0, though the source says 0 and it stands first', () => {
    const tickets = ticketsOf(0, 0.5, 0);
    const lottery = lotteryOf(tickets, { next: () => 0 });
    for (let i = 0; i < 100; i++) expect(enlist(lottery)).toBe(tickets[1]);
  });

  it('draws the last job when the source comes as near to 1 as it can', () => {
    const nearest = 1 - 2 ** -53;
    const tickets = ticketsOf(0.3, 0.3, 0.4);
    expect(lotteryOf(tickets, scripted(0, nearest, 0)).draw()).toBe(tickets[2]);
  });

  it('draws the next job where the source says exactly what the rates before it add up to', () => {
    const tickets = ticketsOf(0.25, 0.25, 0.5);
    expect(lotteryOf(tickets, scripted(0, 0.25, 0)).draw()).toBe(tickets[1]);
    expect(lotteryOf(tickets, scripted(0, 0.5, 0)).draw()).toBe(tickets[2]);
  });

  it('never draws a job of rate 0 that stands last, though the source comes as near to 1 as it can', () => {
    for (const rate of [0.25, 0.3, 1 / 3, 0.7, 1 - Number.EPSILON, 1]) {
      const tickets = ticketsOf(rate, 0);
      expect(lotteryOf(tickets, scripted(0, 1 - 2 ** -53, 0)).draw()).toBe(tickets[0]);
    }
  });

  it('draws a gap anew after a change, also where the one before it was to end in a hit', () => {
    const tickets = ticketsOf(0.5);
    const lottery = lotteryOf(tickets, scripted(0, 0, 0, 0.9, 0));
    expect(lottery.draw()).toBe(tickets[0]);
    lottery.invalidate();
    expect(lottery.draw()).toBeUndefined();
    expect(lottery.skip).toBe(2);
  });

  it('draws by the cumulative rates as a linear walk would', () => {
    const tickets = ticketsOf(0.1, 0.25, 0.05, 0.2, 0.4);
    const millionths = fc.integer({ min: 0, max: 999_999 }).map((n) => n / 1e6);
    fc.assert(
      fc.property(millionths, (uniform) => {
        let cumulative = 0;
        const walked = tickets.find((ticket) => uniform < (cumulative += ticket.rate));
        expect(lotteryOf(tickets, scripted(0, uniform, 0)).draw()).toBe(walked);
      }),
      { numRuns: 1000 },
    );
  });

  it('hits at 1e-9 as often as it should, though most gaps are cut at the longest small integer', () => {
    const rate = 1e-9;
    const HITS = 20_000;
    const [ticket] = ticketsOf(rate);
    const lottery = lotteryOf([ticket!], new SeededRandom(10));
    let beyondClamp = 0;
    let before = 0;
    for (let hits = 0; hits < HITS;) {
      if (enlist(lottery) === ticket) {
        if (lottery.enlistments - before > CLAMP) beyondClamp++;
        before = lottery.enlistments;
        hits++;
      }
      // As so many enlistments would: nobody can wait for 1e13 of them.
      lottery.skip = 0;
    }
    // Standard errors: the mean 1/sqrt(HITS) = 0.7 %, the share sqrt(pq/HITS) = 0.0034; three of each.
    expect((before / HITS) * rate).toBeGreaterThan(0.979);
    expect((before / HITS) * rate).toBeLessThan(1.021);
    expect(Math.abs(beyondClamp / HITS - (1 - rate) ** CLAMP)).toBeLessThan(0.0102);
  });

  it('keeps its count a small integer, and never takes the end of a cut gap for a hit', () => {
    const tickets = ticketsOf(1e-9);
    const longest = 1 - 2 ** -53;
    const lottery = lotteryOf(tickets, scripted(longest, longest, 0, 0.5, longest));

    expect(lottery.draw()).toBeUndefined();
    expect(lottery.skip).toBe(CLAMP - 1);
    lottery.skip = 0;
    expect(lottery.enlistments).toBe(CLAMP);

    expect(lottery.draw()).toBeUndefined();
    expect(lottery.skip).toBe(CLAMP - 1);
    lottery.skip = 0;

    expect(lottery.draw()).toBe(tickets[0]);
    expect(lottery.enlistments).toBe(2 * CLAMP + 1);
    expect(lottery.skip).toBe(CLAMP);
  });

  it('takes a gap that is just shorter than the longest as it is', () => {
    const rate = 1e-9;
    const misses = CLAMP - 4;
    const uniform = -Math.expm1((misses + 0.5) * Math.log1p(-rate));
    const tickets = ticketsOf(rate);
    const lottery = lotteryOf(tickets, scripted(uniform, 0, 0));
    expect(lottery.draw()).toBeUndefined();
    expect(Math.abs(lottery.skip - (misses - 1))).toBeLessThanOrEqual(1);
    lottery.skip = 0;
    expect(lottery.draw()).toBe(tickets[0]);
  });

  it('survives a rate that only just is one', () => {
    const lottery = lotteryOf(ticketsOf(Number.MIN_VALUE), new SeededRandom(11));
    for (let i = 0; i < 1000; i++) expect(enlist(lottery)).toBeUndefined();
  });
});

describe('Lottery when rates add up to 1 on paper only', () => {
  const partsOfOne = fc
    .array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 60 })
    .map((parts) => {
      const sum = parts.reduce((total, part) => total + part);
      return parts.map((part) => part / sum);
    });
  const tenths = fc.constant(Array.from({ length: 10 }, () => 0.1));

  it('draws somebody at every enlistment, in whatever order they stand', () => {
    fc.assert(
      fc.property(
        fc
          .oneof(partsOfOne, tenths)
          .chain((rates) => fc.shuffledSubarray(rates, { minLength: rates.length })),
        fc.integer(),
        (rates, seed) => {
          const lottery = lotteryOf(ticketsOf(...rates), new SeededRandom(seed));
          for (let i = 0; i < 200; i++) if (enlist(lottery) === undefined) return false;
          return lottery.enlistments === 200;
        },
      ),
    );
  });
});

describe('Lottery that counts enlistments', () => {
  it('is exact, whatever happens between them', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ enlist: fc.integer({ min: 0, max: 200 }) }) },
      { weight: 1, arbitrary: fc.record({ rate: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), fc.integer(), (steps, seed) => {
        const ticket = { rate: 0.1 };
        const lottery = lotteryOf([ticket], new SeededRandom(seed));
        let count = 0;
        for (const each of steps) {
          if ('rate' in each) {
            ticket.rate = each.rate;
            lottery.invalidate();
          } else {
            for (let i = 0; i < each.enlist; i++) enlist(lottery);
            count += each.enlist;
          }
          expect(lottery.enlistments).toBe(count);
        }
      }),
    );
  });
});
