/**
 * Judges a journal of slices by what `every` promises.
 *
 * Entries are in the server's order, with its time in ms: `asked`, `refused`, `began`, `ended` and `acknowledged` of the slices
 * of a job, each with the number of its worker; `killed` with the worker that is gone by then.
 */

/** A claim of a process that died ends by itself after this time: ms. */
const HOLD = 5000;
/** How long a fleet may take to go on after a hold: ms. */
const AFTER_HOLD = 1000;
/** The same after a kill between two slices: ms. */
const BETWEEN_SLICES = 2000;

/**
 * @param {readonly object[]} entries
 * @param {readonly { id: string, every: number }[]} jobs
 * @param {number} slices number of slices of each pass
 */
export function judge(entries, jobs, slices) {
  const kills = entries.filter(({ what }) => what === 'killed');
  const verdicts = jobs.map(({ id, every }) => {
    const history = new History();
    for (const entry of entries) if (entry.what === 'killed' || entry.job === id) history.add(entry);
    return history.verdict(every, kills, slices);
  });
  const all = (name) => verdicts.flatMap((verdict) => verdict[name]);
  // A process has one slice of each job at a time.
  const repeatedBy = all('repeated').map(({ job, worker }) => `${job} ${worker}`);
  return {
    passes: all('passes'),
    kills,
    early: all('early'),
    overlapping: all('overlapping'),
    repeated: all('repeated'),
    // At most one for each kill, and none without.
    repeatedTooOften: all('repeated').filter(
      ({ worker }, index) => worker === undefined || repeatedBy.indexOf(repeatedBy[index]) !== index,
    ),
    skipped: all('skipped'),
    held: all('skipped').filter(({ isExcused }) => isExcused),
    runOver: all('skipped').filter(({ isExcused, isRunOver }) => !isExcused && isRunOver),
    missed: all('skipped').filter(({ isExcused, isRunOver }) => !isExcused && !isRunOver),
    goneOn: all('goneOn'),
    goneOnLate: all('goneOn').filter(
      ({ isHeld, after }) => after > (isHeld ? HOLD + AFTER_HOLD : BETWEEN_SLICES),
    ),
  };
}

/** What the journal says of one job. */
class History {
  /** By due time. */
  byDue = new Map();
  /** Slices under way, by token. */
  open = new Map();
  /** Workers that have asked for a slice, and have neither been refused nor heard that its report arrived. */
  claiming = new Set();
  reported = new Set();
  #lastReport;
  /** Due time of the last pass whose end was acknowledged. */
  #doneDue = -Infinity;
  /** Kills after which nobody has gone on yet. */
  #waiting = [];
  /** Kills in a slice of this job, or while it was asked for: its claim had to expire. */
  holds = [];
  early = [];
  overlapping = [];
  goneOn = [];

  error() {}

  add(entry) {
    this[entry.what](entry);
  }

  asked({ worker }) {
    this.claiming.add(worker);
  }

  refused({ worker }) {
    this.claiming.delete(worker);
  }

  began(entry) {
    const { due, at, token } = entry;
    if (due <= this.#doneDue || at < due) this.early.push(entry);
    for (const slice of this.open.values()) this.overlapping.push([slice, entry]);
    this.open.set(token, entry);
    const pass = this.byDue.get(due) ?? { job: entry.job, due, lateness: at - due, begun: [] };
    this.byDue.set(due, pass);
    pass.begun.push(entry);
    for (const { kill, isHeld } of this.#waiting.splice(0))
      this.goneOn.push({ kill, isHeld, after: at - kill.at });
  }

  ended({ token }) {
    this.open.delete(token);
  }

  acknowledged(entry) {
    const { worker, token, due, report } = entry;
    this.claiming.delete(worker);
    this.reported.add(token);
    this.#lastReport = entry;
    if (report !== 'done') return;
    this.#doneDue = due;
    const pass = this.byDue.get(due);
    if (pass !== undefined) pass.doneAt = entry.at;
  }

  killed(kill) {
    const isHeld = this.claiming.delete(kill.worker);
    const wasGoingOn = this.#lastReport?.worker === kill.worker && this.#lastReport.report === 'more';
    for (const [token, { worker }] of this.open) if (worker === kill.worker) this.open.delete(token);
    // While a hold has to expire no process goes on, even if another one is killed.
    const isHeldUp = this.#waiting.some((each) => each.isHeld);
    if (isHeld) this.holds.push(kill);
    if (isHeld) this.#waiting = [{ kill, isHeld }];
    else if (wasGoingOn && !isHeldUp) this.#waiting.push({ kill, isHeld });
  }

  verdict(every, kills, slices) {
    const passes = [...this.byDue.values()].toSorted((a, b) => a.due - b.due);
    const killed = new Set(kills.map(({ worker }) => worker));
    return {
      passes,
      early: this.early,
      overlapping: this.overlapping,
      goneOn: this.goneOn,
      // The last one may not be over.
      repeated: passes.slice(0, -1).flatMap((pass) => this.#repeats(pass, killed, slices)),
      skipped: passes
        .slice(1)
        .flatMap((pass, index) => skippedBetween(passes[index], pass, every, this.holds)),
    };
  }

  /** Slices beyond those that a pass has, each with the worker that was killed in the one that it repeats. */
  #repeats({ job, due, begun }, killed, slices) {
    const lost = begun.filter(({ worker, token }) => killed.has(worker) && !this.reported.has(token));
    const count = Math.max(0, begun.length - slices);
    return Array.from({ length: count }, (_, index) => ({ job, due, worker: lost[index]?.worker }));
  }
}

/**
 * Periods without a pass: excused where a process was killed that held the job, not longer ago than its hold lasts.
 * `isRunOver` where the pass before began in its own period and went on until the last of them: none was without a pass.
 */
function skippedBetween(from, to, every, holds) {
  const periods = Math.round((to.due - from.due) / every) - 1;
  if (periods <= 0) return [];
  const isExcused = holds.some(
    ({ at }) => at >= from.due && at <= to.due && to.due - at <= HOLD + AFTER_HOLD + every,
  );
  const isRunOver = from.lateness < every && (from.doneAt ?? Infinity) >= to.due - every;
  return [{ job: to.job, due: from.due, periods, isExcused, isRunOver }];
}
