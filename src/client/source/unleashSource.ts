import { refuseOption } from '../../error.js';
import { connectForeign } from './foreignConnection.js';
import { readForeignOptions, type ForeignSourceOptions } from './foreignOptions.js';
import type { Source } from './source.js';
import { readUnleashAnswer, unleashQuery } from './unleashAnswer.js';

/** Where Unleash's frontend API is, and who asks. */
export interface UnleashSourceOptions extends ForeignSourceOptions {
  /** Unleash's frontend API, such as `https://unleash.example.com/api/frontend`, or an Edge's. */
  readonly url: string;
  /** A frontend token; it is public. */
  readonly clientKey: string;
  /** What Unleash calls this app. */
  readonly appName: string;
  /** Only where the token does not say it. */
  readonly environment?: string | undefined;
}

/**
 * Takes assignments from Unleash, which speaks no OFREP: its frontend API is polled with an ETag. It leaves out what is off, so name
 * features in `flagKeys` for them to be off rather than unknown.
 * @throws SwitchbackError `invalid-option`
 */
export function unleashSource(options: UnleashSourceOptions): Source {
  const { url, flagKeys, ...rest } = readForeignOptions(options);
  const { clientKey, appName, environment } = options;
  for (const [name, value] of Object.entries({ clientKey, appName }))
    if (typeof value !== 'string' || value.trim() === '')
      refuseOption(name, 'text', name === 'clientKey' && value ? '…' : value);
  return {
    name: 'unleash',
    storageKey: `unleash:${url}`,
    dependsOnContext: true,
    start(listener, { context, order }) {
      const connection = connectForeign({
        ...rest,
        url,
        listener,
        order,
        ask: (etag) => ({
          url: `${url}?${unleashQuery(appName, environment, context)}`,
          init: {
            // The browser's cache would answer in place of the engine.
            cache: 'no-store',
            headers: {
              authorization: clientKey,
              accept: 'application/json',
              'unleash-appname': appName,
              ...(etag === null ? {} : { 'if-none-match': etag }),
            },
          },
        }),
        read: (value) => readUnleashAnswer(value, flagKeys),
      });
      return () => connection.stop();
    },
  };
}
