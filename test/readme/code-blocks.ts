/** A fenced block of TypeScript in a Markdown file. */
export interface CodeBlock {
  readonly code: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** `<!-- run -->` stands above the fence, blank lines between: readers do not see it, the tests run the block. */
  readonly isRun: boolean;
}

const fence = /^(?<indent> {0,3})(?<ticks>`{3,}|~{3,})(?<info>[^`]*)$/;
const runMark = /^\s*<!--\s*run\s*-->\s*$/;

/**
 * The `ts` blocks of a Markdown text, from top to bottom. Fences inside of other fences are text.
 *
 * @throws Error where a run mark has no `ts` block below it, or a fence is never closed.
 */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const lines = markdown.split(/\r?\n/);
  const blocks: CodeBlock[] = [];
  let mark: number | undefined;
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const opening = fence.exec(line)?.groups;
    if (runMark.test(line)) mark = index;
    else if (opening !== undefined) {
      const end = closingFence(lines, index, opening['ticks'] ?? '');
      const isTypeScript = /^(ts|typescript)\b/.test((opening['info'] ?? '').trim());
      if (isTypeScript) {
        const isRun = mark !== undefined;
        mark = undefined;
        blocks.push({ code: lines.slice(index + 1, end).join('\n'), line: index + 1, isRun });
      }
      index = end;
    }
    if (mark !== undefined && index > mark && lines[index]?.trim() !== '')
      throw new Error(`line ${mark + 1}: no ts block follows the run mark`);
  }
  if (mark !== undefined) throw new Error(`line ${mark + 1}: no ts block follows the run mark`);
  return blocks;
}

function closingFence(lines: readonly string[], opening: number, ticks: string): number {
  const closing = new RegExp(`^ {0,3}${ticks.charAt(0)}{${ticks.length},}\\s*$`);
  const end = lines.findIndex((line, index) => index > opening && closing.test(line));
  if (end === -1) throw new Error(`line ${opening + 1}: the code fence is never closed`);
  return end;
}
