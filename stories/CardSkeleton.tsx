import type { ReactNode } from 'react';
import './memoryCard.css';

/** What a host shows while version 2 is on its way. */
export function CardSkeleton(): ReactNode {
  return (
    <div className="card skeleton" role="status">
      <p className="card-title">Loading the new memory panel …</p>
      <i className="bar" />
      <i className="bar bar-short" />
      <i className="bar" />
    </div>
  );
}
