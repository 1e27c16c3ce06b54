import { child } from './child.mjs';
import { median, paired } from '../measure/paired.mjs';
import { row, times } from './table.mjs';
import { awaitsOf } from './subjects/loops.mjs';
import { recruiterWith } from './subjects/recruiters.mjs';

const NO_COLLECTION = ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512'];

/** What an enlistment costs when it is dismissed, which nearly all are. */
export async function rows(mode) {
  const empty = await dismissal('empty', mode);
  const manyJobs = await dismissal('manyJobs', mode);
  const textbook1 = await dismissal('textbook1', mode);
  const textbook1000 = await dismissal('textbook1000', mode);
  const bytes = await bytesACall(mode.calls);
  const awaited = await awaitedDismissal(mode);
  return [
    row(
      '`enlistDetached()` dismissed, against an empty method call',
      'at most 1.25 times',
      times(empty),
      empty <= 1.25,
    ),
    row('the same: bytes allocated a call', 'under 0.1', bytes.toFixed(4), bytes < 0.1),
    row('the same with 10,000 jobs, against 1 job', 'at most 1.2 times', times(manyJobs), manyJobs <= 1.2),
    row('the textbook way with 1 job, against it', 'at least 2.5 times', times(textbook1), textbook1 >= 2.5),
    row(
      'the textbook way with 1,000 jobs, against it',
      'at least 200 times',
      times(textbook1000),
      textbook1000 >= 200,
    ),
    row(
      '`await enlist()` dismissed, against `await` of a resolved promise',
      'at most 1.3 times',
      times(awaited),
      awaited <= 1.3,
    ),
  ];
}

/** The median of several processes: where V8 puts code and objects differs from one to the next, and shows at 3 ns. */
async function dismissal(comparison, { processes, rounds, turn }) {
  const ratios = [];
  for (let i = 0; i < processes; i++) {
    const options = { flags: ['--no-turbo-inlining'], args: [comparison, rounds, turn] };
    ratios.push((await child('dismissal', options)).ratio);
  }
  return median(ratios);
}

async function bytesACall(calls) {
  const { bytes, control } = await child('allocation', { flags: NO_COLLECTION, args: [calls] });
  if (control < 8)
    throw new Error(`An object a call shows as ${control} bytes: this does not measure allocation`);
  return bytes;
}

async function awaitedDismissal(mode) {
  const resolved = Promise.resolve(0);
  const baseline = awaitsOf({ resolved: () => resolved }, 'resolved');
  return (await paired(awaitsOf(recruiterWith(1), 'enlist'), baseline, mode)).ratio;
}
