import { Comment, Converter } from 'typedoc';
import { importOf, SUBPATHS } from '../docs/.vitepress/api-names.mjs';

/** A plugin of typedoc that calls each module what an import calls it. */
export function load({ converter }) {
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const subpath = module.name === 'index' ? '.' : `./${module.name}`;
      if (!Object.hasOwn(SUBPATHS, subpath)) throw new Error(`${subpath} is not described in SUBPATHS`);
      module.name = importOf(subpath);
      module.comment = new Comment([{ kind: 'text', text: SUBPATHS[subpath] }]);
    }
  });
}
