import { StrictMode, version, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { onTestFinished, vi } from 'vitest';
import { expectConsole } from './expectedConsole.js';

/** A React root in the page, without `act`: what is seen is what a user would see. */
export interface Mounted {
  readonly container: HTMLElement;
  readonly root: Root;
  /** Errors that some boundary caught (React 19), that none did, and that React recovered from. */
  readonly caught: unknown[];
  readonly uncaught: unknown[];
  readonly recoverable: unknown[];
  /** Errors and rejections that reached the window, each once; see `takesWindowErrors`. */
  readonly windowErrors: unknown[];
  /** The text of the page in each animation frame since the mount, consecutive duplicates left out. */
  readonly frames: string[];
  render(ui: ReactNode): void;
  text(): string;
  unmount(): void;
}

export interface MountOptions {
  /** Default true. Without effect in a production build of React. */
  readonly strict?: boolean;
  /** Errors of event handlers and rejections are expected. Default false: they fail the test. */
  readonly takesWindowErrors?: boolean;
}

const isReact18 = version.startsWith('18.');

export function mount(ui: ReactNode, { strict = true, takesWindowErrors = false }: MountOptions = {}): Mounted {
  const container = document.createElement('div');
  document.body.append(container);
  const frames: string[] = [];
  const { rootOptions, ...errors } = watchRoot(takesWindowErrors);
  const root = createRoot(container, rootOptions);
  let isMounted = true;
  const wrap = (node: ReactNode) => (strict ? <StrictMode>{node}</StrictMode> : node);
  const unmount = () => {
    if (!isMounted) return;
    isMounted = false;
    root.unmount();
    container.remove();
  };
  onTestFinished(unmount);
  const sample = () => {
    const text = container.textContent;
    if (frames.at(-1) !== text) frames.push(text);
    if (isMounted) requestAnimationFrame(sample);
  };
  // What comes before the first commit is the host's; from then on every frame is ours.
  try {
    flushSync(() => root.render(wrap(ui)));
  } catch (error) {
    // Only React 18 throws here what no boundary caught.
    rootOptions.onUncaughtError(error);
  }
  requestAnimationFrame(sample);
  return {
    ...errors,
    container,
    root,
    frames,
    render: (node) => root.render(wrap(node)),
    text: () => container.textContent,
    unmount,
  };
}

// What a root tells of errors, alike on both majors.
function watchRoot(takesWindowErrors: boolean) {
  const caught: unknown[] = [];
  const uncaught: unknown[] = [];
  const recoverable: unknown[] = [];
  const windowErrors: unknown[] = [];
  const onUncaughtError = (error: unknown) => void (uncaught.includes(error) || uncaught.push(error));
  if (takesWindowErrors || isReact18) watchWindow(windowErrors, takesWindowErrors);
  if (isReact18) watchLog(windowErrors, onUncaughtError);
  const rootOptions = {
    onCaughtError: (error: unknown) => void caught.push(error),
    onUncaughtError,
    onRecoverableError: (error: unknown) => void recoverable.push(error),
  };
  return { caught, uncaught, recoverable, windowErrors, rootOptions };
}

// Listening is enough for the test runner to log what it would else fail the run for; the log is announced here.
function watchWindow(windowErrors: unknown[], takesRejections: boolean): void {
  const take = (error: unknown, message: string) => {
    if (!windowErrors.includes(error)) windowErrors.push(error);
    expectConsole(exactly(String(new Error(message))), /^\[object (ErrorEvent|PromiseRejectionEvent)\]$/);
  };
  const onError = (event: ErrorEvent) => take(event.error, event.message);
  const onRejection = (event: PromiseRejectionEvent) => take(event.reason, '');
  window.addEventListener('error', onError);
  if (takesRejections) window.addEventListener('unhandledrejection', onRejection);
  onTestFinished(() => {
    window.removeEventListener('error', onError);
    if (takesRejections) window.removeEventListener('unhandledrejection', onRejection);
  });
}

// React 18 has no callbacks for caught and uncaught errors. It logs both: a sentence in development, which fires the window's
// error event for each of them before, and the error itself in production, which throws the uncaught ones afterwards.
function watchLog(windowErrors: unknown[], onUncaughtError: (error: unknown) => void): void {
  const logged: unknown[] = [];
  vi.mocked(console.error).mockImplementation((...given: unknown[]) => {
    const [first] = given;
    if (typeof first === 'string' && first.startsWith('The above error occurred in ')) {
      expectConsole(/^The above error occurred in /);
      if (first.includes('Consider adding an error boundary')) onUncaughtError(windowErrors.at(-1));
    } else if (process.env.NODE_ENV === 'production' && given.length === 1 && !isText(first)) {
      logged.push(first);
      expectConsole(exactly(String(first)));
    }
  });
  const onError = ({ error }: ErrorEvent) => void (logged.includes(error) && onUncaughtError(error));
  window.addEventListener('error', onError);
  onTestFinished(() => window.removeEventListener('error', onError));
}

// Our own messages are text, and so are React's warnings; thrown strings are told from them by having no prefix.
const isText = (given: unknown): boolean => typeof given === 'string' && /^(\[switchback\]|Warning:)/.test(given);

const exactly = (text: string): RegExp => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

const nextFrame = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));

/**
 * Resolves after a paint of what has been rendered or asked for: a frame that was due already may come before React's work,
 * which is done when it is over.
 */
export async function painted(): Promise<void> {
  await nextFrame();
  await nextFrame();
}

/** Resolves after `ms`. */
export const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
