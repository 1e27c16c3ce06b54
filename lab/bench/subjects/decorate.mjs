/** What TypeScript emits for decorators on a method, the last one first. */
export function decorate(type, key, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, key);
  for (const decorator of decorators.toReversed()) decorator(type.prototype, key, descriptor);
  Object.defineProperty(type.prototype, key, descriptor);
}
