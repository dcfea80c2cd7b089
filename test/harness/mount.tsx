import { StrictMode, type ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { onTestFinished } from 'vitest';

/** A React root in the page, without `act`: what is seen is what a user would see. */
export interface Mounted {
  readonly container: HTMLElement;
  readonly root: Root;
  /** Errors that some boundary caught, that none did, and that React recovered from. */
  readonly caught: unknown[];
  readonly uncaught: unknown[];
  readonly recoverable: unknown[];
  /** The text of the page in each animation frame since the mount, consecutive duplicates left out. */
  readonly frames: string[];
  render(ui: ReactNode): void;
  text(): string;
  unmount(): void;
}

export function mount(ui: ReactNode, { strict = true } = {}): Mounted {
  const container = document.createElement('div');
  document.body.append(container);
  const caught: unknown[] = [];
  const uncaught: unknown[] = [];
  const recoverable: unknown[] = [];
  const frames: string[] = [];
  const root = createRoot(container, {
    onCaughtError: (error) => void caught.push(error),
    onUncaughtError: (error) => void uncaught.push(error),
    onRecoverableError: (error) => void recoverable.push(error),
  });
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
  flushSync(() => root.render(wrap(ui)));
  requestAnimationFrame(sample);
  return {
    container,
    root,
    caught,
    uncaught,
    recoverable,
    frames,
    render: (node) => root.render(wrap(node)),
    text: () => container.textContent,
    unmount,
  };
}

/** Resolves after the next paint. */
export const painted = (): Promise<void> =>
  new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));

/** Resolves after `ms`. */
export const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
