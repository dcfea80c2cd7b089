import type { Version } from '../../evaluate/snapshot.js';

/** An element by what its author wrote: never its text, its value, its name or where it is. */
export interface ElementDescription {
  /** Such as `button`; `other` for a name that is not plain. */
  readonly tag: string;
  readonly role?: string;
  /** The attributes on the allow-list that it has, by their full names; at most 64 characters each. */
  readonly data?: Readonly<Record<string, string>>;
}

/** What a host says of an event of its own. */
export type ActivityAttributes = Readonly<Record<string, string | number | boolean>>;

/** What somebody did. */
export type Activity =
  | { readonly kind: 'click'; readonly element: ElementDescription }
  /** A path without query and hash; segments that may name somebody or something are `:id`. */
  | { readonly kind: 'navigation'; readonly path: string }
  | { readonly kind: 'visibility'; readonly state: 'visible' | 'hidden' }
  | { readonly kind: 'custom'; readonly name: string; readonly attributes: ActivityAttributes };

/** The kinds of what somebody does. */
export type ActivityKind = Activity['kind'];

/** What somebody did, when, and which version of the feature they had on the screen. */
export type ActivityEvent = Activity & {
  /** Counts from 1 in each tracker. */
  readonly seq: number;
  /** ms since 1970. */
  readonly atMs: number;
  readonly feature: string;
  readonly version: Version;
};
