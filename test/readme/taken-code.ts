import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './documents.ts';

/** A fenced block that a document says it has taken from a file. */
export interface TakenBlock {
  /** Relative to the root. */
  readonly source: string;
  /** Line of the mark in the document, from 1. */
  readonly line: number;
  readonly lines: readonly string[];
}

const mark = /^<!-- from (\S+) -->$/;
const omission = /^\s*(?:\/\/|\{\/\*) …(?: \*\/\})?$/;

/**
 * The blocks below a mark `<!-- from path -->`, from top to bottom.
 *
 * @throws Error where no closed fence follows the mark.
 */
export function takenBlocks(markdown: string): readonly TakenBlock[] {
  const lines = markdown.split('\n');
  return lines.flatMap((text, index) => {
    const source = mark.exec(text)?.[1];
    if (source === undefined) return [];
    const opening = lines.findIndex((line, at) => at > index && line !== '');
    const closing = lines.findIndex((line, at) => at > opening && line === '```');
    if (!lines[opening]?.startsWith('```') || closing === -1) throw new Error(`line ${index + 1}: no block follows`);
    return [{ source, line: index + 1, lines: lines.slice(opening + 1, closing) }];
  });
}

/**
 * Looks for a block in its file: the same lines in the same order, all moved left by the same number of spaces. A line
 * `// …` stands for lines that are left out.
 *
 * @returns The first line that is not where it should be; `undefined` where all are.
 */
export function firstForeignLine({ source, lines }: TakenBlock): string | undefined {
  const file = readFileSync(join(root, source), 'utf8').split('\n');
  let from = 0;
  for (const part of partsOf(lines)) {
    const found = findPart(file, part, from);
    if (found.end === undefined) return found.foreign;
    from = found.end;
  }
  return undefined;
}

/** Cut where lines are left out; blank lines at the cuts mean nothing. */
function partsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  for (const line of lines) {
    if (omission.test(line)) parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return parts.map(trimmed).filter(({ length }) => length > 0);
}

function trimmed(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line !== '');
  return first === -1 ? [] : lines.slice(first, lines.findLastIndex((line) => line !== '') + 1);
}

function findPart(file: readonly string[], part: readonly string[], from: number): { end?: number; foreign?: string } {
  let matched = 0;
  for (let start = from; start < file.length; start += 1) {
    const length = lengthOfMatch(file, part, start);
    if (length === part.length) return { end: start + length };
    matched = Math.max(matched, length);
  }
  return { foreign: part[matched] ?? '' };
}

function lengthOfMatch(file: readonly string[], part: readonly string[], start: number): number {
  const indent = ' '.repeat(Math.max(0, indentOf(file[start] ?? '') - indentOf(part[0] ?? '')));
  const length = part.findIndex((line, offset) => file[start + offset] !== (line === '' ? '' : indent + line));
  return length === -1 ? part.length : length;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
