/** The part of the runtime's own module that the app uses. */
declare module 'cloudflare:workers' {
  export function waitUntil(promise: Promise<unknown>): void;
}
