import { type FSWatcher, realpathSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Observable } from 'rxjs';

/**
 * Emits whenever a file may have changed, and once when it begins to look. Cold; errors if the system can't watch.
 *
 * The folder is watched, since editors put a new file in the old one's place, which a watch on the file itself would lose;
 * and where the path is a link, the folder that it leads to as well. Doesn't keep Node alive.
 */
export function watchFile(path: string): Observable<void> {
  return new Observable(subscriber => {
    const target = realPath(path);
    const watchers: FSWatcher[] = [];
    subscriber.add(() => {
      for (const watcher of watchers) watcher.close();
    });
    try {
      for (const folder of new Set([dirname(path), dirname(target)])) {
        const watcher = watch(folder, { persistent: false }, (_, changed) => {
          // Any change in the folder of a link may be the link that leads elsewhere (Kubernetes swaps a folder above the file).
          if (changed === null || target !== path || changed === basename(path)) subscriber.next();
        });
        watcher.on('error', error => subscriber.error(error));
        watchers.push(watcher);
      }
      subscriber.next();
    } catch (error) {
      subscriber.error(error);
    }
  });
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
