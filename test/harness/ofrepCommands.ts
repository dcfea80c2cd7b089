// What a test in the browser asks of Node: an OFREP engine of ours, over real HTTP. Commands of Vitest's browser mode.
import { runnerImport } from 'vite';
import type { BrowserCommand } from 'vitest/node';
import type { OfrepEngine } from './startOfrepEngine.js';

declare module 'vitest/browser' {
  interface BrowserCommands {
    /** Starts an engine with one feature at 100 %; gives its URL. */
    startOfrepEngine(feature: string): Promise<string>;
    /** Turns the feature on or off, as another process would. */
    setOfrepFeature(url: string, isOn: boolean): Promise<void>;
    stopOfrepEngine(url: string): Promise<void>;
  }
}

interface StartOfrepEngineModule {
  startOfrepEngine(feature: string): Promise<OfrepEngine>;
}

const engines = new Map<string, OfrepEngine>();

const startOfrepEngine: BrowserCommand<[feature: string]> = async (_context, feature) => {
  const { module } = await runnerImport<StartOfrepEngineModule>(
    new URL('./startOfrepEngine.ts', import.meta.url).pathname,
  );
  const engine = await module.startOfrepEngine(feature);
  engines.set(engine.url, engine);
  return engine.url;
};

const setOfrepFeature: BrowserCommand<[url: string, isOn: boolean]> = async (_context, url, isOn) =>
  engines.get(url)?.set(isOn);

const stopOfrepEngine: BrowserCommand<[url: string]> = async (_context, url) => {
  await engines.get(url)?.close();
  engines.delete(url);
};

export const ofrepCommands = { startOfrepEngine, setOfrepFeature, stopOfrepEngine };
