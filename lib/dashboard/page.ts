import { ASSETS_VERSION } from './assets.generated.js';

/** @param folder - URL of the folder of the page's files, with a slash at its end. */
export function dashboardPage(folder: string): string {
  const assets = escapeAttribute(`${folder}assets/${ASSETS_VERSION}`);
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Work stealing</title>
    <link rel="icon" href="${assets}/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="${assets}/uplot.css">
    <link rel="stylesheet" href="${assets}/dashboard.css">
    <script src="${assets}/uplot.js" defer></script>
    <script src="${assets}/main.js" type="module"></script>
  </head>
  <body>
    <main id="dashboard"><noscript>This page needs JavaScript.</noscript></main>
  </body>
</html>
`;
}

/** The page for a visitor who may not view the dashboard; contains only the reason. */
export function refusalPage(reason: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Not allowed</title>
  </head>
  <body>
    <main>
      <h1>Not allowed</h1>
      <p>${escapeText(reason)}</p>
    </main>
  </body>
</html>
`;
}

function escapeAttribute(value: string): string {
  return escapeText(value).replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

function escapeText(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
