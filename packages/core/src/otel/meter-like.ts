/** Attributes of a measurement, as `Attributes` of `@opentelemetry/api`. */
export type AttributesLike = Readonly<Record<string, string | number | boolean | undefined>>;

/** What the sink needs of an OpenTelemetry `Meter`; written down here so that only apps that use it install the API. */
export interface MeterLike {
  createHistogram(
    name: string,
    options: {
      readonly description: string;
      readonly unit: string;
      readonly advice: { readonly explicitBucketBoundaries: number[] };
    },
  ): { record(value: number, attributes: AttributesLike): void };
  createCounter(
    name: string,
    options: { readonly description: string; readonly unit: string },
  ): { add(value: number, attributes: AttributesLike): void };
}

/** The same for a `MeterProvider`. */
export interface MeterProviderLike {
  getMeter(name: string): MeterLike;
}
