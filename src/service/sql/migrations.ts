import { flagsSql } from './001-flags.js';
import { metricsSql } from './002-metrics.js';
import { tokensSql } from './003-tokens.js';
import { plansSql } from './004-plans.js';
import { replicasSql } from './005-replicas.js';
import { featuresSql } from './006-features.js';
import { numbersSql } from './007-numbers.js';
import { exportSql } from './008-export.js';
import { upkeepSql } from './009-upkeep.js';
import { editsSql } from './010-edits.js';

/** One step of the schema. A published step never changes; what comes later is a new one. */
export interface Migration {
  /** 1, 2, 3 … without holes. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/** All steps, in order. */
export const migrations: readonly Migration[] = [
  { version: 1, name: 'flags', sql: flagsSql },
  { version: 2, name: 'metrics', sql: metricsSql },
  { version: 3, name: 'tokens', sql: tokensSql },
  { version: 4, name: 'plans', sql: plansSql },
  { version: 5, name: 'replicas', sql: replicasSql },
  { version: 6, name: 'features', sql: featuresSql },
  { version: 7, name: 'numbers', sql: numbersSql },
  { version: 8, name: 'export', sql: exportSql },
  { version: 9, name: 'upkeep', sql: upkeepSql },
  { version: 10, name: 'edits', sql: editsSql },
];
