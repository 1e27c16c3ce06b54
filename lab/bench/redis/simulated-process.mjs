import { randomUUID } from 'node:crypto';

const DAY = 86_400_000;

/** A process as the fleet sees it, without any recruiter behind it. */
export class SimulatedProcess {
  id = randomUUID();
  orders = { revision: 0, rates: new Map(), pauses: new Map() };
  /** @readonly */
  #since = Date.now() - DAY;
  #enlistments = whole(10_000_000);
  /** @readonly */
  #jobs;

  constructor(index, jobs) {
    this.host = `worker-${index}.shop.internal`;
    this.#jobs = Array.from({ length: jobs }, (_, job) => newJob(job, jobs));
  }

  report() {
    this.#enlistments += whole(500);
    for (let turn = 0; turn < this.#jobs.length / 10; turn++)
      this.#work(this.#jobs[whole(this.#jobs.length)]);
    const recruiter = {
      name: 'default',
      enlistments: this.#enlistments,
      enlistmentsPerSecond: Math.random() * 200,
    };
    const process = {
      id: this.id,
      host: this.host,
      pid: 1 + whole(30_000),
      version: '2026.11.3',
      since: this.#since,
      utilization: Math.random(),
      inFlight: whole(2),
      enlistments: recruiter.enlistments,
      enlistmentsPerSecond: recruiter.enlistmentsPerSecond,
    };
    return { process, recruiters: [recruiter], jobs: this.#jobs };
  }

  apply(orders) {
    this.orders = orders;
  }

  has() {
    return false;
  }

  recruit() {
    throw new Error('A simulated process runs no slices');
  }

  #work(job) {
    job.counts.full++;
    job.items += 100;
    job.lastWorkAt = Date.now();
    job.slicesPerSecond = Math.random();
    job.itemsPerSecond = 100 * job.slicesPerSecond;
    job.durations = durations();
  }
}

function newJob(index, jobs) {
  const rate = Math.round(1e6 / jobs / 2) / 1e6;
  const counts = {
    full: whole(100_000),
    partial: whole(10_000),
    idle: whole(1e6),
    aborted: whole(10),
    failed: whole(10),
    gated: whole(1e6),
  };
  return {
    recruiter: 'default',
    id: `CatalogueService.refreshPart${index}`,
    rate,
    declaredRate: rate,
    effectiveRate: rate / 2 ** whole(6),
    paused: false,
    budget: 50,
    counts,
    gatedBy: { 'backed-off': counts.gated, loaded: whole(1000), 'duty-spent': whole(10_000) },
    items: counts.full * 100,
    slicesPerSecond: 0,
    itemsPerSecond: 0,
    durations: durations(),
    lastWorkAt: Date.now() - whole(DAY),
    lastError: undefined,
  };
}

function durations() {
  const p50 = Math.random() * 20;
  return { mean: p50 * 1.1, p50, p99: p50 * 3, max: p50 * 4 };
}

function whole(most) {
  return Math.floor(Math.random() * most);
}
