export interface Mutation {
  /** Of the behaviour table. */
  readonly row: number;
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** What is broken by it. */
  readonly why: string;
  /** The build in which it shows. Default `rows-19-dev`. */
  readonly project?: 'rows-19-dev' | 'rows-19-production' | 'rows-18-dev' | 'rows-18-production';
}

export const mutations: readonly Mutation[] = [];
