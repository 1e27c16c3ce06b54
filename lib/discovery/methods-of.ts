/** The methods that an instance of a class has, inherited and symbol-named ones too; an override hides what it overrides. */
export function methodsOf(type: Function): [key: string | symbol, method: Function][] {
  const methods = new Map<string | symbol, Function | undefined>();
  let prototype = type.prototype as object | null | undefined;
  while (prototype && prototype !== Object.prototype) {
    for (const key of Reflect.ownKeys(prototype)) {
      if (methods.has(key) || key === 'constructor') continue;
      // Only looked at by its descriptor: reading a getter would run it.
      const method: unknown = Object.getOwnPropertyDescriptor(prototype, key)?.value;
      methods.set(key, typeof method === 'function' ? method : undefined);
    }
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
  return [...methods].filter((entry): entry is [string | symbol, Function] => entry[1] !== undefined);
}
