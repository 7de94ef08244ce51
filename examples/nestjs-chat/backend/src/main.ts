import 'reflect-metadata';
import { createApp } from './create-app.ts';
import { readConfig } from './platform/chat-config.ts';

const config = readConfig(process.env);
const app = await createApp(config);
await app.init();
try {
  await app.listen(config.port, config.host);
  console.log(`listening on ${await app.getUrl()}`);
} catch {
  // Nest has logged that the port is taken, or not allowed.
  await app.close();
  process.exitCode = 1;
}
