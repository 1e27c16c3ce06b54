/** A method, and the key under which instances have it. */
export type KeyedMethod = readonly [key: string | symbol, method: Function];

/** The methods that an instance of a class has, inherited and symbol-named ones too; an override hides what it overrides. */
export function methodsOf(type: Function): KeyedMethod[] {
  const methods: KeyedMethod[] = [];
  const seen = new Set<string | symbol>(['constructor']);
  let prototype = type.prototype as object | null | undefined;
  while (prototype && prototype !== Object.prototype) {
    for (const key of Reflect.ownKeys(prototype)) {
      if (seen.has(key)) continue;
      seen.add(key);
      // Only looked at by its descriptor: reading a getter would run it.
      const method: unknown = Object.getOwnPropertyDescriptor(prototype, key)?.value;
      if (typeof method === 'function') methods.push([key, method]);
    }
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return methods;
}
