import { StrictMode, type ComponentType, type ReactNode } from 'react';
import { hydrateRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { onTestFinished } from 'vitest';
import { expectConsole } from '../harness/expectedConsole.js';
import { faces, type TestClient } from './setup.js';

/** A page that came from a server and is being hydrated. */
export interface Hydrated {
  readonly container: HTMLElement;
  readonly root: Root;
  /** Errors that some boundary caught, that none did, and that React recovered from. */
  readonly caught: unknown[];
  readonly uncaught: unknown[];
  readonly recoverable: unknown[];
  /** Every text the page ever had since it was there, consecutive duplicates left out. */
  readonly texts: string[];
  /** What changed in the document since it was there: added and removed nodes, changed text. */
  readonly mutations: readonly string[];
  render(ui: ReactNode): void;
  text(): string;
  /** The first element that fits. */
  node(selector: string): Element | null;
}

/** What a server sends for a page. */
export function serverHtml(ui: ReactNode): string {
  // React 18 says so of every server; this one is a browser, where our layout effects are some.
  expectConsole(/useLayoutEffect does nothing on the server/);
  return renderToString(<StrictMode>{ui}</StrictMode>);
}

/** Puts a server's HTML into the page and hydrates it, without `act`: what is seen is what a user would see. */
export function hydrate(html: string, ui: ReactNode): Hydrated {
  const container = document.createElement('div');
  container.innerHTML = html;
  document.body.append(container);
  const [caught, uncaught, recoverable]: [unknown[], unknown[], unknown[]] = [[], [], []];
  const texts = [container.textContent];
  const mutations: string[] = [];
  // A comment is a marker of React's, nothing that is seen.
  const describe = (sign: string, nodes: NodeList) =>
    [...nodes]
      .filter(({ nodeType }) => nodeType !== Node.COMMENT_NODE)
      .map((node) => `${sign}${node.nodeName} ${node.textContent}`);
  const observer = new MutationObserver((records) => {
    for (const { type, target, addedNodes, removedNodes } of records)
      mutations.push(
        ...(type === 'characterData' && target.nodeType !== Node.COMMENT_NODE ? [`=${target.textContent}`] : []),
        ...describe('-', removedNodes),
        ...describe('+', addedNodes),
      );
    if (texts.at(-1) !== container.textContent) texts.push(container.textContent);
  });
  observer.observe(container, { childList: true, characterData: true, subtree: true });
  const wrap = (node: ReactNode) => <StrictMode>{node}</StrictMode>;
  const root = hydrateRoot(container, wrap(ui), {
    onCaughtError: (error) => void caught.push(error),
    onUncaughtError: (error) => void uncaught.push(error),
    onRecoverableError: (error) => void recoverable.push(error),
  });
  onTestFinished(() => {
    observer.disconnect();
    root.unmount();
    container.remove();
  });
  return {
    container,
    root,
    caught,
    uncaught,
    recoverable,
    texts,
    mutations,
    render: (node) => root.render(wrap(node)),
    text: () => container.textContent,
    node: (selector) => container.querySelector(selector),
  };
}

/** A loader that answers when it is told to. */
export function pendingLoader<Component>() {
  let arrive!: (module: { readonly default: Component }) => void;
  let fail!: (error: unknown) => void;
  const promise = new Promise<{ readonly default: Component }>((resolve, reject) => {
    arrive = resolve;
    fail = reject;
  });
  const state = { imports: 0 };
  return {
    state,
    arrive,
    fail,
    load: () => {
      state.imports++;
      return promise;
    },
  };
}

export type Panel = ComponentType;

/** What is seen of v2. */
export const V2 = () => <p>v2</p>;
export const v1 = <p>v1</p>;

/** The gate among siblings that must not notice anything of it. */
export const page = ({ Provider }: TestClient, Gate: Panel, before?: ReactNode): ReactNode => (
  <Provider>
    <main>
      <b>before</b>
      {before}
      <div>
        <Gate />
      </div>
      <i>after</i>
    </main>
  </Provider>
);

export const siblingsOf = (page: Hydrated) => ['main', 'b', 'i'].map((selector) => page.node(selector));
export const keepsSiblings = (page: Hydrated, siblings: readonly (Element | null)[]) =>
  siblings.every((node) => node?.isConnected === true) && siblingsOf(page).every((node, at) => node === siblings[at]);

/** The faces whose v2 is there at once. */
export const eagerFaces = faces.filter(([name]) => !name.includes('lazy') && name !== 'versioned');
