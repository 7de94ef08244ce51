import { IsOptional, IsString, Length } from 'class-validator';

/** A conversation may begin without a title. */
export class CreateConversationDto {
  @IsOptional()
  @IsString()
  @Length(1, 120)
  readonly title?: string;
}

/** A new title. */
export class RenameConversationDto {
  @IsString()
  @Length(1, 120)
  readonly title: string;
}
