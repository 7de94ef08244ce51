import type { Meter } from '@kilotoken/core';
import { InjectMeter } from '@kilotoken/nestjs';
import { Controller, Get } from '@nestjs/common';
import { SkipThrottle } from '@nestjs/throttler';
import { Db } from 'mongodb';
import { Public } from '../auth/public.ts';
import { CodedException } from '../http/coded-exception.ts';

/** For load balancers, and for whoever watches. */
@Controller('health')
@SkipThrottle()
export class HealthController {
  constructor(
    private readonly db: Db,
    @InjectMeter() private readonly meter: Meter,
  ) {}

  @Get()
  @Public()
  async check(): Promise<object> {
    await this.db.command({ ping: 1 }, { timeoutMS: 2000 }).catch(() => {
      throw new CodedException(503, 'unavailable', 'the database does not answer');
    });
    const { pending, queued, dropped } = this.meter.stats();
    return { status: 'ok', usage: { pending, queued, dropped } };
  }
}
