/** The world of the comparison. Times in ms. What is minutes in production is seconds here, for every way alike. */

/** Names of the structures. */
export const FIELDS = 'fields';
export const COUNTERS = 'views';
export const PARTITIONS = 4;

/** Items that a batch handles at most, whoever asks for it. */
export const BATCH = 50;
/** Films that the backfill has to go through. */
export const FILMS = 2000;
/** Different films that requests ask for, each with a hash of fields and a counter. */
export const POPULAR = 60;
/** Share of requests that set a field, and how long that lives. */
export const FIELD_SHARE = 0.2;
export const FIELD_TTL = { least: 500, most: 2000 };
/** Width of a counter's bucket, and how long its totals are kept. */
export const BUCKET = 1000;
export const RETENTION = 30 * 86_400_000;
/** For how long a batch of the backfill belongs to who took it. */
export const CLAIM_TTL = 1000;
