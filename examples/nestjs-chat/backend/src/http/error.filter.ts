import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { ErrorCode } from './coded-exception.ts';

const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'not_signed_in',
  403: 'foreign_origin',
  404: 'not_found',
  413: 'too_large',
  429: 'too_many_requests',
  503: 'unavailable',
};

/** Answers every error in one shape. What is our own fault is told to the log only. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const { statusCode, code, message } = describe(exception);
    if (statusCode === 500) {
      // The route and not the address: an address can hold what somebody typed.
      const stack = exception instanceof Error ? exception.stack : String(exception);
      this.logger.error(`${request.method} ${String(request.route?.path ?? 'unknown route')} failed`, stack);
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.status(statusCode).set('cache-control', 'no-store').json({ statusCode, code, message });
  }
}

function describe(exception: unknown): { statusCode: number; code: ErrorCode; message: string } {
  if (exception instanceof HttpException) {
    const statusCode = exception.getStatus();
    const { code, message } = exception.getResponse() as { code?: ErrorCode; message?: string | string[] };
    // Texts that are neither ours nor a validator's quote the request.
    const ownText = Array.isArray(message) ? message.join('; ') : code === undefined ? undefined : message;
    return { statusCode, code: code ?? codeOf(statusCode), message: ownText ?? textOf(statusCode) };
  }
  // Middleware of Express throws errors of its own.
  const { status } = (exception ?? {}) as { status?: unknown };
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return { statusCode: status, code: codeOf(status), message: textOf(status) };
  }
  return { statusCode: 500, code: 'internal', message: 'something went wrong on our side' };
}

function codeOf(statusCode: number): ErrorCode {
  return codes[statusCode] ?? (statusCode < 500 ? 'invalid_input' : 'internal');
}

function textOf(statusCode: number): string {
  if (statusCode === 404) return 'there is no such route';
  return statusCode === 429 ? 'slow down' : 'the request cannot be read';
}
