import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock, SeededRandom } from '../testing/index.js';
import { KeyHeat } from './key-heat.js';
import type { Task } from './recomputes.js';

const options = { ttl: 1000, beta: 1, stale: 0, negativeTtl: 1000, ahead: true };
const taskOf = (key: string): Task => ({ key, recompute: () => key, options });
const ENTRY = { left: 50, delta: 1 };

function heatOf(capacity: number, halfLife = 1000) {
  const clock = new ManualClock();
  return { clock, heat: new KeyHeat({ capacity, halfLife }, clock, new SeededRandom(5)) };
}

const keysOf = (heat: KeyHeat, limit = 1000) => heat.due(1, limit).map(({ task }) => task.key);

describe('KeyHeat', () => {
  it('tells the keys that are near their expiry, the hottest first', () => {
    const { heat } = heatOf(10);
    for (const [key, hits, left] of [
      ['warm', 2, 50],
      ['hot', 9, 100],
      ['fresh', 99, 101],
      ['tepid', 1, -5],
    ] as const) {
      for (let hit = 0; hit < hits; hit++) heat.touch(taskOf(key), { left, delta: 1 });
    }
    expect(heat.due(0.1, 9).map(({ task, score }) => [task.key, score])).toEqual([
      ['hot', 9],
      ['warm', 2],
      ['tepid', 1],
    ]);
    expect(heat.due(0.1, 1).map(({ task }) => task.key)).toEqual(['hot']);
  });

  it('halves what hits count once in a half-life, and forgets who has become cold', () => {
    const { heat, clock } = heatOf(10);
    for (let hit = 0; hit < 8; hit++) heat.touch(taskOf('old'), ENTRY);
    clock.advance(3000);
    heat.touch(taskOf('new'), ENTRY);
    heat.touch(taskOf('new'), ENTRY);
    expect(heat.due(1, 9).map(({ task, score }) => [task.key, score])).toEqual([
      ['new', 2],
      ['old', 1],
    ]);
    clock.advance(2500);
    expect(keysOf(heat)).toEqual(['new']);
    expect(heat.size).toBe(1);
    clock.advance(60_000);
    expect(keysOf(heat)).toEqual([]);
    expect(heat.size).toBe(0);
  });

  it('keeps the hot ones while any number of others comes and goes, in bounded space', () => {
    const { heat } = heatOf(64);
    const hot = Array.from({ length: 10 }, (_, index) => `hot${index}`);
    for (let turn = 0; turn < 20_000; turn++) {
      heat.touch(taskOf(`once${turn}`), ENTRY);
      if (turn % 5 === 0) heat.touch(taskOf(hot[(turn / 5) % 10]!), ENTRY);
      expect(heat.size).toBeLessThanOrEqual(64);
    }
    expect(new Set(keysOf(heat, 10))).toEqual(new Set(hot));
  });

  it('runs the latest task, and believes what was seen of the entry last', () => {
    const { heat } = heatOf(4);
    const [first, second] = [taskOf('a'), taskOf('a')];
    heat.touch(first, ENTRY);
    heat.touch(second, ENTRY);
    expect(heat.due(1, 1)[0]!.task).toBe(second);
    heat.update('a', { left: 900, delta: 7 });
    heat.update('unknown', { left: 1, delta: 1 });
    expect(heat.due(0.5, 1)).toEqual([]);
    expect(heat.due(1, 1)[0]).toMatchObject({ expiry: 900, delta: 7 });
  });

  it('never loses count of its keys, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: fc.nat(30), pause: fc.nat(3000) }), { maxLength: 200 }),
        (hits) => {
          const { heat, clock } = heatOf(5);
          for (const { key, pause } of hits) {
            clock.advance(pause);
            heat.touch(taskOf(`k${key}`), ENTRY);
            const keys = keysOf(heat);
            expect(keys).toContain(`k${key}`);
            expect(new Set(keys).size).toBe(keys.length);
            expect(keys.length).toBe(heat.size);
            expect(heat.size).toBeLessThanOrEqual(5);
          }
        },
      ),
      { seed: 11 },
    );
  });
});
