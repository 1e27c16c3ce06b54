import type { ReportError } from '../events.js';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../time/clock.js';
import type { FleetSizeCoordinator } from './coordinator.js';

/** Time between two requests to the coordinator. */
const ASK_EVERY_MS = 60_000;

/** Larger results are treated as this one. */
const MAX_PROCESSES = 100_000;

/**
 * Approximate number of processes of the fleet, 1 if it is unknown. Each new result is averaged with the previous value, so
 * that a deployment, which doubles a fleet for a minute, changes little; the first result is used as it is.
 */
export class FleetSize {
  #processes = 1;
  #isKnown = false;
  #isAsking = false;
  /** Whether the last request failed: of a coordinator that is away for an hour, one error is enough. */
  #isFailing = false;
  #cancel: (() => void) | undefined;
  readonly #id: string = randomUUID();

  constructor(
    private readonly recruiter: string,
    private readonly coordinator: () => FleetSizeCoordinator | undefined,
    /** Whether any job shares its work with the fleet. */
    private readonly isWanted: () => boolean,
    private readonly clock: Required<Clock>,
    private readonly reportError: ReportError,
  ) {}

  get processes(): number {
    return this.#processes;
  }

  /** Starts asking, now and once a minute, while there is a coordinator and a job that needs the number. */
  start(): void {
    if (this.#cancel !== undefined || this.coordinator() === undefined || !this.isWanted()) return;
    this.#cancel = this.clock.after(ASK_EVERY_MS, () => {
      this.#cancel = undefined;
      this.start();
    });
    void this.#ask();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Never rejects. There is one request at a time. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const counted = await this.coordinator()!.countProcesses(this.recruiter, this.#id);
      if (!(typeof counted === 'number' && counted >= 1)) {
        throw new TypeError(`countProcesses() returned ${String(counted)}; expected a number from 1`);
      }
      this.#note(Math.min(counted, MAX_PROCESSES));
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.reportError(error, 'counting the processes of the fleet');
      this.#isFailing = true;
    } finally {
      this.#isAsking = false;
    }
  }

  #note(counted: number): void {
    this.#processes = this.#isKnown ? (this.#processes + counted) / 2 : counted;
    this.#isKnown = true;
  }
}
