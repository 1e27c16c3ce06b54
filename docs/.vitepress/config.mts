import type { UserConfig } from 'vitepress';
import { importOf, SUBPATHS } from './api-names.mjs';
import { linksWithinTheSite } from './links.mjs';
import { pages } from './pages.mjs';

/** Works in any folder of a server: `DOCS_BASE=/folder/`. */
const base = process.env['DOCS_BASE'] ?? '/';

// oxlint-disable-next-line import/no-default-export -- VitePress reads its configuration from there.
export default {
  title: 'nestjs-work-stealing',
  description: 'Background chores for NestJS, done by the whole fleet in the cycles it has to spare.',
  base,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}logo.svg` }]],
  outDir: '../temp/docs-site',
  cacheDir: '../temp/docs-cache',
  cleanUrls: false,
  rewrites: { 'recipes/README.md': 'recipes/index.md', 'redis/README.md': 'redis/index.md' },
  markdown: {
    config: linksWithinTheSite,
    // Examples that need packages which are not installed here: no compiler sees them.
    languageAlias: { mts: 'ts' },
  },
  vite: {
    // The lottery and the adviser on the pages are the library's own.
    resolve: { alias: { 'node:util': new URL('inspect.mjs', import.meta.url).pathname } },
    // The largest chunk is the index of the search, which is loaded when somebody searches.
    build: { chunkSizeWarningLimit: 2000 },
  },
  themeConfig: {
    logo: '/logo.svg',
    nav: [
      { text: 'Get started', link: '/get-started' },
      { text: 'Concepts', link: '/concepts' },
      { text: 'Recipes', link: '/recipes/' },
      { text: 'Operate', link: '/operating' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: {
      '/': pages.map(({ text, items }) => ({
        text,
        items: items.map(([title, link]) => ({ text: title, link })),
      })),
      '/api/': [
        {
          text: 'API reference',
          items: Object.keys(SUBPATHS).map((subpath) => ({
            text: subpath === '.' ? importOf(subpath) : subpath,
            link: `/api/${importOf(subpath)}/`,
          })),
        },
      ],
    },
    search: { provider: 'local' },
    outline: [2, 3],
  },
} satisfies UserConfig;
