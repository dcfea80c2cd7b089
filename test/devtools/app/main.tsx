// An app that is hostile to its devtools: by its keys and values, by its styles, and by what its policy forbids.
import { StrictMode, useState, version, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { createSwitchback, defineFeatures, FeatureGate, SwitchbackProvider } from 'react-switchback';
import { SwitchbackDevtools, type DevtoolsHotkey } from 'virtual:devtools';

const markup = '<img src=x onerror="document.title=\'pwned\'">';
const features = defineFeatures({
  memoryPanel: { owner: markup, description: `${markup}<script>document.title='pwned'</script>` },
  constructor: {},
  'a.very-long_key.of-64-characters.that-does-not-fit-on-320-px': {},
});
const rule = { enabled: true, percentage: 50, config: { [markup]: markup, __proto__: { polluted: true } } };
const snapshot = (revision: number, rest: object = {}) => ({
  schema: 1,
  kind: 'rules',
  epoch: 1,
  revision,
  kills: [],
  features: { memoryPanel: { ...rule, percentage: 100 }, constructor: rule },
  ...rest,
});
const client = createSwitchback({
  features,
  initial: snapshot(1),
  context: { targetingKey: markup, region: '"><svg onload=1>', [markup]: markup, again: {} },
  overrides: { allow: ['memoryPanel', 'constructor'] },
  settleMs: 50,
});
const pressed: string[] = [];
document.addEventListener('keydown', ({ key }) => pressed.push(key));
Object.assign(globalThis, { client, snapshot, pressed, reactVersion: version });

const hotkey = new URLSearchParams(location.search).get('hotkey') as DevtoolsHotkey | null;

function App(): ReactNode {
  const [isThere, setThere] = useState(true);
  return (
    <SwitchbackProvider client={client}>
      <main>
        <h1>An app</h1>
        <p data-testid="panel">
          <FeatureGate feature="memoryPanel" fallback="version 1">
            version 2
          </FeatureGate>
        </p>
        <button type="button" onClick={() => setThere(!isThere)}>
          Devtools on or off
        </button>
        <button id="fail" type="button" onClick={() => client.reportFailure('memoryPanel', new Error(markup))}>
          Fail
        </button>
        <input id="text" aria-label="Text" />
        <textarea id="area" aria-label="More text" />
        <div id="editable" role="textbox" aria-label="Rich text" contentEditable suppressContentEditableWarning>
          text
        </div>
        <input id="tick" type="checkbox" aria-label="A tick" />
        <button id="taken" type="button" onKeyDown={(event) => event.preventDefault()}>
          Takes keys
        </button>
      </main>
      {isThere ? <SwitchbackDevtools hotkey={hotkey ?? undefined} /> : null}
    </SwitchbackProvider>
  );
}

createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
