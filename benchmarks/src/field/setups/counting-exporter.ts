import type { SeenRecord } from '../setup.ts';

/** What these contestants fill of an OpenTelemetry span. */
export interface Span {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A span exporter that keeps two numbers of each span and drops the rest, as a service out of process would. */
export class CountingExporter {
  private seen: SeenRecord[] = [];
  private readonly read: (span: Span) => SeenRecord;

  constructor(read: (span: Span) => SeenRecord) {
    this.read = read;
  }

  export(spans: readonly Span[], done: (result: { readonly code: 0 }) => void): void {
    for (const span of spans) this.seen.push(this.read(span));
    done({ code: 0 });
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  taken(): Promise<readonly SeenRecord[]> {
    const taken = this.seen;
    this.seen = [];
    return Promise.resolve(taken);
  }
}
