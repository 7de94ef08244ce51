import { snapshot } from '../../snapshot.js';

export const dynamic = 'force-dynamic';

export const GET = () => Response.json({ ...snapshot, rev: 2, total: 1_434_567 });
