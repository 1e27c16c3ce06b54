/** What a number is about: a recruiter or one of its jobs, or a cache. */
export interface Labels {
  readonly recruiter?: string;
  readonly job?: string;
  readonly cache?: string;
  readonly outcome?: string;
  readonly reason?: string | undefined;
  readonly kind?: string;
}

/** A metric as it is sent. */
export interface Named {
  readonly stat: string;
  readonly tags: Record<string, string>;
}

/** Says by what name and tags a number is sent. */
export type Naming = (metric: string, labels: Labels) => Named;

/** How a server reads tags. */
export type Dialect = 'dogstatsd' | 'telegraf';

/**
 * What a tag may not have in it. Telegraf splits a line at every colon and a tag at its `=`, and drops what is then no
 * metric: all lines of a job `films:expire` would be lost. DogStatsD takes both in a value.
 */
const RESERVED: Readonly<Record<Dialect, RegExp>> = {
  dogstatsd: /[|,#@\p{Cc}]/gu,
  telegraf: /[:=|,\\\p{Cc}]/gu,
};

/** One name a metric, the rest in tags: `work_stealing.slices|#job:expiry,outcome:full`, or as Telegraf has it. */
export function tagged(prefix: string, more: Readonly<Record<string, string>>, dialect: Dialect): Naming {
  const clean = (text: string) => text.replaceAll(RESERVED[dialect], '_');
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

/** All in the name, for servers that know no tags: `work_stealing.default.jobs.expiry.slices.full`. */
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

/** A dot would begin a level of the hierarchy, other characters a part of the message. */
function levels(names: readonly string[]): string[] {
  return names.map((name) => name.replaceAll(/[^\w-]+/g, '_'));
}
