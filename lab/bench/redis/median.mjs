export function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

/** Runs each of the subjects in turn, `rounds` times over, so that what disturbs the machine meets all of them. */
export async function interleaved(rounds, subjects) {
  const results = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, subject] of Object.entries(subjects)) results[name].push(await subject());
  }
  return results;
}
