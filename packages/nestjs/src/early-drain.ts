import type { DynamicModule, InjectionToken } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { Drain } from './create-drain.ts';

/*
 * Modules of databases close their connections in the hooks in which the meter has to store what is left, and Nest calls
 * those of global modules in the order in which they were imported. So two modules of nothing but hooks stand at the two
 * ends of that order: Nest 11 and 12 begin with the module that is nearest to the root, Nest 10 with the farthest.
 */
/* oxlint-disable typescript/no-extraneous-class -- Nest knows a module by its class */
class KilotokenDrainFromRoot {}
class KilotokenDrainFromLeaves {}
/* oxlint-enable typescript/no-extraneous-class */

const hooksToken = Symbol('kilotoken.nestjs.early-drain');
const distances = [
  [KilotokenDrainFromRoot, -1],
  [KilotokenDrainFromLeaves, Infinity],
] as const;

/** Modules that store what has ended before any other module of the app shuts down. */
export function earlyDrains(drainToken: InjectionToken): DynamicModule[] {
  return distances.map(([module, distance]) => ({
    module,
    providers: [
      {
        provide: hooksToken,
        inject: [drainToken, ModulesContainer],
        useFactory(drain: Drain, modules: ModulesContainer) {
          for (const each of modules.values()) if (each.metatype === module) each.distance = distance;
          return {
            onModuleDestroy: () => drain.flush('destroy'),
            beforeApplicationShutdown: () => drain.flush('before shutdown'),
            onApplicationShutdown: () => drain.flush('shutdown'),
          };
        },
      },
    ],
  }));
}
