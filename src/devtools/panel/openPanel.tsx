// Comes in: a client. Goes out: a panel on the page that shows and changes it. Who calls: DevtoolsHost, once the code is here.
import { createRoot } from 'react-dom/client';
import type { SwitchbackClient } from '../../client/switchbackClient.js';
import type { DevtoolsLook } from '../devtoolsProps.js';
import { readHotkey, type Hotkey } from './hotkey.js';
import { createInspector } from './inspector.js';
import { Panel } from './Panel.js';
import { PanelBoundary } from './PanelBoundary.js';
import { panelCss } from './panelCss.js';

/** Its name is what a production build is searched for. */
const elementName = 'switchback-devtools';

/**
 * Puts the panel into a shadow tree at the end of the page, where neither the host's styles nor its key handlers reach it.
 * @returns takes it away, and with it whatever it changed in passing
 */
export function openPanel(client: SwitchbackClient, { hotkey, ...look }: DevtoolsLook): () => void {
  const onError = (error: unknown): void => client.internals.fault('devtools', error);
  const host = document.createElement(elementName);
  const shadow = host.attachShadow({ mode: 'open' });
  // Neither an inline style nor an element of one: a strict policy allows it.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(panelCss);
  shadow.adoptedStyleSheets = [sheet];
  // What is typed here is no shortcut of the host's.
  for (const type of ['keydown', 'keyup', 'keypress']) host.addEventListener(type, (event) => event.stopPropagation());
  document.body.append(host);

  const inspector = createInspector(client);
  const root = createRoot(shadow);
  root.render(
    <PanelBoundary onError={onError}>
      <Panel client={client} inspector={inspector} look={look} hotkey={hotkeyOf(hotkey, onError)} />
    </PanelBoundary>,
  );
  return () => {
    inspector.close();
    // Not while the host's root is at it: React refuses that.
    queueMicrotask(() => {
      root.unmount();
      host.remove();
    });
  };
}

// A page does without a shortcut rather than without its panel.
function hotkeyOf(hotkey: DevtoolsLook['hotkey'], onError: (error: unknown) => void): Hotkey | undefined {
  try {
    return hotkey === undefined ? undefined : readHotkey(hotkey);
  } catch (error) {
    onError(error);
    return undefined;
  }
}
