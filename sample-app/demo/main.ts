import { HELP, readArguments, UsageError } from './arguments.js';
import { run } from './run.js';

/** Ends with 0 after a clean run, 1 when it could not run, 2 when the command line makes no sense. */
async function main(): Promise<number> {
  try {
    const args = readArguments(process.argv.slice(2));
    if (args === 'help') console.log(HELP);
    else await run(args);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    if (!(error instanceof UsageError)) return 1;
    console.error('What there is: npm start -- --help');
    return 2;
  }
}

process.exitCode = await main();
