import { usageHandler } from '@kilotoken/core';
import { cookies } from 'next/headers';
import { metering } from '../../../lib/metering';

export async function GET(request: Request): Promise<Response> {
  const { store } = await metering();
  const userId = (await cookies()).get('guest')?.value;
  return usageHandler({ store, authenticate: () => (userId === undefined ? null : { userId }) })(request);
}
