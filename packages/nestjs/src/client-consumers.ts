import type { InjectionToken } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

type Module = ReturnType<ModulesContainer['values']> extends Iterable<infer Each> ? Each : never;
type Consumer = NonNullable<ReturnType<Module['providers']['get']>>;

// What Nest's decorators write on a class; the same names in Nest 10 to 12, exported by none of them for all.
const parameters = 'self:paramtypes';
const optionalParameters = 'optional:paramtypes';
const properties = 'self:properties_metadata';
const optionalProperties = 'optional:properties_metadata';

/** Names of the classes and factories that cannot be made without what the module `owner` provides under the token. */
export function clientConsumers(modules: ModulesContainer, owner: unknown, token: InjectionToken): string[] {
  return [...modules.values()]
    .filter((module) => takesFrom(owner, module, token))
    .flatMap(({ providers, controllers, injectables }) => [
      ...providers.values(),
      ...controllers.values(),
      ...injectables.values(),
    ])
    .filter((consumer) => needed(consumer).some((each) => resolved(each) === token))
    .map(({ name }) => String(name));
}

/** Whether the token means the owner's provider there: a module may have one of its own, or import it from another. */
function takesFrom(owner: unknown, module: Module, token: InjectionToken): boolean {
  if (module.providers.has(token)) return false;
  const sources = [...module.imports].filter(({ providers, exports }) => providers.has(token) && exports.has(token));
  return sources.length === 1 && sources[0]?.metatype === owner;
}

function needed({ inject, metatype }: Consumer): unknown[] {
  // A factory has a list, also an empty one; a class has none.
  if (inject) {
    const tokens = inject.filter((each) => !isOptional(each));
    return tokens.map((each) => (typeof each === 'object' && 'token' in each ? each.token : each));
  }
  if (typeof metatype !== 'function') return [];
  const read = (key: string): unknown => Reflect.getMetadata(key, metatype) ?? [];
  const spare: readonly unknown[] = [
    ...(read(optionalParameters) as readonly number[]),
    ...(read(optionalProperties) as readonly string[]),
  ];
  const injected = [
    ...(read(parameters) as readonly { index: number; param: unknown }[]).map(({ index, param }) => [index, param]),
    ...(read(properties) as readonly { key: string; type: unknown }[]).map(({ key, type }) => [key, type]),
  ];
  return injected.filter(([place]) => !spare.includes(place)).map(([, each]) => each);
}

function isOptional(each: unknown): boolean {
  return typeof each === 'object' && each !== null && 'optional' in each && each.optional === true;
}

function resolved(each: unknown): unknown {
  const isForward = typeof each === 'object' && each !== null && 'forwardRef' in each;
  return isForward ? (each.forwardRef as () => unknown)() : each;
}
