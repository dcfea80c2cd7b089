'use client';

import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useSwitchback } from '../render/context.js';
import { useLayout } from '../render/useLayout.js';
import { useSwitchbackStatus } from '../render/useSwitchbackStatus.js';
import { createOperator, type Operator, type OperatorView } from './createOperator.js';
import { createOperatorApi, type OperatorApi, type OperatorToken } from './operatorApi.js';
import { useSettings } from './settingsContext.js';

/** How operators reach the service. */
export interface OperatorOptions {
  /**
   * A bearer token of the role `operator`, or a function that finds one for each request. The panel sends it to the service alone,
   * keeps it nowhere and shows it nowhere.
   */
  readonly token: OperatorToken;
  /** Where the service is; default `/api`. Of the page's own origin: the service refuses changes from pages of others. */
  readonly url?: string | undefined;
  /** Default: the browser's. */
  readonly fetch?: typeof fetch | undefined;
}

/** Asks with the token and the fetch of the latest render, whenever a request is made. */
interface Caller {
  follow(options: OperatorOptions | undefined): void;
  /** @param identity a token of its own, where it is a text */
  apiAt(url: string, identity: string | null): OperatorApi;
}

function createCaller(options: OperatorOptions | undefined): Caller {
  let latest = options;
  return {
    follow(next) {
      latest = next;
    },
    apiAt: (url, identity) =>
      createOperatorApi({
        url,
        token: () => {
          const token = identity ?? latest?.token ?? '';
          return typeof token === 'function' ? token() : token;
        },
        fetch: (input, init) => (latest?.fetch ?? fetch)(input, init),
      }),
  };
}

/** Keeps what operators see up to date while mounted; null without options. */
export function useOwnOperator(options: OperatorOptions | undefined): Operator | null {
  const { clock } = useSwitchback().internals.parts;
  const [caller] = useState(() => createCaller(options));
  useLayout(() => caller.follow(options));

  const isOperator = options !== undefined;
  const url = options?.url ?? '/api';
  // Another token is another operator; another function may be the same one.
  const identity = typeof options?.token === 'string' ? options.token : null;
  const operator = useMemo(
    () => (isOperator ? createOperator(caller.apiAt(url, identity), clock) : null),
    [isOperator, caller, url, identity, clock],
  );

  useEffect(() => {
    operator?.start();
    return () => operator?.stop();
  }, [operator]);

  // The page hears of every change by its own stream.
  const { epoch, revision } = useSwitchbackStatus();
  const seen = useRef(`${epoch}-${revision}`);
  useEffect(() => {
    const now = `${epoch}-${revision}`;
    if (seen.current === now) return;
    seen.current = now;
    operator?.refresh();
  }, [operator, epoch, revision]);
  return operator;
}

const never = (): (() => void) => () => {};

/** What the nearest panel knows of the service; null in a panel for users alone. */
export function useOperator():
  | (OperatorView & Pick<Operator, 'act' | 'readChanges' | 'readHealth' | 'refresh'>)
  | null {
  const { operator } = useSettings();
  const view = useSyncExternalStore(
    operator?.store.subscribe ?? never,
    () => operator?.store.getState() ?? null,
    () => null,
  );
  return useMemo(() => {
    if (operator === null || view === null) return null;
    const { act, readChanges, readHealth, refresh } = operator;
    return { ...view, act, readChanges, readHealth, refresh };
  }, [operator, view]);
}
