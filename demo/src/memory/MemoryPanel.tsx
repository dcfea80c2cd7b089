import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { addMemory, deleteMemory, matches, memoryStore } from '../data/memories.js';
import { useValue } from '../data/valueStore.js';
import { useOnScreen } from '../log/screen.js';
import { VersionBadge } from '../VersionBadge.js';

/** Version 1: a plain list with search, add and delete. It works, and it stays. */
export function MemoryPanel(): ReactNode {
  useOnScreen('memoryPanel', 'v1');
  const memories = useValue(memoryStore);
  const [query, setQuery] = useState('');
  const [draft, setDraft] = useState('');
  const id = useId();
  const shown = memories.filter(({ text }) => matches(text, query));

  const add = (event: FormEvent): void => {
    event.preventDefault();
    addMemory(draft);
    setDraft('');
  };

  return (
    <div className="memory-v1" data-testid="memory-v1">
      <div className="panel-tools">
        <VersionBadge version="v1" />
        <label className="visually-hidden" htmlFor={`${id}-search`}>
          Search memories
        </label>
        <input
          id={`${id}-search`}
          type="search"
          placeholder="Search"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <ul className="plain-list" role="list">
        {shown.map((memory) => (
          <li key={memory.id}>
            <span>{memory.text}</span>
            <button type="button" className="link-button" onClick={() => deleteMemory(memory.id)}>
              Delete<span className="visually-hidden">: {memory.text}</span>
            </button>
          </li>
        ))}
        {shown.length === 0 ? <li className="muted">Nothing found.</li> : null}
      </ul>
      <form className="panel-form" onSubmit={add}>
        <label className="visually-hidden" htmlFor={`${id}-new`}>
          New memory
        </label>
        <input
          id={`${id}-new`}
          placeholder="Remember…"
          value={draft}
          maxLength={400}
          onChange={(event) => setDraft(event.target.value)}
        />
        <button type="submit">Add</button>
      </form>
    </div>
  );
}
