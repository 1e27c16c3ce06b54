import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../testing/manual-clock.js';
import { Duty, type SliceResult } from '../job.js';
import { Recruiter } from '../recruiter.js';
import { sliceCounts } from './slice-counts.js';

/** Runs the slices one after the other, and pauses the job for so many more. */
async function countsAfter(slices: ((clock: ManualClock) => SliceResult)[], paused = 0) {
  const clock = new ManualClock();
  const recruiter = new Recruiter('default', { clock });
  let turn = 0;
  recruiter.install({ recruited: () => slices[turn++]!(clock) }, 'job', 0.1);
  for (const _ of slices) await recruiter.recruit('job');
  recruiter.pause('job');
  for (let slice = 0; slice < paused; slice++) await recruiter.recruit('job');
  return sliceCounts(recruiter.jobs[0]!);
}

const fails = () => {
  throw new Error('no');
};

describe('The counts of slices as telemetry tells them', () => {
  it('leave out what never was', async () => {
    expect(await countsAfter([])).toEqual([]);
  });

  it('tell a reason of slices that failed, were cut short or held back, and of no others', async () => {
    const slices = [() => Duty.RECRUITED, () => Duty.DISMISSED, fails, fails];
    const overruns = (clock: ManualClock) => {
      clock.advance(60);
      throw new Error('cut short');
    };
    const full = () => ({ done: 1, more: true });
    const late = (clock: ManualClock) => clock.advance(60);
    expect(await countsAfter([...slices, overruns, full, late], 3)).toEqual([
      { outcome: 'full', reason: undefined, count: 1 },
      { outcome: 'partial', reason: undefined, count: 2 },
      { outcome: 'idle', reason: undefined, count: 1 },
      { outcome: 'aborted', reason: 'budget', count: 1 },
      { outcome: 'failed', reason: 'error', count: 2 },
      { outcome: 'gated', reason: 'paused', count: 3 },
    ]);
  });
});
