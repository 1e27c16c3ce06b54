/** Changes when the layout of keys or values does: processes of different layouts are fleets of their own. */
const LAYOUT = 'f1';

/** The keys of a fleet: few, whatever its size, and all in one slot, as scripts change several of them at once. */
export class FleetKeys {
  /** Sorted set: when each process is due to be struck off, by the server's clock. */
  readonly due: string;
  /** Hash: what each process says of itself. */
  readonly processes: string;
  /** Hash: what each process says of its jobs. */
  readonly jobs: string;
  /** Hash: the latest error of each job. */
  readonly errors: string;
  /** Hash: rates and pauses that were ordered, and their revision. */
  readonly orders: string;
  /** Hash: slices that were asked for. */
  readonly runs: string;
  /** List: who did what, the latest first. */
  readonly audit: string;
  /** The channel on which a new revision is told. */
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
