import { describeValue } from '../options/describe-value.js';

/** An item that was set aside, because attempt after attempt at it failed. */
export interface DeadItem {
  /** Partition of the item. */
  readonly partition: number;
  /** Name of the item, as `CursorJob.nameOf` returned it. */
  readonly item: string;
  /** Why the last attempt failed. */
  readonly error: string;
  /** When it was set aside. */
  readonly at: Date;
}

const MAX_NAME_LENGTH = 1024;
const MAX_ERROR_LENGTH = 1024;

/** The default name of an item: the item itself, or its JSON, cut to 1,024 characters. */
export function defaultNameOf(item: unknown): string {
  if (typeof item === 'string') return item;
  if (Buffer.isBuffer(item)) return item.toString('latin1');
  try {
    return JSON.stringify(item) ?? describeValue(item);
  } catch {
    return describeValue(item);
  }
}

/** An item that is set aside, as it is stored. */
export function deadRecord<T>(item: T, error: unknown, nameOf: (item: T) => string): string {
  let name: string;
  try {
    name = String(nameOf(item));
  } catch {
    name = defaultNameOf(item);
  }
  return JSON.stringify({
    item: name.slice(0, MAX_NAME_LENGTH),
    error: messageOf(error),
    at: Date.now(),
  });
}

/** Reads the result of {@link deadRecord}. */
export function readDeadRecord(partition: number, record: string): DeadItem {
  const { item, error, at } = JSON.parse(record) as { item: string; error: string; at: number };
  return { partition, item, error, at: new Date(at) };
}

/** The message of an error, whatever was thrown. */
export function messageOf(error: unknown): string {
  const message =
    error instanceof Error
      ? error.message || error.name
      : typeof error === 'string'
        ? error
        : describeValue(error);
  return String(message).slice(0, MAX_ERROR_LENGTH);
}
