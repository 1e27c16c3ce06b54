/** Reads the summary that `npm start -- --json` wrote, and fails unless the fleet did what the README promises. */
import { readFileSync } from 'node:fs';

/** ms. A slice that a busy machine stalls is followed by a rest that is 19 times as long. */
const LONGEST_OVERDUE = 10_000;

/** Passes of the job with `every` that some worker ended. */
function passes({ jobs }) {
  const { partial = 0, idle = 0 } = jobs['recent-views']?.outcomes ?? {};
  return partial + idle;
}

const summary = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const problems = [
  ...(summary.requests > 0 ? [] : ['no request was answered']),
  ...(summary.failedRequests === 0 ? [] : [`${summary.failedRequests} requests failed`]),
  ...(summary.restarts === 0 ? [] : [`workers were restarted ${summary.restarts} times`]),
  ...(summary.workers.length === 2 ? [] : [`${summary.workers.length} workers reported, not 2`]),
  ...summary.workers
    .filter(({ reaped }) => !(reaped > 0))
    .map(({ worker, reaped }) => `worker ${worker} reaped ${reaped} fields`),
  ...(summary.oldestOverdue !== null && summary.oldestOverdue < LONGEST_OVERDUE
    ? []
    : [`the oldest overdue field had waited ${summary.oldestOverdue} ms, not less than ${LONGEST_OVERDUE}`]),
  ...(passes(summary) > 0 ? [] : ['no pass of recent-views was done']),
  ...(summary.searchKeys?.done > 0 ? [] : ['the backfill of search keys did not begin']),
];

for (const problem of problems) console.error(`The sample application: ${problem}.`);
process.exitCode = problems.length > 0 ? 1 : 0;
if (problems.length === 0) {
  const { requests, reaped, oldestOverdue, searchKeys } = summary;
  const films = `search keys of ${searchKeys.done} of ${searchKeys.total} films`;
  console.log(`${requests} requests, ${reaped} fields reaped, oldest overdue ${oldestOverdue} ms, ${films}.`);
}
