import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumArgs, chromiumPath } from './chromium.js';

/** A tab in a window of its own. */
export interface RawTab {
  /** @throws Error with what the page threw */
  evaluate<Result>(expression: string): Promise<Result>;
  /** In the background from here on: hidden, with throttled timers. */
  minimize(): Promise<void>;
  restore(): Promise<void>;
  /** Nothing runs in it any more; only while it is hidden. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

export interface RawChromium {
  open(url: string): Promise<RawTab>;
  close(): Promise<void>;
}

type Answer = Readonly<Record<string, unknown>>;
type Call = (method: string, params?: object, sessionId?: string) => Promise<Answer>;

/**
 * Starts a Chromium as people have it. Drivers of tests switch off what browsers do to tabs in the background, and keep every tab
 * visible; here nothing is between.
 */
export async function launchRawChromium(): Promise<RawChromium> {
  const profile = await mkdtemp(join(tmpdir(), 'switchback-chromium-'));
  const flags = [...chromiumArgs, '--headless', '--remote-debugging-pipe', `--user-data-dir=${profile}`];
  const child = spawn(chromiumPath(), flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const call = speak(child.stdio[3] as NodeJS.WritableStream, child.stdio[4] as NodeJS.ReadableStream);
  return {
    async open(url) {
      const { targetId } = await call('Target.createTarget', { url, newWindow: true });
      const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
      const { windowId } = await call('Browser.getWindowForTarget', { targetId });
      const session = String(sessionId);
      const setWindow = async (windowState: string): Promise<void> => {
        await call('Browser.setWindowBounds', { windowId, bounds: { windowState } });
      };
      const setLife = async (state: string): Promise<void> => {
        await call('Page.setWebLifecycleState', { state }, session);
      };
      return {
        async evaluate<Result>(expression: string) {
          const options = { expression, awaitPromise: true, returnByValue: true };
          const { result, exceptionDetails } = await call('Runtime.evaluate', options, session);
          if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
          return (result as { value: Result }).value;
        },
        minimize: () => setWindow('minimized'),
        restore: () => setWindow('normal'),
        freeze: () => setLife('frozen'),
        thaw: () => setLife('active'),
      };
    },
    async close() {
      child.kill('SIGKILL');
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** The DevTools protocol over a pipe: JSON texts that end with NUL. */
function speak(to: NodeJS.WritableStream, from: NodeJS.ReadableStream): Call {
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  let last = 0;
  let rest = '';
  from.on('data', (piece: Buffer) => {
    const texts = (rest + piece.toString()).split('\0');
    rest = texts.pop() ?? '';
    for (const text of texts) {
      const { id, result, error } = JSON.parse(text) as { id?: number; result?: Answer; error?: unknown };
      const call = waiting.get(id ?? 0);
      waiting.delete(id ?? 0);
      if (error === undefined) call?.resolve(result ?? {});
      else call?.reject(new Error(JSON.stringify(error)));
    }
  });
  const end = (): void => {
    for (const { reject } of waiting.values()) reject(new Error('Chromium has ended'));
    waiting.clear();
  };
  from.on('close', end);
  // A browser that is gone is told by the other pipe.
  to.on('error', () => {});
  return (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      to.write(`${JSON.stringify({ id: last, method, params, ...(sessionId !== undefined && { sessionId }) })}\0`);
    });
}
