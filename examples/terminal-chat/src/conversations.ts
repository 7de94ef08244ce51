/** Who chats in the demo, and about what. Each question gets its scripted answer from the local provider. */
export interface Conversation {
  readonly userId: string;
  readonly conversationId: string;
  readonly questions: readonly string[];
}

export const conversations: readonly Conversation[] = [
  {
    userId: 'alice',
    conversationId: 'gardens',
    questions: ['When do I plant tomatoes?', 'And how much water do they need?'],
  },
  {
    userId: 'bob',
    conversationId: 'harbours',
    questions: ['Which harbour is the deepest natural one?', 'Why is Sydney often named instead?'],
  },
];

const answers: Readonly<Record<string, string>> = {
  'When do I plant tomatoes?':
    'After the last frost, when the nights stay above ten degrees. Start the seeds indoors about six weeks earlier.',
  'And how much water do they need?':
    'A deep watering two or three times a week is better than a little every day. Keep the leaves dry.',
  'Which harbour is the deepest natural one?':
    'Opinions differ, because depth can be measured at the entrance, at the berths or in between.',
  'Why is Sydney often named instead?':
    'It is large, deep and very well photographed, and size is easily taken for depth.',
};

/** What the scripted provider says to the last user message of a request. */
export function answerTo(question: string): string {
  return answers[question] ?? 'I only know a few answers by heart, and this is not one of them.';
}
