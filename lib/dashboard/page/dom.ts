type Child = Node | string | null;

interface Properties {
  readonly class?: string;
  readonly id?: string;
  readonly role?: string;
  readonly type?: string;
  readonly title?: string;
  readonly hidden?: boolean;
  readonly colSpan?: number;
  readonly scope?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

let ids = 0;

/** A unique element ID, never made from data. */
export function freshId(): string {
  return `e${++ids}`;
}

/** Creates an element. Strings become text nodes, never markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  { class: className, attributes = {}, ...properties }: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className !== undefined) made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'role' || key === 'scope') made.setAttribute(key, String(value));
    else Object.assign(made, { [key]: value });
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** An element for a string from data, whose writing direction does not affect its surroundings. */
export function foreign(value: string): HTMLElement {
  return element('bdi', {}, value);
}

export function button(label: string, onClick: () => void, properties: Properties = {}): HTMLButtonElement {
  const made = element('button', { type: 'button', ...properties }, label);
  made.addEventListener('click', onClick);
  return made;
}

/** A table cell; a narrow screen shows its label beside it. */
export function cell(label: string, kind: string, ...children: readonly Child[]): HTMLTableCellElement {
  const value = element('div', { class: 'value' }, ...children);
  return element('td', { role: 'cell', class: kind, attributes: { 'data-label': label } }, value);
}

/** Changes the text only if it differs, so that selections and screen readers are not disturbed. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function setHidden(target: HTMLElement, isHidden: boolean): void {
  if (target.hidden !== isHidden) target.hidden = isHidden;
}

export function setAttribute(target: Element, name: string, value: string): void {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/** Orders children. The focused one is not moved, since it would lose the focus: the others are moved around it. */
export function arrange(parent: Element, children: readonly Element[]): void {
  const wanted = new Set(children);
  for (const child of Array.from(parent.children)) if (!wanted.has(child)) child.remove();
  const anchor = children.find(
    (child) => child.contains(document.activeElement) && child.parentElement === parent,
  );
  const place = anchor === undefined ? children.length : children.indexOf(anchor);
  let next: Element | null = anchor ?? null;
  for (const child of children.slice(0, place).toReversed()) next = placeBefore(parent, child, next);
  let previous: Element | null = anchor ?? null;
  for (const child of children.slice(place + 1)) previous = placeAfter(parent, child, previous);
}

function placeBefore(parent: Element, child: Element, next: Element | null): Element {
  if (child.nextElementSibling !== next || child.parentElement !== parent) parent.insertBefore(child, next);
  return child;
}

function placeAfter(parent: Element, child: Element, previous: Element | null): Element {
  const next = previous === null ? parent.firstElementChild : previous.nextElementSibling;
  if (next !== child) parent.insertBefore(child, next);
  return child;
}
