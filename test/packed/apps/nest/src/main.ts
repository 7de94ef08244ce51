import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const answer = await fetch(await app.getUrl());
  console.log(await answer.text());
  await app.close();
}
void bootstrap();
