import { arrange, cell, element, foreign, setText } from './dom.js';

/** A plain table that keeps the elements of its rows between updates. */
export class DataTable {
  readonly node: HTMLElement;
  readonly #body = element('tbody', { role: 'rowgroup' });
  readonly #rows = new Map<string, { readonly node: HTMLElement; readonly cells: readonly HTMLElement[] }>();

  constructor(
    title: string,
    private readonly columns: readonly string[],
  ) {
    const heads = columns.map((name) => element('th', { role: 'columnheader', scope: 'col' }, name));
    const head = element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...heads));
    this.node = element(
      'table',
      { role: 'table', class: 'plain' },
      element('caption', { class: 'unseen' }, title),
      head,
      this.#body,
    );
  }

  /** @param rows - rows with a unique key and one string a column. */
  update(rows: readonly (readonly [key: string, cells: readonly string[]])[]): void {
    const wanted = new Set(rows.map(([key]) => key));
    for (const key of this.#rows.keys()) if (!wanted.has(key)) this.#rows.delete(key);
    const nodes = rows.map(([key, strings]) => {
      const row = this.#rows.get(key) ?? this.#make();
      this.#rows.set(key, row);
      row.cells.forEach((node, index) => setText(node, strings[index] ?? ''));
      return row.node;
    });
    arrange(this.#body, nodes);
  }

  #make() {
    const cells = this.columns.map(() => foreign(''));
    const tds = cells.map((node, index) =>
      cell(this.columns[index]!, index === this.columns.length - 1 ? 'long' : '', node),
    );
    return { node: element('tr', { role: 'row' }, ...tds), cells };
  }
}
