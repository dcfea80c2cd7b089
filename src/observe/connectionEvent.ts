/** How well a client hears of changes; see `SwitchbackStatus`. */
export type ConnectionQuality = 'connecting' | 'live' | 'degraded' | 'polling' | 'offline' | 'static' | 'closed';

/**
 * The connection of a client changed. It is about no feature and no version, and always of class `critical`: never sampled.
 * `atMs` is ms since 1970.
 */
export interface ConnectionEvent {
  readonly kind: 'connection';
  readonly from: ConnectionQuality;
  readonly to: ConnectionQuality;
  readonly atMs: number;
}
