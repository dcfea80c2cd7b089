import { Component, type ReactNode } from 'react';

interface PanelBoundaryProps {
  readonly onError: (error: unknown) => void;
  readonly children: ReactNode;
}

/** A panel that breaks is gone, and that is all. */
export class PanelBoundary extends Component<PanelBoundaryProps, { readonly isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { readonly isBroken: boolean } {
    return { isBroken: true };
  }
  override componentDidCatch(error: unknown): void {
    this.props.onError(error);
  }
  override render(): ReactNode {
    return this.state.isBroken ? null : this.props.children;
  }
}
