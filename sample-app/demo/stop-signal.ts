const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** ms between two looks at whether npm is still there. */
const LOOK = 250;
/** ms within which a second signal is the first one once more: npm passes on what the terminal has sent already. */
const ECHO = 500;

/**
 * The first signal asks for a clean end. Another Ctrl-C after it asks for an end at once: workers notice that their
 * supervisor is gone, and end too. The end of npm, when it started us, counts as a signal: killed, it passes nothing on.
 */
export class StopSignal {
  /** Resolves at the first signal. */
  readonly given: Promise<void>;
  readonly #looks: NodeJS.Timeout | undefined;
  #resolve!: () => void;
  #givenAt: number | undefined;

  constructor() {
    this.given = new Promise((resolve) => (this.#resolve = resolve));
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
    process.stdout.on('error', this.#stop);
    if (process.env['npm_lifecycle_event'] !== undefined) this.#looks = this.#watchParent(process.ppid);
  }

  /** Lets signals do again what they usually do. */
  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    process.stdout.off('error', this.#stop);
    clearInterval(this.#looks);
  }

  readonly #stop = () => {
    this.#givenAt ??= performance.now();
    this.#resolve();
  };

  readonly #onSignal = (signal: NodeJS.Signals) => {
    const since = this.#givenAt === undefined ? 0 : performance.now() - this.#givenAt;
    if (signal === 'SIGINT' && since > ECHO) process.exit(130);
    this.#stop();
  };

  #watchParent(parent: number): NodeJS.Timeout {
    return setInterval(() => process.ppid === parent || this.#stop(), LOOK).unref();
  }
}
