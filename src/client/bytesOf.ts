/** A body that is no JSON. */
export type Binary = FormData | Blob | Uint8Array;

/** It as it goes over the wire, all at once, as servers want to know the length; a form with the model's name in it. */
export async function bytesOf(
  body: Binary,
  model: string,
): Promise<{ readonly type: string; readonly bytes: Uint8Array }> {
  if (body instanceof Uint8Array) return { type: anyBytes, bytes: body };
  if (body instanceof Blob) return { type: body.type || anyBytes, bytes: new Uint8Array(await body.arrayBuffer()) };
  // The platform makes multipart of it.
  const multipart = new Response(withModel(body, model));
  const type = multipart.headers.get('content-type') ?? anyBytes;
  return { type, bytes: new Uint8Array(await multipart.arrayBuffer()) };
}

const anyBytes = 'application/octet-stream';

function withModel(form: FormData, model: string): FormData {
  const copy = new FormData();
  copy.set('model', model);
  for (const [name, value] of form) {
    if (name === 'model') continue;
    if (typeof value === 'string') copy.append(name, value);
    else copy.append(name, value, value.name);
  }
  return copy;
}
