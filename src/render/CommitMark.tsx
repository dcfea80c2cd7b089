'use client';

import { Component, useEffect, type ReactNode } from 'react';
import type { Gate } from '../client/gate.js';
import type { Version } from '../evaluate/snapshot.js';
import { VersionContext, type VersionScope } from './VersionContext.js';

export interface CommitMarkProps {
  readonly gate: Gate;
  readonly version: Version;
  /** False for a v1 that only fills the time until v2 is there. */
  readonly counts: boolean;
  readonly children: ReactNode;
}

/** Tells the gate when a version is committed. A parent's effects run after its children's, and also when one of those threw. */
export class CommitMark extends Component<CommitMarkProps> {
  static override contextType = VersionContext;
  declare readonly context: VersionScope | null;
  // In the commit that mounts the gate, React subscribes to it after all effects inside. A version that comes later has to tell.
  private readonly isLate = this.props.gate.isSubscribed();
  private readonly startMs = performance.now();
  private commitMs: number | undefined;
  private scope: VersionScope | undefined;

  override componentDidMount(): void {
    const { gate, version, counts } = this.props;
    // A v1 that starts to count later was committed long before.
    this.commitMs ??= performance.now() - this.startMs;
    if (counts) gate.committed(version, this.commitMs);
  }

  override componentDidUpdate(last: CommitMarkProps): void {
    const { gate, version, counts } = this.props;
    if (last.gate === gate && last.version === version && last.counts === counts) return;
    last.gate.concealed(last.version);
    this.componentDidMount();
  }

  override componentWillUnmount(): void {
    const { gate, version } = this.props;
    gate.concealed(version);
  }

  override render(): ReactNode {
    const { gate, version, children } = this.props;
    return (
      <VersionContext.Provider value={this.scopeOf(gate, version, this.context)}>
        {this.isLate ? <LateEffects gate={gate}>{children}</LateEffects> : children}
      </VersionContext.Provider>
    );
  }

  // The same object while it says the same, or all that reads it would be rendered again.
  private scopeOf(gate: Gate, version: Version, outer: VersionScope | null): VersionScope {
    const { scope } = this;
    if (scope?.gate === gate && scope.version === version && scope.outer === outer) return scope;
    return (this.scope = { gate, version, outer });
  }
}

function LateEffects({ gate, children }: Pick<CommitMarkProps, 'gate' | 'children'>): ReactNode {
  useEffect(() => gate.mountEffectsRan(), [gate]);
  return children;
}
