// An app that stores a record and never closes its store: node open-store-process.ts <uri> <db>
import { MongoClient } from 'mongodb';
import { mongoStore } from '../../src/index.ts';
import { plainRecord } from './plain-record.ts';

const [uri = '', db = ''] = process.argv.slice(2);
const client = new MongoClient(uri);
const store = mongoStore({ client, db });
await store.append([plainRecord('a', 'user-0')]);
await client.close();
