import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

// What can be known of the compose file without an engine: its schema, and that what it names is there.
const example = join(import.meta.dirname, '../..');
const root = join(example, '../..');
const path = join(example, 'compose.yaml');
const { services, volumes } = parse(readFileSync(path, 'utf8')) as Compose;
const { app, mongo } = services;
const variables = new Map(app.environment.map((line) => line.split('=', 2) as [string, string | undefined]));

test('the compose file is what the schema of compose wants', () => {
  const linter = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] });
  const [result, ...others] = linter.lintFiles([path], false) as readonly { readonly messages: readonly object[] }[];
  expect(others).toEqual([]);
  // Errors are of the schema; its other rules are about taste.
  expect(result?.messages.filter((message) => 'type' in message && message.type === 'error')).toEqual([]);
});

test('the image is built of workspaces that exist, and starts the compiled backend', () => {
  const file = app.build.dockerfile_inline;
  const workspaces = [...file.matchAll(/ -w (\S+)/g)].map(([, name = '']) => name);
  expect(workspaces.length).toBeGreaterThan(5);
  for (const workspace of workspaces) {
    const manifest = readFileSync(join(root, workspace, 'package.json'), 'utf8');
    expect(JSON.parse(manifest), workspace).toMatchObject({ scripts: { build: expect.any(String) } });
  }
  const [, main = ''] = /CMD \["node", "(.*)"\]/.exec(file) ?? [];
  expect(existsSync(join(root, main.replace('/dist/', '/src/').replace(/\.js$/, '.ts')))).toBe(true);
  expect(join(example, app.build.context)).toBe(root);
});

test('each variable that is handed on is one the backend reads', () => {
  const config = readFileSync(join(import.meta.dirname, '../src/platform/chat-config.ts'), 'utf8');
  for (const name of variables.keys()) expect(config).toContain(name);
  expect(variables.get('MONGODB_URI')).toMatch(/^mongodb:\/\/mongo:27017\//);
  expect(app.ports).toEqual([`127.0.0.1:3000:${variables.get('PORT')}`]);
});

test('usage and data are in volumes, and both services say whether they are well', () => {
  const mounted = [...app.volumes, ...mongo.volumes].map((line) => line.split(':'));
  expect(mounted.map(([name = '']) => name).toSorted()).toEqual(Object.keys(volumes).toSorted());
  expect(mounted[0]?.[1]).toBe(variables.get('JOURNAL_DIR'));
  expect(app.depends_on).toEqual({ mongo: { condition: 'service_healthy' } });
  expect([app.healthcheck, mongo.healthcheck]).toEqual([expect.any(Object), expect.any(Object)]);
});

interface Service {
  readonly volumes: readonly string[];
  readonly healthcheck?: object;
}

interface Compose {
  readonly services: {
    readonly app: Service & {
      readonly build: { readonly context: string; readonly dockerfile_inline: string };
      readonly environment: readonly string[];
      readonly ports: readonly string[];
      readonly depends_on: object;
    };
    readonly mongo: Service;
  };
  readonly volumes: object;
}
