import { createChatClient, toText } from 'rx-groq';
import { fakeChatClient } from 'rx-groq/testing';
import { of } from 'rxjs';

// A page: it asks a gateway, which has the key. What it shows goes to `globalThis.show`.
const model = 'openai/gpt-oss-20b';
const request = { model, messages: [{ role: 'user', content: 'What is 7+7?' }], max_completion_tokens: 50 };
const client = createChatClient({ [model]: { base_url: globalThis.gateway } });

client
  .stream(request)
  .pipe(toText())
  .subscribe({ next: text => globalThis.show(text), error: error => globalThis.show(String(error)) });
fakeChatClient({ answer: () => of('Hi', '!') })
  .stream(request)
  .pipe(toText())
  .subscribe(text => globalThis.show(text));
client.countTokens(request).subscribe(tokens => globalThis.show(`${tokens} tokens`));
