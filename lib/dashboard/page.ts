import { ASSETS_VERSION } from './assets.generated.js';

/** @param folder - below which the browser finds what belongs to the page, with a slash at its end. */
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
    <main id="dashboard"><noscript>This page needs JavaScript to show a fleet that moves.</noscript></main>
  </body>
</html>
`;
}

/** For a visitor who may not see it: says so, and nothing else. */
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

function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
