import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

/** Serves the built front end, and its one page on every path that is not the API's. */
export function serveFrontEnd(app: NestExpressApplication, folder: string): void {
  app.useStaticAssets(folder, {
    index: false,
    // The names of built assets hold a hash of their content.
    setHeaders: (response, path) =>
      response.setHeader(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      ),
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    const isPage =
      (request.method === 'GET' || request.method === 'HEAD') &&
      !/^\/(?:api|health)(?:\/|$)/i.test(request.path) &&
      request.accepts('html') !== false;
    if (!isPage) next();
    else response.set('cache-control', 'no-cache').sendFile('index.html', { root: folder });
  });
}
