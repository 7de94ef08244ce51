import 'reflect-metadata';
import { createApp } from './create-app.ts';
import { readConfig } from './platform/chat-config.ts';

try {
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
} catch (error) {
  // Wrong settings, or no database. What fails inside Nest it has logged in full.
  console.error(`Cannot start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
