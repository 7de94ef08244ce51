/**
 * Tells a client that sends by X.509 workload identity (openai 7): it has a `fetch` of its own that cannot be replaced,
 * so its calls cannot be seen.
 */
export function usesCertificate(client: object): boolean {
  const { _options: options } = client as { readonly _options?: { readonly workloadIdentity?: unknown } };
  const identity = options?.workloadIdentity;
  return typeof identity === 'object' && identity !== null && 'type' in identity && identity.type === 'x509';
}
