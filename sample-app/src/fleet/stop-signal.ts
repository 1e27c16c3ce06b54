const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** ms between two looks at whether npm is still there. */
const LOOK = 250;

/**
 * The first signal asks for a clean end, the second one for an end at once: workers notice that their supervisor is
 * gone, and end too.
 *
 * A signal sent to npm ends npm and its shell, which pass nothing on; so their end counts as a signal as well.
 */
export class StopSignal {
  /** Resolves at the first signal. */
  readonly given: Promise<void>;
  readonly #looks: NodeJS.Timeout | undefined;
  #stop!: () => void;
  #isGiven = false;

  constructor() {
    this.given = new Promise((resolve) => (this.#stop = resolve));
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
    process.stdout.on('error', this.#onSignal);
    if (process.env['npm_lifecycle_event'] !== undefined) this.#looks = this.#watchParent(process.ppid);
  }

  /** Lets signals do again what they usually do. */
  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    process.stdout.off('error', this.#onSignal);
    clearInterval(this.#looks);
  }

  readonly #onSignal = () => {
    if (this.#isGiven) process.exit(130);
    this.#isGiven = true;
    this.#stop();
  };

  #watchParent(parent: number): NodeJS.Timeout {
    return setInterval(() => process.ppid === parent || this.#stop(), LOOK).unref();
  }
}
