import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Where vega-datasets keeps its data: beside the module that its name resolves to. */
const DATA = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '..', 'data');

/** Reads one file of vega-datasets out of the installed package: nothing of it is copied into this repository. */
export function readDataset(file: 'movies.json' | 'github.csv'): string {
  return readFileSync(join(DATA, file), 'utf8');
}
