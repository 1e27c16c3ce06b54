import type { Clock } from '../recruiter/clock.js';
import { WorkStealingConfigError } from '../recruiter/errors.js';
import type { FleetBackend } from './fleet-backend.js';
import type { OwnSite } from './fleet-site.js';
import { FleetUnavailableError } from './fleet-unavailable.error.js';
import { keyOf, type Extent } from './job-key.js';
import { changedOrders, type Change, type Orders } from './orders.js';
import type { ProcessReport } from './process-report.js';
import { checkSum } from './sum-rule.js';

/** So often is a change tried anew when others change the orders at the same moment. */
const ATTEMPTS = 10;

/** Changes what is in force in the fleet, if that is allowed. */
export class FleetControl {
  constructor(
    private readonly site: OwnSite,
    private readonly clock: Required<Clock>,
  ) {}

  /** The rule is checked against what is seen now; a revision that has grown since means to check it again. */
  change(backend: FleetBackend, change: Change): Promise<void> {
    return steer(async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const seen = await backend.orders();
        await this.#check(backend, change, seen);
        const changed = await backend.change(change, seen);
        if (changed !== undefined) return this.site.apply(changed);
      }
      throw new FleetUnavailableError(
        `Others change the fleet all the time; nothing was changed after ${ATTEMPTS} attempts. Try again.`,
      );
    });
  }

  runOnce(backend: FleetBackend, job: Required<Extent>, by: string): Promise<void> {
    return steer(async () => {
      if (!(await this.#isKnown(backend, job))) throw unknown(job);
      await backend.runOnce(job, by);
    });
  }

  async #check(backend: FleetBackend, change: Change, seen: Orders): Promise<void> {
    const { action, extent } = change;
    if (!action.endsWith('-rate') && endsSomething(change, seen)) return;
    const wanted = changedOrders(seen, change, seen.revision, new Date(this.clock.timestamp()));
    let isKnown = endsSomething(change, seen);
    for await (const reports of this.site.reports(backend)) {
      isKnown ||= reports.some((report) => knows(report, extent));
      if (action.endsWith('-rate')) checkSum(reports, extent.recruiter, wanted);
    }
    if (!isKnown) throw unknown(extent);
  }

  async #isKnown(backend: FleetBackend, extent: Extent): Promise<boolean> {
    for await (const reports of this.site.reports(backend)) {
      if (reports.some((report) => knows(report, extent))) return true;
    }
    return false;
  }
}

async function steer(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof WorkStealingConfigError || error instanceof FleetUnavailableError) throw error;
    throw new FleetUnavailableError(
      `Redis does not answer, or refuses, so the fleet was not changed; what was under way when it fell silent may ` +
        `still come into force. ${String(error)}`,
      { cause: error },
    );
  }
}

/** What was ordered for a job that no process has any more can be taken back. */
function endsSomething({ action, extent }: Change, { rates, pauses }: Orders): boolean {
  if (action === 'reset-rate') return rates.has(keyOf(extent));
  return action === 'resume' && pauses.has(keyOf(extent));
}

function knows({ recruiters, jobs }: ProcessReport, { recruiter, id }: Extent): boolean {
  return id === undefined
    ? recruiters.some(({ name }) => name === recruiter)
    : jobs.some((job) => job.recruiter === recruiter && job.id === id);
}

function unknown({ recruiter, id }: Extent): WorkStealingConfigError {
  const name = JSON.stringify(recruiter);
  const what = id === undefined ? `recruiter ${name}` : `job ${JSON.stringify(id)} in recruiter ${name}`;
  return new WorkStealingConfigError(`No process of the fleet has a ${what}; nothing was changed.`);
}
