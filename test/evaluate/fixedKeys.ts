/** A fixed table of features and targeting keys, ASCII and not, that every environment must place alike. */
export const fixedKeys: readonly (readonly [feature: string, targetingKey: string])[] = Array.from(
  { length: 500 },
  (_, index) => {
    const feature = ['memoryPanel', 'sessions.list', 'a', 'constructor', 'x_-.9'][index % 5]!;
    const suffix = ['', 'é', 'e\u0301', '漢字', '👩‍👩‍👧', ' padded ', 'tab\tinside', '\ud800', 'x'.repeat(300), 'ﬁ'][
      index % 10
    ]!;
    return [feature, `user-${index}${suffix}`];
  },
);

/** SHA-256 of the table's buckets, tags and subjects, one line each, as node:crypto gives it. */
export const fixedKeysChecksum = '02650d38674faa0f0e94952ef1950359349686c63dc85093106a7090a461768c';
