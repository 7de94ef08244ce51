const { createMeter, isMeterError, memoryStore } = require('@kilotoken/core');
const { fakeProvider } = require('@kilotoken/core/testing');
const OpenAI = require('openai');

void main();

async function main() {
  const provider = await fakeProvider();
  const store = memoryStore();
  const meter = createMeter({ store });
  const openai = meter.wrap(new OpenAI({ baseURL: provider.baseURL, apiKey: 'test' }));

  const stream = await openai.chat.completions.create(
    { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Name three rivers' }], stream: true },
    meter.track({ userId: 'u1' }).options,
  );
  let text = '';
  let foreignChunks = 0;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    if ('usage' in chunk || chunk.choices.length === 0) foreignChunks += 1;
  }
  await meter.flush();

  const { calls, tokens } = await store.totals({ userId: 'u1' });
  const knowsTheOtherCopy = await recognisesErrorsOfTheModuleCopy();
  console.log(
    JSON.stringify({ text, foreignChunks, totals: { calls, tokens }, reported: provider.reported, knowsTheOtherCopy }),
  );

  await meter.close();
  await store.close();
  await provider.close();
}

/** The package is in memory twice here, as CommonJS and as ES modules. */
async function recognisesErrorsOfTheModuleCopy() {
  const modules = await import('@kilotoken/core');
  try {
    modules.createMeter({});
  } catch (error) {
    return modules.createMeter !== createMeter && isMeterError(error);
  }
  return false;
}
