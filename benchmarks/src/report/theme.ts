/** Colours of one drawing. Pairs of text and ground have a contrast of at least 4.5 to 1. */
export interface Theme {
  readonly name: 'light' | 'dark';
  readonly ground: string;
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  /** Bars: of this project, of others, and of the control. */
  readonly own: string;
  readonly other: string;
  readonly control: string;
  /** Cells: right, right in part, missing, wrong. */
  readonly good: string;
  readonly fair: string;
  readonly none: string;
  readonly bad: string;
}

export const themes: readonly Theme[] = [
  {
    name: 'light',
    ground: '#ffffff',
    text: '#1f2328',
    faint: '#59636e',
    line: '#d1d9e0',
    own: '#0969da',
    other: '#9aa4b0',
    control: '#d1d9e0',
    good: '#dafbe1',
    fair: '#fff1c2',
    none: '#eaeef2',
    bad: '#ffd5d1',
  },
  {
    name: 'dark',
    ground: '#0d1117',
    text: '#f0f6fc',
    faint: '#9198a1',
    line: '#3d444d',
    own: '#4493f8',
    other: '#656c76',
    control: '#3d444d',
    good: '#12391f',
    fair: '#4a3a08',
    none: '#212830',
    bad: '#5a1e1c',
  },
];

const sans = `-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif`;

/** A whole drawing, on its own ground, so that it can be read wherever it is put. */
export function drawing(theme: Theme, title: string, width: number, height: number, content: string): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}" font-family="${sans}" font-size="13">`,
    `<rect width="${width}" height="${height}" rx="6" fill="${theme.ground}"/>`,
    content,
    '</svg>',
    '',
  ].join('\n');
}

/** One line of text, from its left end unless another anchor is given. */
export function label(
  x: number,
  y: number,
  text: string,
  look: {
    readonly fill: string;
    readonly anchor?: 'start' | 'middle' | 'end';
    readonly size?: number;
    readonly bold?: boolean;
  },
): string {
  const more = `${look.size === undefined ? '' : ` font-size="${look.size}"`}${look.bold === true ? ' font-weight="600"' : ''}`;
  return `<text x="${x}" y="${y}" fill="${look.fill}" text-anchor="${look.anchor ?? 'start'}"${more}>${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
