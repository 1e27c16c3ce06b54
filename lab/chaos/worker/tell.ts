import type { Told } from '../messages.js';

/** Whoever is told may be gone: then this process soon is as well. */
export function tell(message: Told): void {
  if (process.connected) process.send?.(message);
}
