import { redact } from './redact.js';
import type { TransportRequest } from './Transport.js';

/** Errors may tell these. */
const harmless = /^(content-type|accept|role|type|id|name|tool_call_id|model|required|enum|\w+_format)$/;
/** A shorter text is neither a secret nor a prompt. */
const shortest = 12;
/** So much in a row is no coincidence. */
const width = 16;

/**
 * Makes what a server says to this request fit for an error or a log: takes out keys and organization ids, the values of the request's own
 * headers, and what it repeats of what people have written into the request: whole texts, and pieces that are longer than a few words, as
 * they are or quoted once more.
 */
export function redactorFor(request: TransportRequest): (text: string) => string {
  let forms: readonly string[] | undefined;
  return said => {
    forms ??= textsIn(request).flatMap(quoted);
    let clean = redact(said);
    for (const form of forms) clean = clean.replaceAll(form, '…');
    // Half a piece at a time, as a part of the text may begin anywhere.
    for (const form of forms)
      for (let at = 0; at + width <= form.length; at += width / 2)
        clean = clean.replaceAll(form.slice(at, at + width), '…');
    return clean;
  };
}

/** A text as servers repeat it: in ASCII's JSON, in JSON, between other quotes (Python's), as it is. */
function quoted(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = json.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [...new Set([ascii, json, json.replaceAll('\\"', '"'), text])];
}

function textsIn({ headers, body = '' }: TransportRequest): string[] {
  const texts: string[] = [];
  const see = (value: unknown): void => {
    JSON.stringify(value, (name, value) => {
      if (harmless.test(name)) return undefined;
      if (typeof value === 'string' && value.length >= shortest) {
        texts.push(value.replace(/^(Bearer|Basic) /, ''));
        seeIn(value); // arguments of tools, and the bodies of other calls: what is in them comes back alone
      }
      return value;
    });
  };
  const seeIn = (json: string): void => {
    try {
      see(JSON.parse(json));
    } catch {
      // is none
    }
  };
  see(headers);
  seeIn(body);
  return texts;
}
