import { type LogLevel, RequestMethod, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import cookieParser from 'cookie-parser';
import helmet from 'helmet';
import { AppModule } from './app.module.ts';
import { serveFrontEnd } from './http/front-end.ts';
import type { ChatConfig } from './platform/chat-config.ts';
import { connectDatabase } from './platform/connect-database.ts';

/** Makes the app as it is served, ready to listen. */
export async function createApp(
  config: ChatConfig,
  logLevels: LogLevel[] = ['log', 'warn', 'error', 'fatal'],
): Promise<NestExpressApplication> {
  const client = await connectDatabase(config.mongoUri);
  const app = await NestFactory.create<NestExpressApplication>(AppModule.register(config, client), {
    logger: logLevels,
    abortOnError: false,
    bodyParser: false,
  });
  if (config.trustProxy > 0) app.set('trust proxy', config.trustProxy);
  app.use(helmet(securityHeaders(config)));
  app.useBodyParser('json', { limit: '64kb', strict: true });
  app.use(cookieParser());
  app.setGlobalPrefix('api', { exclude: [{ path: 'health', method: RequestMethod.GET }] });
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }));
  app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
  if (config.frontEnd !== undefined) serveFrontEnd(app, config.frontEnd);
  return app;
}

/** Everything from our own origin, and nothing inline. */
function securityHeaders({ isSecure }: ChatConfig): Parameters<typeof helmet>[0] {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Under helmet's default some browsers hide from us that a request comes from our own page.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: isSecure && { maxAge: 31_536_000 },
  };
}
