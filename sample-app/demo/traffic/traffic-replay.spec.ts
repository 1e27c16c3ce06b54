import { describe, expect, it } from '@jest/globals';
import { ManualClock, SeededRandom } from 'nestjs-work-stealing/testing';
import { TrafficReplay } from './traffic-replay.js';
import { TrafficShape } from './traffic-shape.js';

const DAY = 240_000;
/** All traffic between 6 and 18 h, evenly. */
const daytime = Array.from({ length: 24 }, (_, hour) => (hour >= 6 && hour < 18 ? 1 : 0.001));

function replay(mean: number, counts: readonly number[], visit?: (film: number) => Promise<void>) {
  const clock = new ManualClock();
  const visits: { at: number; film: number }[] = [];
  let film = 0;
  const traffic = new TrafficReplay({
    mean,
    shape: new TrafficShape(counts, DAY),
    random: new SeededRandom(5),
    nextFilm: () => ++film,
    visit: visit ?? ((wanted) => Promise.resolve(void visits.push({ at: clock.now(), film: wanted }))),
    clock,
  });
  return { clock, traffic, visits };
}

describe('TrafficReplay', () => {
  it('sends the mean over a day, give or take chance', () => {
    const { clock, traffic, visits } = replay(50, Array<number>(24).fill(1));
    traffic.start();
    clock.advance(DAY);
    // 12,000 expected, standard deviation 110.
    expect(Math.abs(visits.length - 12_000)).toBeLessThan(440);
    expect(visits.map(({ film }) => film)).toEqual(visits.map((_, index) => index + 1));
  });

  it('follows the hours of the day', () => {
    const { clock, traffic, visits } = replay(50, daytime);
    traffic.start();
    clock.advance(DAY);
    const byDay = visits.filter(({ at }) => at >= DAY / 4 && at < (DAY * 3) / 4).length;
    expect(byDay / visits.length).toBeGreaterThan(0.99);
  });

  it('skips what it missed while the machine stood still', () => {
    const { clock, traffic, visits } = replay(100, Array<number>(24).fill(1));
    traffic.start();
    clock.jump(60_000);
    clock.advance(0);
    clock.advance(10);
    // One second of it is made up for: 100 visits, not 6,000.
    expect(visits.length).toBeGreaterThan(50);
    expect(visits.length).toBeLessThan(150);
  });

  it('sends no more after stop, which waits for visits under way', async () => {
    let leave!: () => void;
    let visits = 0;
    const { clock, traffic } = replay(1000, Array<number>(24).fill(1), () => {
      visits++;
      return new Promise((resolve) => (leave = resolve));
    });
    traffic.start();
    while (visits === 0) clock.advance(1);
    const before = visits;
    let stopped = false;
    const stopping = traffic.stop().then(() => (stopped = true));
    clock.advance(DAY);
    await Promise.resolve();
    expect([visits, stopped, clock.pending]).toEqual([before, false, 0]);
    leave();
    await stopping;
    expect(stopped).toBe(true);
  });

  it('says which hour it replays', () => {
    const { clock, traffic } = replay(0.001, daytime);
    traffic.start();
    clock.advance(DAY / 2);
    expect(traffic.description).toBe('12:00, traffic x 2.00');
  });
});
