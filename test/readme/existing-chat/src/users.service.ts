import { Injectable } from '@nestjs/common';
import { Db, ObjectId } from 'mongodb';

/** A user, as the profile shows it. */
export interface User {
  readonly id: string;
  readonly email: string;
}

@Injectable()
export class UsersService {
  constructor(private readonly db: Db) {}

  async register(email: string): Promise<string> {
    const { insertedId } = await this.db.collection('users').insertOne({ email });
    return insertedId.toHexString();
  }

  async profile(userId: string): Promise<User> {
    const user = await this.db.collection('users').findOne({ _id: new ObjectId(userId) });
    return { id: userId, email: user?.['email'] };
  }
}
