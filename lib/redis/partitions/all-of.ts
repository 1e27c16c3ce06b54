/** As Promise.all, but a failure waits for the rest too: no command outlives the slice that sent it. */
export async function allOf<T extends readonly unknown[]>(
  promises: readonly [...T],
): Promise<{ -readonly [Index in keyof T]: Awaited<T[Index]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
