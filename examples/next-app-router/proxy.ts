import { NextResponse, type NextRequest } from 'next/server';

/** Your app knows its users. This one gives whoever comes without a cookie an id that nobody can guess. */
export function proxy(request: NextRequest): NextResponse {
  if (request.cookies.has('guest')) return NextResponse.next();
  const id = crypto.randomUUID();
  request.cookies.set('guest', id); // for the page that is rendered now
  const response = NextResponse.next({ request });
  response.cookies.set('guest', id, { httpOnly: true, sameSite: 'lax', maxAge: 2_592_000 });
  return response;
}

export const config = { matcher: '/' };
