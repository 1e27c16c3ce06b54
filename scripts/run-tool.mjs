/** Runs one of the tools of scripts/package.json: `node scripts/run-tool.mjs oxlint --fix`. */
import { runTool } from './tools.mjs';

const [name, ...args] = process.argv.slice(2);
process.exitCode = runTool(name, args);
