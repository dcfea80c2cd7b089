import { Suspense, lazy, useState, type ReactNode } from 'react';
import type { MemoryCardProps } from './MemoryCard.js';
import MemoryCardV2 from './MemoryCardV2.js';

const Never = lazy(() => new Promise<{ default: () => ReactNode }>(() => {}));

/** A version 2 whose data never arrives. */
export function WaitsForEver(_props: MemoryCardProps): ReactNode {
  return <Never />;
}

/** A version 2 that is ready when its data is: `arrive` brings it. */
export function createWaitingCard(): { readonly WaitingCard: () => ReactNode; readonly arrive: () => void } {
  let arrive = () => {};
  const Data = lazy(
    () =>
      new Promise<{ default: typeof MemoryCardV2 }>((resolve) => {
        arrive = () => resolve({ default: MemoryCardV2 });
      }),
  );
  return { WaitingCard: () => <Data />, arrive: () => arrive() };
}

/** A version 2 that fails once it is on the screen and somebody presses its button, which then has the focus. */
export function BreaksUnderFocus(props: MemoryCardProps): ReactNode {
  const [isBroken, setIsBroken] = useState(false);
  if (isBroken) throw new Error('v2 broke under focus');
  return (
    <Suspense>
      <MemoryCardV2 {...props} />
      <p className="card-row">
        <button type="button" onClick={() => setIsBroken(true)}>
          Group by kind
        </button>
      </p>
    </Suspense>
  );
}
