/**
 * Runs schematics for test/schematics/schematics.spec.ts, in plain Node: Jest before Node 24.9 cannot `require` the ES modules that
 * a collection is made of. Its argument is the collection's file.
 */
import { Tree } from '@angular-devkit/schematics';
import { SchematicTestRunner } from '@angular-devkit/schematics/testing/index.js';

process.on('message', ({ files, runs }) => void run(files, runs).then((outcome) => process.send(outcome)));
process.send('ready');

async function run(files, runs) {
  const runner = new SchematicTestRunner('nestjs-work-stealing', process.argv[2]);
  const logs = [];
  runner.logger.subscribe(({ level, message }) => logs.push(`${level}: ${message}`));
  let tree = Tree.empty();
  for (const [path, text] of Object.entries(files)) tree.create(path, text);
  const tasks = [];
  try {
    for (const [name, options] of runs) {
      tree = await runner.runSchematic(name, options, tree);
      tasks.push(...runner.tasks.map((task) => task.name));
    }
  } catch (error) {
    return { error: error.message, files: {}, tasks, logs };
  }
  const contents = tree.files.map((path) => [path, tree.readContent(path)]);
  return { files: Object.fromEntries(contents), tasks, logs };
}
