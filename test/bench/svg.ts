/** The few elements of SVG that the picture is made of. Pure: numbers and words in, markup out. */

export type Svg = string;

interface TextStyle {
  readonly size: number;
  readonly fill: string;
  readonly anchor?: 'middle' | 'end';
  readonly weight?: number;
}

interface LineStyle {
  readonly stroke: string;
  readonly width: number;
  readonly dash?: string;
}

interface RectStyle {
  readonly fill: string;
  readonly stroke?: string;
  readonly rx?: number;
}

export function text(x: number, y: number, words: string, style: TextStyle): Svg {
  const attributes = {
    ...{ x, y, fill: style.fill },
    ...{ 'font-size': style.size, 'text-anchor': style.anchor, 'font-weight': style.weight },
  };
  return `<text${written(attributes)}>${escaped(words)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, style: LineStyle): Svg {
  const { stroke, width, dash } = style;
  const dashes = dash === '' ? undefined : dash;
  const attributes = { x1, y1, x2, y2, stroke, 'stroke-width': width, 'stroke-dasharray': dashes };
  return `<line${written(attributes)}/>`;
}

export function rect(x: number, y: number, width: number, height: number, style: RectStyle): Svg {
  return `<rect${written({ x, y, width, height, ...style })}/>`;
}

export function circle(cx: number, cy: number, r: number, fill: string): Svg {
  return `<circle${written({ cx, cy, r, fill })}/>`;
}

export function group(parts: readonly Svg[]): Svg {
  return `<g>\n${parts.join('\n')}\n</g>`;
}

function written(attributes: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escaped(short(value ?? ''))}"`)
    .join('');
}

function short(value: string | number): string {
  return typeof value === 'number' ? String(Number(value.toFixed(1))) : value;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
