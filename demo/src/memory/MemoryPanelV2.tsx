import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { useFeatureConfig } from 'react-switchback';
import {
  addMemory,
  deleteMemory,
  matches,
  memoryKinds,
  memoryStore,
  togglePin,
  type Memory,
  type MemoryKind,
} from '../data/memories.js';
import { useValue } from '../data/valueStore.js';
import { useFault } from '../faults/faultStore.js';
import { useOnScreen } from '../log/screen.js';
import { VersionBadge } from '../VersionBadge.js';
import { Highlight } from './Highlight.js';
import './memoryV2.css';

const age = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

function ageOf({ atMs }: Memory): string {
  const hours = Math.round((atMs - Date.now()) / 3_600_000);
  return hours > -24 ? age.format(Math.min(0, hours), 'hour') : age.format(Math.round(hours / 24), 'day');
}

/** Version 2: cards with kinds, pins and highlighted search. Its code is a chunk of its own. */
export default function MemoryPanelV2(): ReactNode {
  useOnScreen('memoryPanel', 'v2');
  useFault('memoryPanel');
  const memories = useValue(memoryStore);
  const { snippetLength } = useFeatureConfig('memoryPanel');
  const [query, setQuery] = useState('');
  const [only, setOnly] = useState<MemoryKind | null>(null);
  const [draft, setDraft] = useState('');
  const [kind, setKind] = useState<MemoryKind>('fact');
  const id = useId();

  const shown = memories
    .filter((memory) => (only === null || memory.kind === only) && matches(memory.text, query))
    .sort((a, b) => Number(b.isPinned) - Number(a.isPinned) || b.atMs - a.atMs);

  const add = (event: FormEvent): void => {
    event.preventDefault();
    addMemory(draft, kind);
    setDraft('');
  };

  return (
    <div className="memory-v2" data-testid="memory-v2">
      <div className="panel-tools">
        <VersionBadge version="v2" />
        <label className="visually-hidden" htmlFor={`${id}-search`}>
          Search memories
        </label>
        <input
          id={`${id}-search`}
          type="search"
          placeholder="Search everything remembered"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <div className="chips" role="group" aria-label="Kinds of memory">
        {[null, ...memoryKinds].map((choice) => (
          <button
            key={choice ?? 'all'}
            type="button"
            className="chip"
            aria-pressed={only === choice}
            onClick={() => setOnly(choice)}
          >
            {choice ?? 'all'}
            <span className="chip-count">
              {choice === null ? memories.length : memories.filter((memory) => memory.kind === choice).length}
            </span>
          </button>
        ))}
      </div>
      <ul className="cards" role="list">
        {shown.map((memory) => (
          <li key={memory.id} className="card" data-kind={memory.kind}>
            <p>
              <Highlight text={snip(memory.text, snippetLength)} query={query} />
            </p>
            <div className="card-foot">
              <span className="kind">{memory.kind}</span>
              <span className="muted">{ageOf(memory)}</span>
              <button
                type="button"
                className="icon-button"
                aria-pressed={memory.isPinned}
                onClick={() => togglePin(memory.id)}
              >
                <span aria-hidden="true">{memory.isPinned ? '★' : '☆'}</span>
                <span className="visually-hidden">Pin: {memory.text}</span>
              </button>
              <button type="button" className="icon-button" onClick={() => deleteMemory(memory.id)}>
                <span aria-hidden="true">✕</span>
                <span className="visually-hidden">Delete: {memory.text}</span>
              </button>
            </div>
          </li>
        ))}
      </ul>
      {shown.length === 0 ? <p className="muted empty">Nothing remembered here yet.</p> : null}
      <form className="panel-form" onSubmit={add}>
        <label className="visually-hidden" htmlFor={`${id}-new`}>
          New memory
        </label>
        <input
          id={`${id}-new`}
          placeholder="Remember something new…"
          value={draft}
          maxLength={400}
          onChange={(event) => setDraft(event.target.value)}
        />
        <label className="visually-hidden" htmlFor={`${id}-kind`}>
          Kind
        </label>
        <select id={`${id}-kind`} value={kind} onChange={(event) => setKind(event.target.value as MemoryKind)}>
          {memoryKinds.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
        <button type="submit" className="primary">
          Remember
        </button>
      </form>
    </div>
  );
}

const snip = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text);
