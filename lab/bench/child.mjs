import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Runs `bench/children/<name>.mjs` in a process of its own; answers what it prints, which is to be JSON. */
export async function child(name, { flags = [], args = [] } = {}) {
  const script = fileURLToPath(new URL(`./children/${name}.mjs`, import.meta.url));
  const started = spawn(process.execPath, [...flags, script, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  started.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const [code, signal] = await once(started, 'close');
  if (code !== 0) throw new Error(`${name} ended with ${signal ?? code}`);
  return JSON.parse(output);
}
