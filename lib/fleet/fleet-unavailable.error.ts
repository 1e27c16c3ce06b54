/** The fleet could not be steered because Redis does not answer. Nothing has changed, unless the message says so. */
export class FleetUnavailableError extends Error {
  override readonly name = 'FleetUnavailableError';
}
