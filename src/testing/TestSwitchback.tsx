import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { systemClock } from '../client/clock.js';
import { SwitchbackProvider } from '../render/SwitchbackProvider.js';
import { createTestClient, type TestClient, type TestClientOptions, type TestVersions } from './createTestClient.js';

/** Either what the client is made of, or one that the test has made and looks at. */
export type TestSwitchbackProps = { readonly children?: ReactNode } & (
  | ({
      /** The features that exist, and which version each shows. May change from render to render, as `config` and `context` may. */
      readonly features: TestVersions;
      readonly client?: undefined;
    } & TestClientOptions)
  | ({ readonly client: TestClient; readonly features?: undefined } & {
      readonly [Option in keyof TestClientOptions]?: undefined;
    })
);

/**
 * A provider for tests: `<TestSwitchback features={{ memoryPanel: 'v2' }}>`. Nothing is fetched, stored or sent. Time is the
 * machine's (or that of fake timers); with `client` it is the client's own.
 * @throws SwitchbackError `invalid-feature` for a feature that a component asks for and the test does not know, with the known ones
 */
export function TestSwitchback(props: TestSwitchbackProps): ReactNode {
  const { children } = props;
  const [own] = useState(() => (props.client === undefined ? createOwn(props) : undefined));
  const client = props.client ?? own;
  const said = JSON.stringify([props.features, props.config]);
  const lastSaid = useRef(said);
  const lastContext = useRef(props.context);

  // A gate takes what is thrown inside v2, and a test must hear of it all the same.
  useLayoutEffect(() => client?.checkKnown());
  useLayoutEffect(() => {
    if (props.client !== undefined || lastSaid.current === said) return;
    lastSaid.current = said;
    own?.publish(props.features, props.config);
  });
  useEffect(() => {
    if (props.context === undefined || lastContext.current === props.context) return;
    lastContext.current = props.context;
    own?.setContext(props.context);
  });
  return client && <SwitchbackProvider client={client}>{children}</SwitchbackProvider>;
}

const createOwn = ({ features, client: _, children: __, ...given }: TestSwitchbackProps): TestClient =>
  createTestClient(features ?? {}, { ...given, options: { clock: systemClock, ...given.options } });
