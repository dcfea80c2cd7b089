import { useEffect, useState, type ReactNode } from 'react';
import type { MemoryCardProps } from './MemoryCard.js';
import MemoryCardV2 from './MemoryCardV2.js';

/** A version 2 that throws as it is rendered. */
export function BreaksInRender(_props: MemoryCardProps): ReactNode {
  throw new Error('v2 broke while rendering');
}

/** A version 2 that is on the screen when one of its effects throws. */
export function BreaksInEffect(props: MemoryCardProps): ReactNode {
  useEffect(() => {
    throw new Error('v2 broke in an effect');
  }, []);
  return <MemoryCardV2 {...props} />;
}

/** A version 2 that works until a button is pressed. */
export function BreaksInUse(props: MemoryCardProps): ReactNode {
  const [isBroken, setIsBroken] = useState(false);
  if (isBroken) throw new Error('v2 broke in use');
  return (
    <>
      <MemoryCardV2 {...props} />
      <p className="card-row">
        <button type="button" onClick={() => setIsBroken(true)}>
          Sort by age
        </button>
      </p>
    </>
  );
}

/** A version 1 that throws as well. */
export function BrokenV1(_props: MemoryCardProps): ReactNode {
  throw new Error('v1 broke as well');
}
