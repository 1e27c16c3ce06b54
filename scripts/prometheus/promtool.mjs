import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findPrometheus } from './find.mjs';

/**
 * Runs promtool.
 *
 * @param {string[]} args
 * @param {string} [input] what it reads
 * @returns {Promise<{ code: number, output: string }>} what it wrote, errors and all
 */
export async function promtool(args, input = '') {
  const { promtool: file } = await findPrometheus();
  const tool = spawn(file, args);
  let output = '';
  for (const stream of [tool.stdout, tool.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  tool.stdin.end(input);
  const [code] = await once(tool, 'close');
  return { code, output };
}
