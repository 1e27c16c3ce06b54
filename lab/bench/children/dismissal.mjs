/** Compares dismissals with other calls. Started with --no-turbo-inlining: an inlined empty method costs nothing at all. */
import { paired } from '../../measure/paired.mjs';
import { callsOf } from '../subjects/loops.mjs';
import { ratesOf, recruiterWith } from '../subjects/recruiters.mjs';
import { Nothing, Textbook } from '../subjects/textbook.mjs';

const comparisons = {
  empty: () => [recruiterWith(1), new Nothing()],
  manyJobs: () => [recruiterWith(10_000), recruiterWith(1)],
  textbook1: () => [new Textbook(ratesOf(1)), recruiterWith(1)],
  textbook1000: () => [new Textbook(ratesOf(1000)), recruiterWith(1)],
};

const [comparison, rounds, turn] = process.argv.slice(2);
const [candidate, baseline] = comparisons[comparison]();
const result = await paired(callsOf(candidate), callsOf(baseline), {
  rounds: Number(rounds),
  turn: Number(turn),
});
console.log(JSON.stringify(result));
