import { Transform } from 'class-transformer';
import { IsEmail, IsString, Length, MaxLength } from 'class-validator';

/** What somebody signs up or in with. */
export class CredentialsDto {
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim().toLowerCase() : value))
  @IsEmail()
  @MaxLength(254)
  readonly email: string;

  @IsString()
  @Length(8, 128)
  readonly password: string;
}
