/** A Markdown table that can be read as it is. */
export function table(heads, rows) {
  const widths = heads.map((head, column) =>
    Math.max(3, head.length, ...rows.map((row) => row[column].length)),
  );
  return [heads, widths.map((width) => '-'.repeat(width)), ...rows]
    .map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`)
    .join('\n');
}
