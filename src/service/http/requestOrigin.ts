/** Where a request comes from, as far as the host knows. */
export interface RequestOrigin {
  /** The socket's address, for the throttle of wrong tokens and the share of streams. */
  readonly address?: string;
  /** Ends the connection at once; used for readers of the stream that are too slow. */
  readonly disconnect?: () => void;
}
