import { badInputChecks } from './checks/bad-input-checks.ts';
import { chatChecks } from './checks/chat-checks.ts';
import { clientChecks } from './checks/client-checks.ts';
import { earlyEndChecks } from './checks/early-end-checks.ts';
import { failureChecks } from './checks/failure-checks.ts';
import { helperChecks } from './checks/helper-checks.ts';
import { streamObjectChecks } from './checks/stream-object-checks.ts';
import { surfaceChecks } from './checks/surface-checks.ts';
import type { DropInCheck } from './drop-in-check.ts';

/** The drop-in list: what a metered client must have in common with a bare one. */
export const dropInChecks: readonly DropInCheck[] = [
  ...chatChecks,
  ...streamObjectChecks,
  ...helperChecks,
  ...surfaceChecks,
  ...failureChecks,
  ...clientChecks,
  ...earlyEndChecks,
  ...badInputChecks,
];
