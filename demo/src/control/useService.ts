import { useEffect } from 'react';
import { useSwitchback, useSwitchbackStatus } from 'react-switchback';
import { featureKeys, featureNames } from '../features.js';
import { log } from '../log/eventLog.js';
import { adminRequest, refreshAdmin } from './admin.js';
import { refreshPublished } from './published.js';
import { userStore } from './users.js';

interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly feature: string | null;
  readonly action: string;
  readonly actor: string;
  readonly source: string;
  readonly reason: string | null;
  readonly before: { readonly percentage?: number } | null;
  readonly after: { readonly percentage?: number } | null;
}

const pollMs = 4_000;
let lastAuditId: number | null = null;

/** Keeps what the control room shows in step with the service, and writes the log. */
export function useService(): void {
  const client = useSwitchback();
  const { status, revision } = useSwitchbackStatus();

  useEffect(() => {
    const read = (): void => {
      void refreshPublished();
      void refreshAdmin();
      void readAudit();
    };
    read();
    const timer = setInterval(read, pollMs);
    return () => clearInterval(timer);
  }, [revision, status]);

  useEffect(() => {
    if (status === 'live') log('connection', 'live: changes arrive as they happen');
    if (status === 'degraded') log('connection', 'live again, after three failures within a minute');
    if (status === 'polling') log('connection', 'the stream is down, asking every 15 s instead');
    if (status === 'offline') log('connection', 'the service is away: the last known good stays');
  }, [status]);

  useEffect(() => {
    const stops = featureKeys.map((feature) =>
      client.subscribe(feature, () => {
        const { version, reason, bucket } = client.getDecision(feature);
        const where = bucket === undefined ? '' : `, bucket ${(bucket / 100).toFixed(2)} %`;
        log('decision', `${featureNames[feature]}: ${version} for ${userStore.get()} (${reason}${where})`);
      }),
    );
    return () => stops.forEach((stop) => stop());
  }, [client]);
}

let isReadingAudit = false;

async function readAudit(): Promise<void> {
  if (isReadingAudit) return;
  isReadingAudit = true;
  try {
    const { entries } = await adminRequest<{ entries: readonly AuditEntry[] }>('GET', '/api/audit?limit=30');
    const known = lastAuditId;
    lastAuditId = Math.max(known ?? 0, ...entries.map(({ id }) => id));
    if (known === null) return;
    const fresh = entries.filter(({ id }) => id > known).sort((a, b) => a.id - b.id);
    for (const entry of fresh) log(isRollback(entry) ? 'rollback' : 'change', describe(entry), Date.parse(entry.at));
  } catch {
    // The service is away; what was missed is read when it is back.
  } finally {
    isReadingAudit = false;
  }
}

const isRollback = ({ action }: AuditEntry): boolean => /rollback|emergency/.test(action);

function describe({ feature, action, actor, source, reason, before, after }: AuditEntry): string {
  const what =
    action === 'change' && before?.percentage !== after?.percentage
      ? `${before?.percentage ?? 0} % → ${after?.percentage ?? 0} %`
      : action.replaceAll('-', ' ');
  const who = `${actor} by ${source}`;
  return `${feature ?? 'all features'}: ${what} (${who}${reason === null ? '' : `: ${reason}`})`;
}
