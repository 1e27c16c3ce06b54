/**
 * Bytes that a call allocates. Started with --expose-gc and a young generation so large that nothing is collected
 * meanwhile: what was allocated is then what the heap has grown by.
 */
import { callsOf } from '../subjects/loops.mjs';
import { recruiterWith } from '../subjects/recruiters.mjs';
import { Allocating } from '../subjects/textbook.mjs';

const calls = Number(process.argv[2]);

function bytesACall(subject) {
  const time = callsOf(subject);
  time(100_000);
  time(100_000);
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  time(calls);
  return (process.memoryUsage().heapUsed - before) / calls;
}

console.log(JSON.stringify({ control: bytesACall(new Allocating()), bytes: bytesACall(recruiterWith(1)) }));
