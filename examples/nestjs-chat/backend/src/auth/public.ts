import { type CustomDecorator, SetMetadata } from '@nestjs/common';

/** Marks what is served without signing in. */
export const isPublic = 'isPublic';

/** This route is for everybody. */
export function Public(): CustomDecorator {
  return SetMetadata(isPublic, true);
}
