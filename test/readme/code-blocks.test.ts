import { describe, expect, test } from 'vitest';
import { codeBlocks } from './code-blocks.ts';

const markdown = (...lines: readonly string[]): string => lines.join('\n');

describe('the code blocks of a document', () => {
  test('are its ts fences, with the line they start at', () => {
    const text = markdown(
      '# Title',
      '```ts',
      'a();',
      '',
      'b();',
      '```',
      '```js',
      'c();',
      '```',
      '~~~typescript',
      'd();',
      '~~~',
    );
    expect(codeBlocks(text)).toEqual([
      { code: 'a();\n\nb();', line: 2, isRun: false },
      { code: 'd();', line: 10, isRun: false },
    ]);
  });

  test('run where the line above says so, blank lines aside', () => {
    const text = markdown('<!-- run -->', '```ts', 'a();', '```', '', '```ts', 'b();', '```');
    expect(codeBlocks(text).map(({ isRun }) => isRun)).toEqual([true, false]);
    expect(codeBlocks(markdown('<!-- run -->', '', '```ts', 'a();', '```'))).toMatchObject([{ isRun: true }]);
  });

  test('do not come from fences inside of fences', () => {
    expect(codeBlocks(markdown('````md', '```ts', 'a();', '```', '````'))).toEqual([]);
  });

  test('never lose a run mark in silence', () => {
    const message = 'line 1: no ts block follows the run mark';
    expect(() => codeBlocks(markdown('<!-- run -->', 'text', '```ts', 'a();', '```'))).toThrow(message);
    expect(() => codeBlocks(markdown('<!-- run -->', '```sh', 'ls', '```'))).toThrow(message);
    expect(() => codeBlocks('<!-- run -->')).toThrow(message);
  });

  test('need a closing fence', () => {
    expect(() => codeBlocks(markdown('```ts', 'a();'))).toThrow('line 1: the code fence is never closed');
  });
});
