import type { CliIo } from './cli-io.ts';

/** How text may look where it goes. */
export interface TerminalStyle {
  /** Columns. */
  readonly width: number;
  readonly ellipsis: string;
  readonly rule: string;
  /** Bars of this many eighths of a column. */
  bar(eighths: number): string;
  bold(text: string): string;
  dim(text: string): string;
  accent(text: string): string;
}

const leastWidth = 24;
const defaultWidth = 80;

/** Colours and block characters for a terminal that has them; plain ASCII for files, pipes and old terminals. */
export function terminalStyle({ stdout, env }: CliIo): TerminalStyle {
  const isTerminal = stdout.isTTY === true && env['TERM'] !== 'dumb';
  const hasColours = isTerminal && (env['NO_COLOR'] ?? '') === '';
  const isUnicode = isTerminal && !/^(C|POSIX|.*8859.*)$/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
  const coded = (open: number, close: number) => (text: string) =>
    hasColours ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    width: Math.max(leastWidth, (isTerminal ? stdout.columns : undefined) ?? (Number(env['COLUMNS']) || defaultWidth)),
    ellipsis: isUnicode ? '…' : '~',
    rule: isUnicode ? '─' : '-',
    bar: isUnicode ? blockBar : (eighths) => '#'.repeat(Math.round(eighths / 8)),
    bold: coded(1, 22),
    dim: coded(2, 22),
    accent: coded(36, 39),
  };
}

function blockBar(eighths: number): string {
  const rest = eighths % 8;
  return '█'.repeat(Math.floor(eighths / 8)) + (rest === 0 ? '' : (' ▏▎▍▌▋▊▉'[rest] ?? ''));
}
