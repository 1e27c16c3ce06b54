import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { FleetSize } from './fleet-size.js';

const MINUTE = 60_000;

/** @param answers - results of the coordinator in turn; an Error is thrown. */
function counting(answers: readonly unknown[], isWanted = () => true) {
  const clock = new ManualClock();
  const errors: string[] = [];
  let asked = 0;
  const coordinator = {
    async countProcesses(): Promise<number> {
      const answer = answers[asked++];
      if (answer instanceof Error) throw answer;
      return answer as number;
    },
  };
  const size = new FleetSize(
    'default',
    () => coordinator,
    isWanted,
    clock,
    (error) => errors.push(String(error)),
  );
  return { clock, errors, size, asked: () => asked };
}

/** Lets time pass, and what was asked for be answered. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  clock.advance(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

describe('FleetSize', () => {
  it('is 1 at first, then what the coordinator says, then goes half the way to each later result', async () => {
    const { clock, size } = counting([8, 16, 12]);
    expect(size.processes).toBe(1);
    const seen: number[] = [];
    size.start();
    for (let turn = 0; turn < 3; turn++) {
      await pass(clock, 1);
      seen.push(size.processes);
      await pass(clock, MINUTE);
    }
    expect(seen).toEqual([8, 12, 12]);
  });

  it('reports one error of an outage, keeps the last result meanwhile, and reports the next outage', async () => {
    const away = new Error('away');
    const { clock, errors, size } = counting([4, away, away, 'many', 4, away]);
    size.start();
    for (let minute = 0; minute < 4; minute++) await pass(clock, MINUTE);
    expect(size.processes).toBe(4);
    expect(errors).toEqual(['Error: away']);
    await pass(clock, MINUTE);
    await pass(clock, MINUTE);
    expect(errors).toEqual(['Error: away', 'Error: away']);
  });

  it('refuses nonsense in words, and takes no number beyond 100,000', async () => {
    const { clock, errors, size } = counting([NaN, 1e9]);
    size.start();
    await pass(clock, 1);
    expect(errors).toEqual(['TypeError: countProcesses() returned NaN; expected a number from 1']);
    expect(size.processes).toBe(1);
    await pass(clock, MINUTE);
    expect(size.processes).toBe(100_000);
  });

  it('asks nobody while no job needs it, or once it is stopped', async () => {
    let isWanted = false;
    const { clock, size, asked } = counting([2, 2, 2], () => isWanted);
    size.start();
    await pass(clock, 2 * MINUTE);
    expect(asked()).toBe(0);
    isWanted = true;
    size.start();
    await pass(clock, 1);
    size.stop();
    await pass(clock, 5 * MINUTE);
    expect(asked()).toBe(1);
  });
});
