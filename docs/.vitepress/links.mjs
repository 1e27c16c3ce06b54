/**
 * Documents are read in the repository as well as on the site. A link that leaves docs/ (to a source file) leads
 * nowhere on the site: there it becomes its text alone.
 *
 * @param {import('markdown-it').default} markdown
 */
export function linksWithinTheSite(markdown) {
  markdown.core.ruler.push('links_within_the_site', ({ tokens, env }) => {
    const depth = env.relativePath.split('/').length - 1;
    for (const { children } of tokens) if (children !== null) unlink(children, depth);
  });
}

function unlink(tokens, depth) {
  let isLeaving = false;
  for (const token of tokens) {
    if (token.type === 'link_open') isLeaving = leavesTheSite(token.attrGet('href'), depth);
    if (isLeaving && (token.type === 'link_open' || token.type === 'link_close')) token.hidden = true;
    if (!isLeaving || !token.hidden) continue;
    token.type = 'text';
    token.content = '';
    if (token.nesting === -1) isLeaving = false;
  }
}

/** @param {number} depth of the document's folder below docs/ */
function leavesTheSite(href, depth) {
  const up = /^(?:\.\.\/)*/.exec(href)[0].length / 3;
  return up > depth;
}
