/** Part of every key. Changes with the layout of keys or values: processes of different layouts form separate fleets. */
const LAYOUT = 'f1';

/** The keys of a fleet: a fixed number, all in one hash slot, since scripts change several of them at once. */
export class FleetKeys {
  /** Sorted set: when each process expires unless it publishes again, by the server's clock. */
  readonly due: string;
  /** Hash: the heartbeat of each process. */
  readonly processes: string;
  /** Hash: the jobs of each process. */
  readonly jobs: string;
  /** Hash: the latest error of each job. */
  readonly errors: string;
  /** Hash: rate overrides and pauses, and their revision. */
  readonly orders: string;
  /** Hash: requested slices. */
  readonly runs: string;
  /** List: the audit list, latest first. */
  readonly audit: string;
  /** The channel on which a new revision is published. */
  readonly channel: string;

  constructor(prefix: string) {
    const base = `${prefix}:{fleet}:${LAYOUT}:`;
    this.due = `${base}due`;
    this.processes = `${base}processes`;
    this.jobs = `${base}jobs`;
    this.errors = `${base}errors`;
    this.orders = `${base}orders`;
    this.runs = `${base}runs`;
    this.audit = `${base}audit`;
    this.channel = `${base}changed`;
  }
}
