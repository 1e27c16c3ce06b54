import { defineConfig } from 'vitepress';
import { linksWithinTheSite } from './links.mjs';
import { pages } from './pages.mjs';

// oxlint-disable-next-line import/no-default-export -- VitePress reads its configuration from there.
export default defineConfig({
  title: 'nestjs-work-stealing',
  description: 'Background chores for NestJS, done by the whole fleet in the cycles it has to spare.',
  // Works from any folder of any server, and from a file system that serves it.
  base: process.env['DOCS_BASE'] ?? '/',
  outDir: '../temp/docs-site',
  cacheDir: '../temp/docs-cache',
  cleanUrls: false,
  rewrites: { 'recipes/README.md': 'recipes/index.md', 'api/README.md': 'api/index.md' },
  markdown: { config: linksWithinTheSite },
  themeConfig: {
    nav: [
      { text: 'Get started', link: '/get-started' },
      { text: 'Concepts', link: '/concepts' },
      { text: 'Operate', link: '/operating' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: pages.map(({ text, items }) => ({
      text,
      items: items.map(([title, link]) => ({ text: title, link })),
    })),
    search: { provider: 'local' },
    outline: [2, 3],
  },
});
