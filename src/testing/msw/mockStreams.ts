import { systemClock } from '../../client/clock.js';

/** The live streams of a mock service. */
export interface MockStreams {
  /**
   * @param first what a stream begins with
   * @param signal ends it; the worker of a browser does not tell of a reader that has gone
   */
  open(first: readonly string[], signal: AbortSignal): Response;
  send(frame: string): void;
  /** Ends all of them, as a service that goes down does. */
  close(): void;
  count(): number;
}

/** One server-sent event. */
export const frameOf = (event: string, id: string, data: unknown): string =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/** @param heartbeat made every `heartbeatMs` while a stream is open */
export function createMockStreams(heartbeatMs: number, heartbeat: () => string): MockStreams {
  const open = new Map<ReadableStreamDefaultController<Uint8Array>, () => void>();
  const encoder = new TextEncoder();
  const end = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    open.get(controller)?.();
    open.delete(controller);
  };
  const enqueue = (controller: ReadableStreamDefaultController<Uint8Array>, frame: string): void => {
    try {
      controller.enqueue(encoder.encode(frame));
    } catch {
      // The reader has gone without a word.
      end(controller);
    }
  };

  return {
    open(first, signal) {
      let own: ReadableStreamDefaultController<Uint8Array> | undefined;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          own = controller;
          const beat = (): void => {
            open.set(
              controller,
              systemClock.after(heartbeatMs, () => {
                beat();
                enqueue(controller, heartbeat());
              }),
            );
          };
          beat();
          signal.addEventListener('abort', () => end(controller));
          for (const frame of first) enqueue(controller, frame);
        },
        cancel: () => own && end(own),
      });
      return new Response(body, {
        headers: {
          'content-type': 'text/event-stream',
          'cache-control': 'no-store',
          'access-control-allow-origin': '*',
        },
      });
    },
    send(frame) {
      for (const controller of Array.from(open.keys())) enqueue(controller, frame);
    },
    close() {
      for (const controller of Array.from(open.keys())) {
        end(controller);
        try {
          controller.close();
        } catch {
          // It was closed from the other side.
        }
      }
    },
    count: () => open.size,
  };
}
