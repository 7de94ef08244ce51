import type { FakeProviderOptions } from '@kilotoken/core/testing';
import type { OpenAI } from 'openai';
import type { Host } from './host.ts';
import type { SdkUnderTest } from './sdk-under-test.ts';

/** One thing a host does, done the same way with a bare and with a metered client, and compared. */
export interface DropInCheck {
  /** A fact that could be false. */
  readonly name: string;
  /** Nothing, where a version of the SDK lacks what the check uses. */
  readonly needs?: (openai: OpenAI, major: number, version: string) => unknown;
  /** The provider the host talks to; each of the two gets one of its own. */
  readonly provider?: () => FakeProviderOptions;
  /** Does it, and returns all that can be seen of it. The two results must be deeply equal, prototypes included. */
  readonly see: (host: Host) => Promise<unknown>;
  /**
   * The records metering makes of it, each as `operation outcome origin`, in order of their start. A function where
   * versions differ.
   */
  readonly records: readonly string[] | ((under: SdkUnderTest) => readonly string[]);
  /** Metering sends a request more, or another one, than a bare client: the wire is not compared. */
  readonly hasOwnWire?: boolean;
  /** What the provider charged for is not what it told: the sums are not compared. */
  readonly hasHiddenUsage?: boolean;
}
