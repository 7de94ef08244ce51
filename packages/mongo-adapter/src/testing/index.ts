export { mongodBinary } from './mongod-binary.ts';
export { type MongoMember, startMongo, type StartMongoOptions, type TestMongo } from './start-mongo.ts';
