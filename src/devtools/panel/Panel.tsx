import { useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import type { DevtoolsLook } from '../devtoolsProps.js';
import { ConnectionLine } from './ConnectionLine.js';
import { EventLog } from './EventLog.js';
import { FeatureList } from './FeatureList.js';
import type { Hotkey } from './hotkey.js';
import type { PanelProps } from './panelProps.js';
import { ShareSection } from './ShareSection.js';
import { useHotkey } from './useHotkey.js';
import { UserEditor } from './UserEditor.js';

interface WholePanelProps extends PanelProps {
  readonly look: Omit<DevtoolsLook, 'hotkey'>;
  readonly hotkey: Hotkey | undefined;
}

/** A button in the corner, and the panel that it opens. */
export function Panel({ client, inspector, look, hotkey }: WholePanelProps): ReactNode {
  useSyncExternalStore(inspector.subscribe, inspector.version);
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLElement>(null);
  // What had the focus when the hotkey opened the panel.
  const opener = useRef<HTMLElement>(null);
  const { overrides } = client.internals.parts;
  const forced = inspector.features.filter((feature) => overrides.get(feature));

  useEffect(() => {
    if (isOpen) panel.current?.focus();
  }, [isOpen]);
  const close = (): void => {
    setOpen(false);
    const { current } = opener;
    (current?.isConnected === true ? current : button.current)?.focus();
    opener.current = null;
  };
  const onKeyDown = useHotkey(hotkey, () => {
    if (isOpen) return close();
    const { activeElement, body } = document;
    if (activeElement instanceof HTMLElement && activeElement !== body && activeElement !== hostOf(button.current))
      opener.current = activeElement;
    setOpen(true);
  });

  return (
    <div className="devtools" data-position={look.position} data-theme={look.theme} onKeyDown={onKeyDown}>
      {isOpen ? (
        <section
          ref={panel}
          className="panel"
          id="panel"
          aria-label="Switchback devtools"
          tabIndex={-1}
          onKeyDown={(event) => {
            if (event.key === 'Escape') close();
          }}
        >
          <header className="top">
            <h2>Switchback</h2>
            <button type="button" onClick={close}>
              Close
            </button>
          </header>
          <ConnectionLine client={client} />
          {forced.length > 0 ? (
            <p className="forced">
              <strong>{countOf(forced.length)}</strong>
              <button type="button" onClick={() => forced.forEach(inspector.unforce)}>
                Clear all
              </button>
            </p>
          ) : null}
          <FeatureList client={client} inspector={inspector} />
          <UserEditor client={client} inspector={inspector} />
          <EventLog inspector={inspector} />
          <ShareSection client={client} inspector={inspector} />
        </section>
      ) : null}
      <button
        ref={button}
        type="button"
        className="launcher"
        aria-expanded={isOpen}
        aria-keyshortcuts={hotkey?.name}
        aria-controls={isOpen ? 'panel' : undefined}
        onClick={() => (isOpen ? close() : setOpen(true))}
      >
        Switchback
        {forced.length > 0 ? (
          <>
            {' '}
            <span className="badge">{countOf(forced.length)}</span>
          </>
        ) : null}
      </button>
      <p className="unseen" role="status">
        {forced.length > 0 ? `${countOf(forced.length)} in force` : ''}
      </p>
    </div>
  );
}

const hostOf = (element: Element | null): Element | null => {
  const root = element?.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
};

const countOf = (count: number): string => `${count} ${count === 1 ? 'override' : 'overrides'}`;
