/** One line of the table: `reached` is undefined where there is nothing to reach. */
export function row(what, reach, here, reached) {
  return { what, reach, here, reached };
}

export const times = (ratio) => `${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)} times`;

function verdictOf(reached) {
  if (reached === undefined) return '';
  return reached ? 'reached' : '**not reached**';
}

/** A Markdown table that can be read as it is. */
export function table(rows) {
  const lines = [
    ['what', 'reach', 'here', ''],
    ...rows.map(({ what, reach, here, reached }) => [what, reach, here, verdictOf(reached)]),
  ];
  const widths = lines[0].map((_, column) => Math.max(3, ...lines.map((line) => line[column].length)));
  lines.splice(
    1,
    0,
    widths.map((width) => '-'.repeat(width)),
  );
  return lines.map((line) => `| ${line.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`).join('\n');
}
