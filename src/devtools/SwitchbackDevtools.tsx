import type { ReactNode } from 'react';
import { DevtoolsHost } from './DevtoolsHost.js';
import type { SwitchbackDevtoolsProps } from './devtoolsProps.js';

/**
 * A panel in a corner of the page: every feature's version and why, its failures and breaker, overrides, the user, events.
 * Fetched later than the page; nothing of it in production builds.
 * @throws SwitchbackError `missing-provider` without a provider and without `client`
 */
export function SwitchbackDevtools(props: SwitchbackDevtoolsProps): ReactNode {
  return process.env.NODE_ENV === 'production' ? null : <DevtoolsHost {...props} />;
}
