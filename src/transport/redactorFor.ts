import { redact } from './redact.js';
import type { TransportRequest } from './Transport.js';

/** Errors may tell these. */
const harmless = /^(content-type|accept|role|type|id|name|tool_call_id)$/;
/** A shorter text is neither a secret nor a prompt. */
const shortest = 12;
/** So much in a row is no coincidence. */
const width = 16;

/**
 * Makes what a server says to this request fit for an error or a log: takes out keys and organization ids, the values of the request's own
 * headers, and what it repeats of what people have written into the request: whole texts, and pieces that are longer than a few words.
 */
export function redactorFor(request: TransportRequest): (text: string) => string {
  let texts: readonly string[] | undefined;
  return said => {
    texts ??= textsIn(request);
    let clean = redact(said);
    for (const text of texts) {
      clean = clean.replaceAll(text, '…');
      // Half a piece at a time, as a part of the text may begin anywhere.
      for (let at = 0; at + width <= text.length; at += width / 2)
        clean = clean.replaceAll(text.slice(at, at + width), '…');
    }
    return clean;
  };
}

function textsIn({ headers, body = '{}' }: TransportRequest): string[] {
  const texts: string[] = [];
  const { messages, input, prompt, instructions } = JSON.parse(body);
  JSON.stringify([headers, messages, input, prompt, instructions], (name, value) => {
    if (typeof value === 'string' && value.length >= shortest && !harmless.test(name))
      texts.push(value.replace(/^(Bearer|Basic) /, ''));
    return value;
  });
  return texts;
}
