import type { Decision } from '../decide/decide.js';
import type { Version } from '../evaluate/snapshot.js';
import type { Emit, Episode } from './episode.js';
import type { GateHost, GateState } from './gateHost.js';
import type { GateView } from './gateView.js';

/** What a gate has registered with its host: the version it is mounted on, the episode of what it shows, and the probe. */
export abstract class HostedGate implements GateState {
  readonly feature: string | null;
  // What this gate has settled on wanting: decides holds and whether a trip may move it.
  mountedOn: Version | undefined;
  protected readonly host: GateHost;
  protected episode: Episode | undefined;
  private unmountVersion: (() => void) | undefined;
  private releaseProbe: (() => void) | undefined;
  /** The episode of the user before, and whether it had settled. */
  private left: { readonly version: Version; readonly hasSettled: boolean } | undefined;

  constructor(host: GateHost) {
    this.feature = host.feature;
    this.host = host;
  }

  protected abstract readonly hasFailed: boolean;
  abstract readonly getView: () => GateView;
  abstract update(): void;
  abstract episodeSettled(): void;

  get hasProbe(): boolean {
    return this.releaseProbe !== undefined;
  }
  protected takeProbe(): void {
    this.releaseProbe ??= this.host.takeProbe(() => {
      this.releaseProbe = undefined;
      this.mount(undefined);
      this.update();
    });
  }
  protected dropProbe(): void {
    this.releaseProbe?.();
    this.releaseProbe = undefined;
  }

  protected mount(version: Version | undefined, decision?: Decision): void {
    if (this.mountedOn === version) return;
    this.unmountVersion?.();
    this.mountedOn = version;
    this.unmountVersion = version === 'v1' && decision ? this.host.mountOnV1(decision) : undefined;
  }

  protected begin(version: Version): void {
    if (this.episode?.version === version) return;
    this.end();
    this.episode = this.host.beginEpisode(version, this.host.decision(), this.hasFailed, this);
  }
  protected end(): void {
    this.episode?.leave();
    this.episode = undefined;
  }

  /** The user leaves: their episode ends. */
  leave(): void {
    const { version, phase } = this.episode ?? {};
    const hasSettled = phase === 'settled';
    this.left = version && (hasSettled || phase === 'exposed') ? { version, hasSettled } : undefined;
    this.end();
  }
  /** Another user is there: what has stayed on the screen is counted for them as well. */
  greet(): void {
    const { left } = this;
    this.left = undefined;
    if (!left || left.version !== this.getView().shows) return;
    this.begin(left.version);
    this.episode?.expose();
    if (left.hasSettled) this.episode?.prove();
  }

  observer(version: Version): Emit {
    const { host } = this;
    return host.observer(version, host.decision(), this.hasFailed, this);
  }
  guardHost(operation: string, run: () => void): void {
    this.host.guardHost(operation, run);
  }
}
