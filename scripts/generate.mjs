/** Makes all files that are made from others: `npm run generate`; with --check it only says which are not up to date. */
await import('./embed-lua.mjs');
await import('./embed-dashboard.mjs');
await import('./compatibility.mjs');
