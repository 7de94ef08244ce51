export const snapshot = {
  v: 1,
  rev: 1,
  period: { kind: 'month', start: '2026-11-01T00:00:00.000Z', resetsAt: '2026-12-01T00:00:00.000Z' },
  total: 1_234_567,
  counts: { input: 1_034_567, output: 200_000 },
  quota: { unit: 'tokens', used: 1_234_567, limit: 2_000_000 },
};
