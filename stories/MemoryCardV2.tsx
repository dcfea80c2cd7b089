import { useId, useState, type ReactNode } from 'react';
import { memories } from './memories.js';
import type { MemoryCardProps } from './MemoryCard.js';
import './memoryCard.css';

/** Version 2: search, kinds and ages. */
export default function MemoryCardV2({ items = memories }: MemoryCardProps): ReactNode {
  const id = useId();
  const [query, setQuery] = useState('');
  const wanted = query.trim().toLowerCase();
  const found = items.filter(({ text, kind }) => `${text} ${kind}`.toLowerCase().includes(wanted));

  return (
    <section className="card card-v2" aria-labelledby={id}>
      <header className="card-head">
        <h2 className="card-title" id={id}>
          Memory <span className="version version-v2">v2</span>
        </h2>
        <p className="count" role="status">
          {wanted === '' ? `${items.length} saved` : `${found.length} of ${items.length}`}
        </p>
      </header>
      <div className="search">
        <input
          type="search"
          aria-label="Search memories"
          placeholder="Search memories"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0Zm-1 3.5 3.5 3.5" />
        </svg>
      </div>
      <ul className="rich-list">
        {found.map(({ id: key, text, kind, age, isPinned }) => (
          <li key={key} className={isPinned === true ? 'memory pinned' : 'memory'}>
            <p className="memory-text">
              <Marked text={text} wanted={wanted} />
            </p>
            <p className="memory-about">
              <span className={`badge badge-${kind}`}>{kind}</span>
              {isPinned === true ? <span className="badge badge-pin">pinned</span> : null}
              <span className="age">{age} ago</span>
            </p>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p className="empty">Nothing remembered about “{query.trim()}”.</p> : null}
    </section>
  );
}

function Marked({ text, wanted }: { readonly text: string; readonly wanted: string }): ReactNode {
  const at = wanted === '' ? -1 : text.toLowerCase().indexOf(wanted);
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  );
}
