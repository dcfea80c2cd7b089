import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { memories, type Memory } from './memories.js';
import './memoryCard.css';

export interface MemoryCardProps {
  readonly items?: readonly Memory[];
}

/** Version 1: a plain list, and a field to add to it. */
export function MemoryCard({ items = memories }: MemoryCardProps): ReactNode {
  const id = useId();
  const [added, setAdded] = useState<readonly string[]>([]);
  const [draft, setDraft] = useState('');

  const add = (event: FormEvent): void => {
    event.preventDefault();
    if (draft.trim() === '') return;
    setAdded([...added, draft.trim()]);
    setDraft('');
  };

  return (
    <section className="card" aria-labelledby={id}>
      <h2 className="card-title" id={id}>
        Memory <span className="version">v1</span>
      </h2>
      <ul className="plain-list">
        {items.map((memory) => (
          <li key={memory.id}>{memory.text}</li>
        ))}
        {added.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      <form className="card-row" onSubmit={add}>
        <input
          aria-label="New memory"
          placeholder="Remember that …"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
        />
        <button type="submit">Add</button>
      </form>
    </section>
  );
}
