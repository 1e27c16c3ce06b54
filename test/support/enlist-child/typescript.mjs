// Lets plain Node run the sources: `node --import ./typescript.mjs script.ts`.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
