import { Component, type ReactNode } from 'react';
import './memoryCard.css';

interface HostBoundaryState {
  readonly isBroken: boolean;
}

/** The host's own error boundary, around everything of the package's: it sees what v1 throws, and only that. */
export class HostBoundary extends Component<{ readonly children: ReactNode }, HostBoundaryState> {
  override state: HostBoundaryState = { isBroken: false };

  static getDerivedStateFromError(): HostBoundaryState {
    return { isBroken: true };
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children;
    return (
      <div className="card host-message" role="alert">
        <p className="card-title">This part of the page is not available</p>
        <p>The rest works as usual. Your memories are safe; please try again in a minute.</p>
      </div>
    );
  }
}
