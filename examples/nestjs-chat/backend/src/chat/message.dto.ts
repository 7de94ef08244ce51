import { IsString, Length, Matches } from 'class-validator';

/** What somebody says. */
export class MessageDto {
  @IsString()
  @Length(1, 8000)
  @Matches(/\S/, { message: 'content must not be blank' })
  readonly content: string;
}
