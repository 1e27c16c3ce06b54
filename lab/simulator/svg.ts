/** One line or cloud of points of a plot. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Points stand alone instead of being joined. */
  readonly scattered?: boolean;
}

/** What a plot shows. */
export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  /** Ticks of y are evenly apart by ratio rather than by difference. */
  readonly logarithmic?: boolean;
  /** The same for x. */
  readonly logarithmicX?: boolean;
  readonly series: readonly Series[];
}

const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM] = [820, 380, 70, 44, 190, 50];
/** Told apart by the colour-blind too: Okabe and Ito. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

/** Draws a plot as an SVG that stands by itself, readable on a light and on a dark page. */
export function svgOf(plot: Plot): string {
  const x = scale(plot.xTicks, LEFT, WIDTH - RIGHT, plot.logarithmicX === true);
  const y = scale(plot.yTicks, HEIGHT - BOTTOM, TOP, plot.logarithmic === true);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 24, plot.title, 'start', 'font-size="15" font-weight="bold"'),
    ...plot.xTicks.map((tick) => text(x(tick), HEIGHT - BOTTOM + 18, tick.toLocaleString('en'), 'middle')),
    ...plot.yTicks.map(
      (tick) => grid(y(tick)) + text(LEFT - 8, y(tick) + 4, tick.toLocaleString('en'), 'end'),
    ),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, plot.x, 'middle'),
    text(LEFT, TOP - 6, plot.y, 'start', 'fill="#555"'),
    // The first series is what the plot is about: it lies on top of the others.
    ...plot.series.map((series, index) => draw(series, index, x, y)).toReversed(),
    ...plot.series.map(({ name }, index) => legend(name, index)),
    '</svg>',
    '',
  ].join('\n');
}

type Scale = (value: number) => number;

function scale(ticks: readonly number[], from: number, to: number, logarithmic: boolean): Scale {
  const position = logarithmic ? Math.log : (value: number) => value;
  const [least, most] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  return (value) => {
    const share = (position(Math.max(least, value)) - position(least)) / (position(most) - position(least));
    return from + Math.min(1, share) * (to - from);
  };
}

function draw({ points, scattered = false }: Series, index: number, x: Scale, y: Scale): string {
  const colour = COLOURS[index % COLOURS.length]!;
  const places = points.map(([px, py]) => [x(px).toFixed(1), y(py).toFixed(1)] as const);
  if (!scattered) {
    const path = places.map((place) => place.join(',')).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${index === 0 ? 2.2 : 1.3}"/>`;
  }
  const dots = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="2"/>`).join('');
  return `<g fill="${colour}" fill-opacity="0.6">${dots}</g>`;
}

function legend(name: string, index: number): string {
  const [left, top] = [WIDTH - RIGHT + 16, TOP + 10 + index * 20];
  const colour = COLOURS[index % COLOURS.length]!;
  return (
    `<rect x="${left}" y="${top - 9}" width="12" height="10" fill="${colour}"/>` +
    text(left + 18, top, name, 'start')
  );
}

function grid(y: number): string {
  return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="#ddd"/>`;
}

function text(x: number, y: number, content: string, anchor: string, more = 'fill="#222"'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" ${more}>${content}</text>`;
}
