import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Fleet, FleetJob, FleetProcess } from '../fleet/fleet.js';
import { ManualClock } from '../testing/index.js';
import { FleetMonitor, type MonitorEvent } from './fleet-monitor.js';
import type { Snapshot, Update } from './wire.js';

const INTERVAL = 1000;

/** A fleet that is as it is told, and counts how often it is looked at. */
class ToldFleet implements Pick<Fleet, 'scope' | 'jobs' | 'processes' | 'audit'> {
  readonly scope = 'fleet';
  looks = 0;
  full = 0;
  size = 1;
  problem: Error | undefined;
  /** ms that each look takes. */
  slowness = 0;

  constructor(readonly clock: ManualClock) {}

  async jobs(): Promise<FleetJob[]> {
    this.looks++;
    if (this.problem !== undefined) throw this.problem;
    this.clock.jump(this.slowness);
    const counts = { full: this.full, partial: 0, idle: 0, aborted: 0, failed: 0, gated: 0 };
    return [{ recruiter: 'default', id: 'fold', counts, processes: 1 } as unknown as FleetJob];
  }

  async processes(): Promise<FleetProcess[]> {
    const one = { id: 'a', enlistmentsPerSecond: 2, inFlight: 1 } as unknown as FleetProcess;
    return Array.from({ length: this.size }, () => one);
  }

  async audit() {
    return [];
  }
}

function watch() {
  const clock = new ManualClock(1_000_000);
  const fleet = new ToldFleet(clock);
  return { clock, fleet, watched: new FleetMonitor(fleet as unknown as Fleet, INTERVAL, clock) };
}

/** Lets what waits for answers of the fleet go on. */
const settle = () => new Promise((resolve) => void setImmediate(resolve));

async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100);
    await settle();
  }
}

function listen(watched: FleetMonitor) {
  const heard: MonitorEvent[] = [];
  const subscription = watched.events().subscribe((event) => heard.push(event));
  const updates = () => heard.slice(1).map(({ data }) => JSON.parse(data) as Update);
  return { heard, updates, leave: () => subscription.unsubscribe() };
}

describe('FleetMonitor', () => {
  it('looks once for all who watch, and tells each of them everything first', async () => {
    const { clock, fleet, watched } = watch();
    const [one, other] = [listen(watched), listen(watched)];
    await settle();
    expect(fleet.looks).toBe(1);
    await pass(clock, 3 * INTERVAL);
    expect(fleet.looks).toBe(4);
    for (const { heard } of [one, other]) {
      expect(heard.map(({ type }) => type)).toEqual(['snapshot', 'update', 'update', 'update']);
    }
    watched.onModuleDestroy();
  });

  it('rests a minute after the last has gone, and forgets what it saw', async () => {
    const { clock, fleet, watched } = watch();
    const { leave } = listen(watched);
    await pass(clock, 2 * INTERVAL);
    leave();
    await pass(clock, 62_000);
    expect(watched.isActive).toBe(false);
    expect(clock.pending).toBe(0);
    const { looks } = fleet;
    await pass(clock, 10_000);
    expect(fleet.looks).toBe(looks);
    const { samples } = await watched.snapshot();
    expect(samples).toEqual([]);
    watched.onModuleDestroy();
  });

  it('spends no more than a fifth of the time on looks that take long', async () => {
    const { clock, fleet, watched } = watch();
    fleet.slowness = 800;
    const { leave } = listen(watched);
    await settle();
    await pass(clock, 60_000);
    expect(fleet.looks).toBeGreaterThan(10);
    expect(fleet.looks).toBeLessThanOrEqual(1 + 60_000 / (4 * 800));
    leave();
    watched.onModuleDestroy();
  });

  it('lets no page wait longer than five seconds for the next look', async () => {
    const { clock, fleet, watched } = watch();
    fleet.slowness = 30_000;
    const { updates } = listen(watched);
    await settle();
    await pass(clock, 5100);
    expect(updates()).toHaveLength(1);
    watched.onModuleDestroy();
  });

  it('adds up what processes say that are too many to be shown', async () => {
    const { fleet, watched } = watch();
    fleet.size = 1500;
    const { processes, totals } = await watched.snapshot();
    expect(processes).toHaveLength(100);
    expect(totals).toEqual({ processes: 1500, enlistmentsPerSecond: 3000, inFlight: 1500 });
    watched.onModuleDestroy();
  });

  it('shows what it saw last while the fleet cannot be seen, says why, logs it once, and misses no work', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { clock, fleet, watched } = watch();
    const { heard, updates } = listen(watched);
    await settle();
    fleet.problem = new Error('no connection');
    await pass(clock, 2 * INTERVAL);
    expect(updates()).toMatchObject([
      { problem: 'no connection' },
      { problem: 'no connection', sample: null },
    ]);
    expect(logged).toHaveBeenCalledTimes(1);
    const { jobs } = await watched.snapshot();
    expect(jobs).toMatchObject([{ id: 'fold' }]);
    fleet.problem = undefined;
    fleet.full = 7;
    await pass(clock, INTERVAL);
    expect(updates().at(-1)).toMatchObject({
      problem: null,
      sample: { jobs: [[0, 7, 0, 0, 0, 0, 0]], seconds: 3 },
    });
    expect(heard).toHaveLength(4);
    logged.mockRestore();
    watched.onModuleDestroy();
  });

  it('looks again at once when something was changed', async () => {
    const { fleet, watched } = watch();
    const { updates } = listen(watched);
    await settle();
    fleet.full = 3;
    await watched.refresh();
    expect(updates()).toMatchObject([{ jobs: [{ counts: { full: 3 } }] }]);
    watched.onModuleDestroy();
  });

  it('ends all streams when the application closes, and begins none after that', async () => {
    const { clock, watched } = watch();
    let ended = 0;
    watched.events().subscribe({ complete: () => ended++ });
    await settle();
    watched.onModuleDestroy();
    watched.events().subscribe({ complete: () => ended++ });
    expect(ended).toBe(2);
    expect(watched.isClosed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('keeps five minutes for the plots of whoever comes later', async () => {
    const { clock, fleet, watched } = watch();
    listen(watched);
    await settle();
    for (let second = 0; second < 400; second++) {
      fleet.full++;
      await pass(clock, INTERVAL);
    }
    const { samples, at }: Snapshot = await watched.snapshot();
    expect(samples.length).toBeGreaterThanOrEqual(300);
    expect(at - samples[0]!.at).toBeLessThanOrEqual(300_000);
    watched.onModuleDestroy();
  });
});
