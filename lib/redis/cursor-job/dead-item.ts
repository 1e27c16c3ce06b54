import { describeValue } from '../../options/describe-value.js';

/** An item that was set aside, because attempt after attempt at it failed. */
export interface DeadItem {
  /** The partition that it was met in. */
  readonly partition: number;
  /** What `CursorJob.nameOf` calls it. */
  readonly item: string;
  /** Why the last attempt failed. */
  readonly error: string;
  /** When it was set aside. */
  readonly at: Date;
}

const LONGEST_NAME = 1024;
const LONGEST_ERROR = 1024;

/** What names an item where the job says nothing else: itself, or its JSON, cut to 1,024 characters. */
export function defaultNameOf(item: unknown): string {
  if (typeof item === 'string') return item;
  if (Buffer.isBuffer(item)) return item.toString('latin1');
  try {
    return JSON.stringify(item) ?? describeValue(item);
  } catch {
    return describeValue(item);
  }
}

/** An item that is set aside, as it is kept. */
export function deadRecord<T>(item: T, error: unknown, nameOf: (item: T) => string): string {
  let name: string;
  try {
    name = String(nameOf(item));
  } catch {
    name = defaultNameOf(item);
  }
  return JSON.stringify({ item: name.slice(0, LONGEST_NAME), error: messageOf(error), at: Date.now() });
}

/** Reads what {@link deadRecord} wrote. */
export function readDeadRecord(partition: number, record: string): DeadItem {
  const { item, error, at } = JSON.parse(record) as { item: string; error: string; at: number };
  return { partition, item, error, at: new Date(at) };
}

/** What an error has to say, whatever was thrown. */
export function messageOf(error: unknown): string {
  const message =
    error instanceof Error
      ? error.message || error.name
      : typeof error === 'string'
        ? error
        : describeValue(error);
  return String(message).slice(0, LONGEST_ERROR);
}
