import type { OnInternalFault } from '../error.js';
import type { WithBaselines } from './baselines/baselineStore.js';
import type { WithTotals } from './export/totalsStore.js';
import type { Retention } from './metrics/retention.js';
import type { WithPlans } from './plans/planStore.js';
import type { WithReplicas } from './replicaTable.js';
import type { FlagStore } from './store.js';
import type { WithProbe } from './storeProbe.js';
import type { WithTokens } from './tokenStore.js';

/** How a store on PostgreSQL works, wherever its database is. */
export interface StoreSettings {
  /** ms after which a call fails as `unavailable`; default 2,000. */
  readonly deadlineMs?: number;
  /** ms between two looks at the revision, beside notifications; default 2,000. */
  readonly pollMs?: number;
  /** ms between two looks at the content, for changes made with triggers off; default 10,000. */
  readonly digestMs?: number;
  /** Changes nothing of its own accord: no migrations, no sweeps. Default false. */
  readonly readOnly?: boolean;
  /** How long numbers are kept, and how finely. */
  readonly retention?: Retention;
  /** Told of connections that break and of sweeps that fail. Default: nothing. */
  readonly onInternalFault?: OnInternalFault;
}

/** A store on PostgreSQL: it does all that a service can ask of one. */
export type PostgresStore = FlagStore & WithTokens & WithPlans & WithProbe & WithReplicas & WithTotals & WithBaselines;
