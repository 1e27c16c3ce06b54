import type { ReportError } from '../events.js';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../time/clock.js';
import type { FleetSizeCoordinator } from './coordinator.js';

/** How often the coordinator is asked: ms. */
const ASK_EVERY_MS = 60_000;

/** More is no fleet but a mistake. */
const MAX_PROCESSES = 100_000;

/**
 * About how many processes the fleet has, 1 where nobody knows. Of a new answer half counts, so that a deployment, which
 * doubles a fleet for a minute, changes little; a first answer counts at once.
 */
export class FleetSize {
  #processes = 1;
  #isKnown = false;
  #isAsking = false;
  #callOff: (() => void) | undefined;
  readonly #id: string = randomUUID();

  constructor(
    private readonly recruiter: string,
    private readonly coordinator: () => FleetSizeCoordinator | undefined,
    /** Whether there is a job that looks at what the fleet shares. */
    private readonly isWanted: () => boolean,
    private readonly clock: Required<Clock>,
    private readonly reportError: ReportError,
  ) {}

  get processes(): number {
    return this.#processes;
  }

  /** Asks, now and once a minute from now on, while somebody can answer and there is a job that wants to know. */
  start(): void {
    if (this.#callOff !== undefined || this.coordinator() === undefined || !this.isWanted()) return;
    this.#callOff = this.clock.after(ASK_EVERY_MS, () => {
      this.#callOff = undefined;
      this.start();
    });
    void this.#ask();
  }

  stop(): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  /** Never rejects. A question that is not answered is not asked again meanwhile. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const counted = await this.coordinator()!.countProcesses(this.recruiter, this.#id);
      if (!(typeof counted === 'number' && counted >= 1)) {
        throw new TypeError(`countProcesses() returned ${String(counted)}; expected a number from 1`);
      }
      this.#note(Math.min(counted, MAX_PROCESSES));
    } catch (error) {
      this.reportError(error, 'counting the processes of the fleet');
    } finally {
      this.#isAsking = false;
    }
  }

  #note(counted: number): void {
    this.#processes = this.#isKnown ? (this.#processes + counted) / 2 : counted;
    this.#isKnown = true;
  }
}
