/** There are no files in a browser: what records or replays there says so as soon as it is made. */
export function beginFile(path: string): never {
  throw noFiles(path);
}

export function addLine(path: string): never {
  throw noFiles(path);
}

export function linesOf(path: string): never {
  throw noFiles(path);
}

function noFiles(path: string): TypeError {
  return new TypeError(`${path}: there are no files in a browser. Record and replay conversations in Node.`);
}
