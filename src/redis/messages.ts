/** What a process says in one step; see the script. */
export interface Message {
  readonly id: string;
  /** Counts the process's steps; one is repeated under its own number. With `id` it names a state that is made in this step. */
  readonly seq: number;
  /** Of the state that it knows; '' = none. */
  readonly epoch: string;
  /** Newest `now` of that state that it has heard of. */
  readonly known: number;
  /** Of the windows that it knows. */
  readonly rev: number;
  readonly lease: number;
  readonly flight: number;
  /** ms for which it keeps to itself what has landed, where nobody waits for that. */
  readonly patience: number;
  /** The columns of all amounts. */
  readonly units: readonly string[];
  readonly ops: readonly unknown[][];
  /** Its own windows, name → limit, where they are to be noted. */
  readonly windows?: readonly (readonly [name: string, limit: number])[];
  /** What Redis has lost, by window (unit|per): ms of age, units. Of a bucket its level. */
  readonly counted?: readonly (readonly [window: string, entries: readonly (readonly [number, number])[]])[];
  readonly level?: number;
  /** The first of its line. */
  readonly want?: readonly (readonly number[])[];
  /** Nobody waits any more. */
  readonly leave?: boolean;
}

export interface Reply {
  /** It is not known there: nothing was done, it must say its windows first. */
  readonly register?: true;
  /** Then: ms since Redis has lost what it was told, where it has not lost all. */
  readonly since?: number;
  readonly epoch: string;
  readonly seq: number;
  readonly rev: number;
  /** ms since the state was made. */
  readonly now: number;
  /** How many of `want` may go. */
  readonly n: number;
  /** Of what has been granted: when it is taken as counted, if nothing else is heard. */
  readonly deadline: number;
  /** ms until it is worth asking again; -1: nobody knows. */
  readonly at: number;
  /** Others are before it. */
  readonly waits?: true;
  /** Which window decides (from 1 on, as in `used`); 0 = none. */
  readonly by: number;
  readonly processes: number;
  /** Somebody waits. */
  readonly line?: true;
  /** And a bucket is about to be full but for what is in flight, and then refills no more. */
  readonly idle?: true;
  /** Units that count in each window. */
  readonly used: readonly number[];
  /** All windows, the lowest limit of each (-1: not in force) and the highest, where that has changed. */
  readonly windows?: readonly (readonly [name: string, lowest: number, highest: number])[];
}

/** Lua writes an empty list as an empty object. */
export function readReply(text: string): Reply {
  const reply = JSON.parse(text) as Reply;
  return {
    ...reply,
    used: Object.values(reply.used ?? {}),
    ...(reply.windows && { windows: Object.values(reply.windows) }),
  };
}
