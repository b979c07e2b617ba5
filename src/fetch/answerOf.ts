import { type Observable, Subscription } from 'rxjs';
import type { Relayed } from '../relay/index.js';
import type { ResponseHead } from '../transport/index.js';

/**
 * A relayed answer as `fetch` gives it: resolves at its head, rejects with what it fails with before that. Its body ends as the answer does.
 * Cancelling the body, or aborting, cancels the request, wherever it is.
 */
export function answerOf(relayed: Observable<Relayed>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const life = new Subscription();
    let body: ReadableStreamDefaultController<Uint8Array> | undefined;
    const fail = (error: unknown): void => {
      life.unsubscribe();
      if (body) body.error(error);
      else reject(error);
    };
    const abort = (): void => fail(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    life.add(() => signal.removeEventListener('abort', abort));

    const begin = (head: ResponseHead): void => {
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          body = controller;
        },
        cancel: () => life.unsubscribe(),
      });
      resolve(new Response(stream, { status: head.status, headers: headersOf(head) }));
    };
    life.add(
      relayed.subscribe({
        next(event) {
          if (event.type === 'head') begin(event.head);
          else if (event.type === 'bytes') body?.enqueue(event.bytes);
          else if (event.type === 'rejected') resolve(rejection(event));
        },
        error: fail,
        complete() {
          life.unsubscribe();
          body?.close();
        },
      }),
    );
  });
}

export function jsonResponse(status: number, body: unknown, headers: Readonly<Record<string, string>>): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}

function rejection({ head, body }: Relayed & { type: 'rejected' }): Response {
  const bodiless = head.status === 204 || head.status === 205 || head.status === 304;
  return new Response(bodiless ? null : new Blob([...body] as BlobPart[]), {
    status: head.status,
    headers: headersOf(head),
  });
}

/** Without what is of the connection: the body is not compressed, and may be a chunk shorter than the server has sent it. */
function headersOf({ headers }: ResponseHead): Record<string, string> {
  const { connection, 'keep-alive': _, 'transfer-encoding': __, 'content-length': ___, ...more } = headers;
  const { 'content-encoding': ____, ...rest } = more; // where it is fetch that asks, it stays on what is unpacked
  return rest;
}
