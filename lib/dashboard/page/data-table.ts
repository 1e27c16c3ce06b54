import { arrange, cell, element, foreign, setText } from './dom.js';

/** A plain table whose cells are kept as long as their rows. */
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

  /** @param rows - by a key that is theirs alone; one text a column. */
  update(rows: readonly (readonly [key: string, cells: readonly string[]])[]): void {
    const wanted = new Set(rows.map(([key]) => key));
    for (const key of this.#rows.keys()) if (!wanted.has(key)) this.#rows.delete(key);
    const nodes = rows.map(([key, texts]) => {
      const row = this.#rows.get(key) ?? this.#make();
      this.#rows.set(key, row);
      row.cells.forEach((text, index) => setText(text, texts[index] ?? ''));
      return row.node;
    });
    arrange(this.#body, nodes);
  }

  #make() {
    const cells = this.columns.map(() => foreign(''));
    const tds = cells.map((text, index) =>
      cell(this.columns[index]!, index === this.columns.length - 1 ? 'long' : '', text),
    );
    return { node: element('tr', { role: 'row' }, ...tds), cells };
  }
}
