import type { MongoStore } from '@kilotoken/mongo-adapter';
import type { KilotokenModuleOptions } from '@kilotoken/nestjs';
import { Logger } from '@nestjs/common';
import type { MongoClient } from 'mongodb';
import type { ChatConfig } from './chat-config.ts';
import type { ChatProvider } from './chat-provider.ts';

/** How the app meters: the options of `KilotokenModule`. */
export function metering(
  config: ChatConfig,
  store: MongoStore,
  provider: ChatProvider,
  client: MongoClient,
): KilotokenModuleOptions {
  const logger = new Logger('Metering');
  return {
    meter: {
      store,
      journal: { path: config.journalDir },
      // The scripted model is nobody's product, so the app brings its price: $0.25 per million tokens in, $2 out.
      prices: { overrides: [{ model: 'demo-chat', inputPicoUsdPerToken: 250_000, outputPicoUsdPerToken: 2_000_000 }] },
      onError: (error) => logger.warn(`${error.code}: ${error.message}`),
    },
    openai: provider.openai,
    // Everything below the meter closes after it, in this order.
    async onClosed(left) {
      if (left > 0) logger.warn(`${left} records wait in the journal for the next start`);
      await provider.close();
      await store.close();
      await client.close();
    },
  };
}
