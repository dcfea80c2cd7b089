import { useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import { MigrationProgress } from 'react-switchback';
import { stages } from 'react-switchback/migrate';
import { createMove, type Move } from './createMove.js';
import './memoryMove.css';

/** Moves the memories from localStorage to IndexedDB while people write, breaks IndexedDB, and rolls back. */
export function MemoryMove({ name }: { readonly name: string }): ReactNode {
  const [move, setMove] = useState<Move | null>(null);
  useEffect(() => {
    let isOver = false;
    // One after the other: a mount that ended early has cleared what it made before the next one begins.
    const made = last.then(() => createMove(name));
    last = made;
    void made.then((one) => (isOver ? undefined : setMove(one)));
    return () => {
      isOver = true;
      last = made.then((one) => one.close());
    };
  }, [name]);
  return move === null ? <p role="status">Opening both stores…</p> : <MoveBoard move={move} />;
}

let last: Promise<unknown> = Promise.resolve();

function MoveBoard({ move }: { readonly move: Move }): ReactNode {
  const view = useSyncExternalStore(move.subscribe, move.getView);
  const { stage, refused, isRolledBack, isBroken, acknowledged, failed, lost, inV1, inV2, repairs } = view;
  const at = stages.indexOf(stage);
  return (
    <section className="move" aria-label="Memories on the move">
      <ol className="move-stages" aria-label="Stages">
        {stages.map((one) => (
          <li key={one} aria-current={one === stage ? 'step' : undefined}>
            {one}
          </li>
        ))}
      </ol>
      {refused !== undefined && <p className="move-refused">Waiting: {refused}.</p>}
      <div className="move-row" role="group" aria-label="Operator">
        <button type="button" disabled={at === 0 || isRolledBack} onClick={() => move.step(-1)}>
          One stage back
        </button>
        <button type="button" disabled={at === stages.length - 1 || isRolledBack} onClick={() => move.step(1)}>
          Next stage
        </button>
        <button type="button" disabled={at === 0 || isBroken} onClick={() => void move.copy()}>
          Copy and compare
        </button>
        <button type="button" aria-pressed={isBroken} onClick={() => move.setBroken(!isBroken)}>
          Break IndexedDB
        </button>
        <button type="button" aria-pressed={isRolledBack} onClick={() => move.setRolledBack(!isRolledBack)}>
          Roll back
        </button>
      </div>
      <MigrationProgress migration={move.migration} labels={{ name: 'Copying memories' }} />
      <dl className="move-numbers">
        <Figure label="Writes kept" value={acknowledged} />
        <Figure label="Writes refused" value={failed} />
        <Figure label="Memories lost" value={lost} />
        <Figure label="In localStorage" value={inV1} />
        <Figure label="In IndexedDB" value={inV2} />
        <Figure label="Repairs waiting" value={repairs.v1 + repairs.v2} />
      </dl>
    </section>
  );
}

const Figure = ({ label, value }: { readonly label: string; readonly value: number }): ReactNode => (
  <div>
    <dt>{label}</dt>
    <dd>{value}</dd>
  </div>
);
