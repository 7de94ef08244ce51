import { describe, expect, test } from 'vitest';
import { firstForeignLine, takenBlocks } from './taken-code.ts';

const source = 'test/readme/existing-chat/src/users.service.ts';
const block = (...lines: readonly string[]) => ({ source, line: 1, lines });

describe('a block that is taken from a file', () => {
  test('may be moved to the left, and leave lines out where it says so', () => {
    expect(
      firstForeignLine(block('async register(email: string): Promise<string> {', '  // …', '}', '', '// …', 'async')),
    ).toBe('async');
    expect(
      firstForeignLine(
        block('async register(email: string): Promise<string> {', '  // …', '  return insertedId.toHexString();', '}'),
      ),
    ).toBe(undefined);
  });

  test('has nothing of its own, in the order of the file, with one indentation', () => {
    const first = "import { Injectable } from '@nestjs/common';";
    const second = "import { Db, ObjectId } from 'mongodb';";
    expect(firstForeignLine(block(first, second))).toBe(undefined);
    expect(firstForeignLine(block(first, `${second} // changed`))).toBe(`${second} // changed`);
    expect(firstForeignLine(block(second, first))).toBe(first);
    expect(firstForeignLine(block(second, '// …', first))).toBe(first);
    expect(firstForeignLine(block('async register(email: string): Promise<string> {', 'const { insertedId }'))).toBe(
      'const { insertedId }',
    );
  });

  test('is the fence below its mark, blank lines between', () => {
    const markdown = ['text', '<!-- from a/b.ts -->', '', '```mts', 'one();', '', 'two();', '```', ''].join('\n');
    expect(takenBlocks(markdown)).toEqual([{ source: 'a/b.ts', line: 2, lines: ['one();', '', 'two();'] }]);
    expect(() => takenBlocks('<!-- from a/b.ts -->\n\ntext')).toThrow('line 1: no block follows');
  });
});
