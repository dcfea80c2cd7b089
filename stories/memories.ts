type MemoryKind = 'preference' | 'project' | 'person' | 'fact';

export interface Memory {
  readonly id: string;
  readonly text: string;
  readonly kind: MemoryKind;
  /** How long ago it was saved, in words. */
  readonly age: string;
  readonly isPinned?: boolean;
}

export const memories: readonly Memory[] = [
  { id: 'tea', text: 'Prefers green tea to coffee after noon', kind: 'preference', age: '2 h', isPinned: true },
  { id: 'atlas', text: 'Leads the Atlas migration until spring', kind: 'project', age: '1 d' },
  { id: 'mira', text: 'Mira reviews every schema change', kind: 'person', age: '3 d' },
  { id: 'zone', text: 'Works from Lisbon, one hour behind the team', kind: 'fact', age: '5 d' },
  { id: 'notes', text: 'Wants release notes short, with one example', kind: 'preference', age: '2 w' },
];
