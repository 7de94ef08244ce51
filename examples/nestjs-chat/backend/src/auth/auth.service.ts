import { initialUsage, usageProjection } from '@kilotoken/mongo-adapter';
import { Injectable } from '@nestjs/common';
import { Db, type Collection, ObjectId } from 'mongodb';
import { CodedException } from '../http/coded-exception.ts';
import type { UserDoc } from '../platform/documents.ts';
import { type AuthUser, toAuthUser } from './auth-user.ts';
import type { CredentialsDto } from './credentials.dto.ts';
import { hashPassword, isPassword } from './password.ts';

/** Users, and their passwords. */
@Injectable()
export class AuthService {
  private readonly users: Collection<UserDoc>;

  constructor(db: Db) {
    this.users = db.collection('users');
  }

  /** @throws CodedException `email_taken`. */
  async register({ email, password }: CredentialsDto): Promise<AuthUser> {
    const user = { _id: new ObjectId(), email, passwordHash: await hashPassword(password), createdAt: new Date() };
    try {
      await this.users.insertOne({ ...user, ...initialUsage() });
    } catch (error) {
      const duplicateKey = 11_000;
      if ((error as { code?: unknown }).code !== duplicateKey) throw error;
      throw new CodedException(409, 'email_taken', 'there is an account with this address');
    }
    return toAuthUser(user);
  }

  /** @throws CodedException `wrong_credentials`, the same for an unknown address and a wrong password. */
  async login({ email, password }: CredentialsDto): Promise<AuthUser> {
    const user = await this.users.findOne({ email });
    if (!(await isPassword(password, user?.passwordHash)) || user === null) {
      throw new CodedException(401, 'wrong_credentials', 'the address or the password is wrong');
    }
    return toAuthUser(user);
  }

  /** The user as of now, totals included; neither the password nor the store's own field leaves the database. */
  async userById(id: string): Promise<AuthUser | undefined> {
    if (!ObjectId.isValid(id)) return undefined;
    const projection = { passwordHash: 0, ...usageProjection() };
    const user = await this.users.findOne({ _id: new ObjectId(id) }, { projection });
    return user === null ? undefined : toAuthUser(user);
  }
}
