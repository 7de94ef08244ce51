import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { CHAT_CONFIG, type ChatConfig } from '../platform/chat-config.ts';
import { AuthController } from './auth.controller.ts';
import { AuthService } from './auth.service.ts';
import { Session } from './session.ts';

/** Who is who. */
@Module({
  imports: [
    JwtModule.registerAsync({
      inject: [CHAT_CONFIG],
      useFactory: ({ jwtSecret }: ChatConfig) => ({
        secret: jwtSecret,
        signOptions: { algorithm: 'HS256' },
        verifyOptions: { algorithms: ['HS256'] },
      }),
    }),
  ],
  controllers: [AuthController],
  providers: [AuthService, Session],
  exports: [AuthService, Session],
})
export class AuthModule {}
