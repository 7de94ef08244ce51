import { usageSnapshot } from '@kilotoken/core';
import { cookies } from 'next/headers';
import { metering } from '../lib/metering';
import { Chat } from './chat';

/** The number is in the HTML. Of the cookie only the beginning is: it tells this guest's tabs from another's. */
export default async function Page() {
  const userId = (await cookies()).get('guest')?.value ?? '';
  const { store } = await metering();
  return <Chat userKey={userId.slice(0, 8)} initial={await usageSnapshot(store, { userId })} />;
}
