/** What is known of a record besides its value. */
export interface Stamp {
  /** Grows with each write of the key: who has the greater one has the later write. */
  readonly sequence: number;
  /** CRC-32 of the value as canonical JSON, 8 hex digits. */
  readonly checksum: string;
}

/** A record as a store holds it. */
export interface StoredRecord<Value> {
  readonly key: string;
  readonly value: Value;
  /** Absent for records that were written before, or by somebody else. */
  readonly stamp?: Stamp | undefined;
}

/**
 * A store of records by key: what is behind it, such as localStorage, IndexedDB or a table, is the host's. Each call either did
 * what it says or rejects; a write that surely did nothing rejects with `NotApplied`.
 */
export interface RecordStore<Value> {
  /** Undefined where there is none. */
  get(key: string): Promise<StoredRecord<Value> | undefined>;
  /** Writes the whole value. Writing the same twice is the same as once. */
  set(record: StoredRecord<Value>): Promise<void>;
  /** Removes the record; one that is not there is removed already. */
  delete(key: string): Promise<void>;
  /**
   * Records in the order of their keys (by UTF-16 code units), at most `limit` of those after `after`; from the first where that
   * is absent. Fewer than `limit` may be given, none only after the last. Only `reconcile` asks for it.
   */
  list?(page: { readonly after?: string | undefined; readonly limit: number }): Promise<readonly StoredRecord<Value>[]>;
}
