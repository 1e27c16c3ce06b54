/** The recruiter, job or cache that a value is of, and its other labels. */
export interface Labels {
  readonly recruiter?: string;
  readonly job?: string;
  readonly cache?: string;
  readonly outcome?: string;
  readonly reason?: string | undefined;
  readonly kind?: string;
}

/** Name and tags of a metric as it is sent. */
export interface Named {
  readonly stat: string;
  readonly tags: Record<string, string>;
}

/** Returns the name and tags of a metric. */
export type Naming = (metric: string, labels: Labels) => Named;

/** Format of tags. */
export type Dialect = 'dogstatsd' | 'telegraf';

/**
 * Characters that a tag must not contain. Telegraf splits a line at every colon and a tag at `=`, and drops lines that are
 * then invalid: all lines of a job `films:expire` would be lost. DogStatsD allows both in a value.
 */
const RESERVED: Readonly<Record<Dialect, RegExp>> = {
  dogstatsd: /[|,#@\p{Cc}]/gu,
  telegraf: /[:=|,\\\p{Cc}]/gu,
};

/** One name for each metric and all labels in tags: `work_stealing.slices|#job:expiry,outcome:full`, or as Telegraf formats it. */
export function tagged(prefix: string, more: Readonly<Record<string, string>>, dialect: Dialect): Naming {
  const clean = (value: string) => value.replaceAll(RESERVED[dialect], '_');
  // A key ends at the first colon.
  const fixed = Object.entries(more).map(([key, value]) => [clean(key).replaceAll(':', '_'), clean(value)]);
  return (metric, labels) => {
    const tags = Object.fromEntries(fixed) as Record<string, string>;
    for (const [label, value] of Object.entries(labels)) {
      if (typeof value === 'string') tags[label] = clean(value);
    }
    return { stat: prefix + metric, tags };
  };
}

/** All labels in the name, for servers without tags: `work_stealing.default.jobs.expiry.slices.full`. */
export function plain(prefix: string): Naming {
  return (metric, labels) => {
    const { recruiter: _recruiter, job: _job, cache: _cache, ...rest } = labels;
    const after = Object.values(rest).filter((value) => value !== undefined);
    const name = [...levels(placeOf(labels)), metric.replace(/^cache\./, ''), ...levels(after)];
    return { stat: prefix + name.join('.'), tags: {} };
  };
}

function placeOf({ recruiter, job, cache }: Labels): string[] {
  if (cache !== undefined) return ['caches', cache];
  return [recruiter, job === undefined ? undefined : 'jobs', job].filter((level) => level !== undefined);
}

/** Replaces dots, which separate levels, and other reserved characters. */
function levels(names: readonly string[]): string[] {
  return names.map((name) => name.replaceAll(/[^\w-]+/g, '_'));
}
