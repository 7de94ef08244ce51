'use client';

import { TokenMeter, createUsageStore } from '@kilotoken/react-widget';
import { meterResponse } from '@kilotoken/react-widget/sse';
import { useState, type FormEvent } from 'react';

/** A question, its answer, and the total, which moves before the stream ends. */
export function Chat({ userKey, initial }: { readonly userKey: string; readonly initial: unknown }) {
  const [usage] = useState(() => createUsageStore({ src: '/api/usage', userKey, initial }));
  const [answer, setAnswer] = useState('');

  async function ask(body: FormData): Promise<void> {
    setAnswer('');
    const response = meterResponse(await fetch('/api/chat', { method: 'POST', body }), usage);
    if (!response.ok || response.body === null) throw new Error(`${response.status}`);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter((each) => each.startsWith('data: {'))) {
        const { choices } = JSON.parse(line.slice('data: '.length));
        setAnswer((text) => text + (choices[0]?.delta.content ?? ''));
      }
    }
  }

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    ask(new FormData(event.currentTarget)).catch(() => setAnswer('The model did not answer.'));
  }

  return (
    <main>
      <TokenMeter store={usage} />
      <form onSubmit={submit}>
        <input name="message" aria-label="Message" required autoComplete="off" />
        <button>Send</button>
      </form>
      <p aria-live="polite">{answer}</p>
    </main>
  );
}
