import type { MetricSet } from './metric-set.js';
import type { Sample } from './series.js';
import type { WatchedRecruiter } from './watched-recruiter.js';

/** The samples of recruiters, by name: those of two applications in one process are one. */
export class RecruiterSamples {
  readonly #enlistments = new Map<string, Sample>();

  /** Brings the counter up to now. */
  addEnlistments(watched: WatchedRecruiter): void {
    add(this.#enlistments, watched.recruiter.name, watched.takeEnlistments());
  }

  read(all: readonly WatchedRecruiter[], metrics: MetricSet): void {
    const inFlight = new Map<string, Sample>();
    const utilization = new Map<string, Sample>();
    for (const watched of all) {
      const { recruiter } = watched;
      this.addEnlistments(watched);
      add(inFlight, recruiter.name, recruiter.inFlight);
      // There is one event loop, and each recruiter has a window of its own on it.
      const busiest = Math.max(recruiter.utilization, utilization.get(recruiter.name)?.value ?? 0);
      utilization.set(recruiter.name, sampleOf(recruiter.name, busiest));
    }
    metrics.enlistments.samples = [...this.#enlistments.values()];
    metrics.inFlight.samples = [...inFlight.values()];
    metrics.utilization.samples = [...utilization.values()];
  }
}

function add(samples: Map<string, Sample>, recruiter: string, value: number): void {
  const sample = samples.get(recruiter);
  if (sample === undefined) samples.set(recruiter, sampleOf(recruiter, value));
  else sample.value += value;
}

function sampleOf(recruiter: string, value: number): Sample {
  return { value, labels: { recruiter }, sharedLabels: {} };
}
