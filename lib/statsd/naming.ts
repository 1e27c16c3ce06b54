/** What a number is about. */
export interface Labels {
  readonly recruiter: string;
  readonly job?: string;
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

/** One name a metric, the rest in tags, as DogStatsD and Telegraf have it: `work_stealing.slices|#job:expiry,outcome:full`. */
export function tagged(prefix: string, more: Readonly<Record<string, string>>): Naming {
  return (metric, labels) => {
    const tags: Record<string, string> = { ...more };
    for (const [label, value] of Object.entries(labels)) {
      if (typeof value === 'string') tags[label] = value;
    }
    return { stat: prefix + metric, tags };
  };
}

/** All in the name, for servers that know no tags: `work_stealing.default.jobs.expiry.slices.full`. */
export function plain(prefix: string): Naming {
  return (metric, { recruiter, job, ...rest }) => {
    const place = job === undefined ? [recruiter] : [recruiter, 'jobs', job];
    const [before, after] = [place, Object.values(rest).filter((value) => value !== undefined)].map(levels);
    return { stat: prefix + [...before!, metric, ...after!].join('.'), tags: {} };
  };
}

/** A dot would begin a level of the hierarchy, other characters a part of the message. */
function levels(names: readonly string[]): string[] {
  return names.map((name) => name.replaceAll(/[^\w-]+/g, '_'));
}
