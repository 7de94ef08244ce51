import { describe, expect, it } from 'vitest';
import { benchmarkPage } from '../src/report/page.ts';
import { scaleFigures } from '../src/report/scale-figures.ts';
import { themes } from '../src/report/theme.ts';
import type { BenchmarkResult, ResultTable, Results } from '../src/runner/results.ts';

const benchmark = (
  name: string,
  tables: readonly ResultTable[],
  more: Partial<BenchmarkResult> = {},
): BenchmarkResult => ({
  name,
  seconds: 1,
  exitCode: 0,
  tables,
  text: '',
  ...more,
});
const results = (...benchmarks: BenchmarkResult[]): Results => ({
  date: '2026-11-22T10:00:00.000Z',
  machine: { cpu: 'A cpu', cores: 2, memoryGiB: 8, system: 'Linux x64', node: 'v24.0.0' },
  versions: { kilotoken: '1.0.0', openai: '7.0.0', peer: 'peer@1.0.0' },
  benchmarks,
});
const board = (...rows: ResultTable['rows'][number][]): BenchmarkResult =>
  benchmark('correctness', [{ title: 'What was recorded, and whether the app saw a difference', rows }]);

describe('the page of benchmarks', () => {
  it('counts as right what is exact or a marked estimate, and nothing the app noticed', () => {
    const { markdown } = benchmarkPage(
      results(
        board(
          { scenario: 'chat', kind: 'surface', kilotoken: 'exact', peer: 'exact; the app sees a difference' },
          { scenario: 'break', kind: 'ending', kilotoken: 'estimate, marked', peer: 'no tokens' },
        ),
      ),
    );
    expect(markdown).toContain('Right, of 2: kilotoken 2, peer 0.');
  });

  it('says of a peer that it was not installed', () => {
    const rows = [
      { contestant: 'kilotoken, app asks', openai: '7.0.0', '+ us first event': 3 },
      { contestant: 'peer', openai: 'not installed' },
    ];
    const { markdown } = benchmarkPage(
      results(benchmark('field', [{ title: 'Hot path: over the bare client', rows }])),
    );
    expect(markdown).toMatch(/\| peer +\| not installed \|/);
  });

  it('shows what a benchmark without tables printed, and names one that failed', () => {
    const { markdown } = benchmarkPage(
      results(benchmark('other', [], { text: '12 things a second\n' }), benchmark('broken', [], { exitCode: 1 })),
    );
    expect(markdown).toContain('## other\n\n```text\n12 things a second\n```');
    expect(markdown).toContain('## broken\n\nThis benchmark did not end well in this run.');
  });

  it('says which aims were met, beside what the control shows', () => {
    const rows = [
      { contestant: 'A/A control', openai: '7.0.0', '+ us per event': 0.1, '+ us short call': 1 },
      { contestant: 'kilotoken, app asks', openai: '7.0.0', '+ us per event': 0.2, '+ us short call': 6 },
    ];
    const { markdown } = benchmarkPage(
      results(benchmark('field', [{ title: 'Hot path: over the bare client', rows }])),
    );
    expect(markdown).toContain('| an event, the app asks | 0.3 µs | 0.2 µs | 0.1 µs | yes |');
    expect(markdown).toContain('| a call that is not streamed | 5 µs | 6 µs | 1 µs | not in this run |');
    expect(markdown).not.toContain('| the import |');
  });

  it('says whether 200 streams at once met their aims, both ways of calling', () => {
    const rows = [
      { contestant: 'A/A control', openai: '7.0.0', 'wall ratio': 1.02, 'cpu ratio': 0.99 },
      { contestant: 'kilotoken, app asks', openai: '7.0.0', 'wall ratio': 1.01, 'cpu ratio': 1.03 },
      { contestant: 'kilotoken, asks and hides', openai: '7.0.0', 'wall ratio': 1.02, 'cpu ratio': 1.04 },
    ];
    const { markdown } = benchmarkPage(
      results(benchmark('field', [{ title: '200 streams at once, and memory', rows }])),
    );
    const line = (...cells: string[]): string => `| 200 streams at once, ${cells.join(' | ')} |`;
    expect(markdown).toContain(line('CPU, the app asks', '1.03 times', '1.03 times', '0.99 times', 'yes'));
    expect(markdown).toContain(line('time, the app asks', '1.03 times', '1.01 times', '1.02 times', 'yes'));
    expect(markdown).toContain(
      line('CPU, asked and hidden', '1.03 times', '1.04 times', '0.99 times', 'not in this run'),
    );
    expect(markdown).toContain(line('time, asked and hidden', '1.03 times', '1.02 times', '1.02 times', 'yes'));
  });

  it('shows the tables of a benchmark without a section of its own under a heading in words', () => {
    const rows = [{ part: 'the SDK', bare: 5, '+ us': 0.1 }];
    const { markdown } = benchmarkPage(results(benchmark('crowd-parts', [{ title: 'Where it goes', rows }])));
    expect(markdown).toContain('## Where the CPU of many streams goes\n\nWhere it goes:\n\n| part | bare | + us |');
  });

  it.for([
    [0.98, 1.02, false],
    [0.97, 1.16, true],
  ] as const)('warns where the control differs from itself: %d to %d', ([lower, upper, isBusy]) => {
    const control = { 'cpu ratio, lower quartile': lower, 'cpu ratio, upper quartile': upper };
    const rows = [{ contestant: 'A/A control', openai: '7.0.0', ...control }];
    const { markdown } = benchmarkPage(
      results(benchmark('field', [{ title: 'Hot path: over the bare client', rows }])),
    );
    expect(markdown.includes('on a busy machine')).toBe(isBusy);
  });

  it('draws each contestant, in two coats that differ', () => {
    const rows = [
      { contestant: 'peer', openai: '7.0.0', '+ us first event': 30 },
      { contestant: 'kilotoken, app asks', openai: '7.0.0', '+ us first event': 3 },
    ];
    const { drawings } = benchmarkPage(
      results(benchmark('field', [{ title: 'Hot path: over the bare client', rows }])),
    );
    const [light = '', dark = ''] = themes.map((theme) => drawings['first-event']?.(theme));
    expect(light.indexOf('kilotoken, app asks<')).toBeLessThan(light.indexOf('peer<'));
    expect(light).toContain('30 µs');
    expect(dark.replaceAll(/#[0-9a-f]{6}/g, '')).toBe(light.replaceAll(/#[0-9a-f]{6}/g, ''));
    expect(dark).not.toBe(light);
  });
});

describe('the figures of the page on scale', () => {
  it('are what was measured, times a million users at their peak', () => {
    const rows = [{ contestant: 'kilotoken, app asks', openai: '7.0.0', '+ us per event, delivered': 2 }];
    const text = scaleFigures(results(benchmark('field', [{ title: 'Hot path: over the bare client', rows }])));
    // 1,000,000 users x 20 calls / 86,400 s x 4 x 400 events x 2 us.
    expect(text).toMatch(/\| an event, the app asks for usage \| 2 µs CPU \| 0.74 cores \|/);
  });

  it('leave out what was not run, or failed', () => {
    const rows = [{ contestant: 'kilotoken, app asks', openai: '7.0.0', '+ us per event, delivered': 2 }];
    const failed = benchmark('field', [{ title: 'Hot path: over the bare client', rows }], { exitCode: 1 });
    expect(scaleFigures(results(failed))).not.toContain('an event');
  });
});
