import 'reflect-metadata';
import { createApp } from './create-app.ts';
import { readConfig } from './platform/chat-config.ts';

const config = readConfig(process.env);
const app = await createApp(config);
await app.listen(config.port, config.host);
console.log(`listening on ${await app.getUrl()}`);
