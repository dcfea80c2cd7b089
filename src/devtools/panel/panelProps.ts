import type { SwitchbackClient } from '../../client/switchbackClient.js';
import type { Inspector } from './inspector.js';

/** What every part of the panel gets. */
export interface PanelProps {
  readonly client: SwitchbackClient;
  readonly inspector: Inspector;
}
