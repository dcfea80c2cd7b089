import type { Clock } from '../clock.js';
import { fetchChunk } from '../fetchChunk.js';
import type { Sink } from './sink.js';

export interface LateSinkOptions<Chunk> {
  readonly name: string;
  /** Fetches the code that does the work. */
  readonly load: () => Promise<Chunk>;
  /** @param dropped observations that were lost before it was there */
  readonly open: (chunk: Chunk, dropped: number) => Sink;
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
}

const maxWaiting = 500;

/**
 * A sink whose code is fetched with the first observation; up to 500 of them wait for it, further ones are counted as dropped.
 * Made, it holds nothing: no listener, no timer.
 */
export function lateSink<Chunk>({ name, load, open, clock, onFault }: LateSinkOptions<Chunk>): Sink {
  let waiting: ((there: Sink) => void)[] = [];
  let dropped = 0;
  let sink: Sink | undefined;
  let stopFetching: (() => void) | undefined;
  let onceThere: 'flush' | 'close' | undefined;

  const onChunk = (chunk: Chunk): void => {
    sink ??= open(chunk, dropped);
    for (const give of waiting) give(sink);
    waiting = [];
    // The page may have been hidden before its reporter could see it.
    if (typeof document !== 'undefined' && document.visibilityState === 'hidden') onceThere ??= 'flush';
    if (onceThere) sink[onceThere]?.();
    onceThere = undefined;
  };

  const hand = (give: (there: Sink) => void): void => {
    if (sink) return give(sink);
    if (onceThere === 'close') onceThere = 'flush';
    if (waiting.length < maxWaiting) waiting.push(give);
    else dropped++;
    stopFetching ??= fetchChunk(load, clock, onChunk, onFault);
  };

  return {
    name,
    observe: (...observed) => hand((there) => there.observe(...observed)),
    connection: (event) => hand((there) => there.connection?.(event)),
    flush() {
      if (sink) sink.flush?.();
      else onceThere ??= 'flush';
    },
    close() {
      stopFetching?.();
      stopFetching = undefined;
      if (sink) sink.close?.();
      else onceThere = 'close';
    },
  };
}
