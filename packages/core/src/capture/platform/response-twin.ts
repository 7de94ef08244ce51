/** Shows what another response shows, over a body of its own. */
export function twinOf(response: Response, body: Response['body']): Response {
  const twin = new Response(body, response);
  for (const name of ['url', 'redirected', 'type'] as const) {
    Object.defineProperty(twin, name, { configurable: true, value: response[name] });
  }
  return twin;
}

/**
 * Stands for a response that nothing can be laid over, for a `fetch` of the app's froze it: the one case on Node in which
 * the host does not get the very response. Handed on as it is, it would show what was asked for by us.
 */
export function thawedTwinOf(response: Response): Response {
  // Leads to the response, too: where nobody holds that, undici cancels its body.
  return Object.defineProperty(twinOf(response, response.body), 'headers', {
    configurable: true,
    get: () => response.headers,
  });
}
