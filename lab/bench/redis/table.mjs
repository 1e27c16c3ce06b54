const HEADS = ['what', 'ours', 'against', 'ratio', 'reach', ''];

/**
 * A Markdown table that can be read as it is.
 *
 * @param rows - `{ what, ours, against?, ratio?, reach?, reached? }`; without `reach` there is nothing to reach.
 */
export function table(rows) {
  const lines = rows.map(({ what, ours, against = '', ratio = '', reach = '', reached }) => {
    const verdict = reach === '' ? '' : reached ? 'reached' : '**not reached**';
    return [what, ours, against, ratio, reach, verdict];
  });
  const widths = HEADS.map((head, column) =>
    Math.max(3, head.length, ...lines.map((line) => line[column].length)),
  );
  const rule = widths.map((width) => '-'.repeat(width));
  return [HEADS, rule, ...lines]
    .map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`)
    .join('\n');
}

export const whole = (number) => Math.round(number).toLocaleString('en-US');
export const times = (ratio) => `${ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0)} times`;
export const percent = (share) => `${(100 * share).toFixed(1)} %`;
