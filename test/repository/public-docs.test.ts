import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

interface Manifest {
  readonly name: string;
  readonly exports: Record<string, string | { readonly '@kilotoken/source'?: string }>;
}

/** The source of every published entry. */
const entries = globSync('packages/*/package.json', { cwd: root }).flatMap((path) => {
  const { name, exports } = JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest;
  return Object.entries(exports).flatMap(([subpath, target]) => {
    // What only adapters build on is shown as a whole, in the guide on writing a store.
    if (subpath === './store-kit') return [];
    const source = typeof target === 'string' ? undefined : target['@kilotoken/source'];
    const file = source === undefined ? undefined : join(root, dirname(path), source);
    return file === undefined || !/\.tsx?$/.test(file) || !existsSync(file)
      ? []
      : [{ entry: join(name, subpath), file }];
  });
});

describe('the public names', () => {
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      customConditions: ['@kilotoken/source'],
      allowImportingTsExtensions: true,
      jsx: ts.JsxEmit.ReactJSX,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    },
  );
  const checker = program.getTypeChecker();

  test.for(entries)('of $entry say what they are, and the values show how they are used', ({ file }) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    expect(module).toBeDefined();
    const faults = checker.getExportsOfModule(module as ts.Symbol).flatMap((exported) => faultsOf(resolve(exported)));
    expect(faults.toSorted()).toEqual([]);
  });

  function resolve(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  }

  function faultsOf(symbol: ts.Symbol): string[] {
    const name = symbol.getName();
    const faults = isDocumented(symbol) ? [] : [`${name}: no docstring`];
    const isValue = (symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class)) !== 0;
    if (isValue && !symbol.getJsDocTags(checker).some((tag) => tag.name === 'example'))
      faults.push(`${name}: no example`);
    return faults;
  }

  function isDocumented(symbol: ts.Symbol): boolean {
    return symbol.getDocumentationComment(checker).length > 0;
  }
});
