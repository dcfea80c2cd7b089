import { createValueStore } from '../data/valueStore.js';
import type { DemoFeature } from '../features.js';

/** A feature as the admin API shows it; what this page uses of it. */
export interface AdminFeature {
  readonly feature: string;
  readonly enabled: boolean;
  readonly percentage: number;
  readonly requires: readonly string[];
  readonly rowRevision: number;
  readonly rolledBack: boolean;
  readonly rollbackHistory: readonly {
    readonly id: number;
    readonly timestamp: string;
    readonly reason: string | null;
    readonly actor: string;
    readonly source: string;
    readonly endedAt: string | null;
  }[];
}

export interface AdminState {
  readonly revision: number;
  readonly emergency: { readonly since: string; readonly rollbackId: number } | null;
  readonly features: readonly AdminFeature[];
}

/** Null until the service was reached; the last known state while it is away. */
export const adminStore = createValueStore<AdminState | null>(null);

/** The last thing that could not be done, in words; null after the next success. */
export const problemStore = createValueStore<string | null>(null);

/** Why, as the visitor words it. */
export const reasonStore = createValueStore('trying the demo');

export const reasonOf = (text: string): string => (text.trim() === '' ? 'no reason given' : text.trim());

// The dev server adds the token to these, for this page only: it is never in the browser.
const base = '/demo-admin';

/** A refusal of the service. */
class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

export async function adminRequest<Answer>(
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(base + path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = undefined;
  }
  if (response.ok) return answer as Answer;
  const problem = (answer ?? {}) as { detail?: string; errors?: readonly { pointer: string; message: string }[] };
  const fields = problem.errors?.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ');
  throw new AdminError(
    response.status,
    [problem.detail ?? `the service answered ${response.status}`, fields].filter(Boolean).join(' · '),
  );
}

let reading: Promise<void> | null = null;
let readAgain = false;

/** Reads the state of all features; several calls at once become one. */
export function refreshAdmin(): Promise<void> {
  if (reading !== null) {
    readAgain = true;
    return reading;
  }
  reading = adminRequest<AdminState>('GET', '/api/features')
    .then((state) => adminStore.set((known) => (known !== null && sameState(known, state) ? known : state)))
    .catch(() => {
      // The connection pill says that the service is away; what was known stays on the page.
    })
    .finally(() => {
      reading = null;
      if (!readAgain) return;
      readAgain = false;
      void refreshAdmin();
    });
  return reading;
}

const sameState = (a: AdminState, b: AdminState): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Does something, then shows the new state or the reason why not. */
async function act(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    problemStore.set(null);
    return true;
  } catch (error) {
    problemStore.set(error instanceof Error ? error.message : String(error));
    return false;
  } finally {
    await refreshAdmin();
  }
}

/** Sets how many users get v2. A change somebody else made meanwhile is not overwritten. */
export const setPercentage = (feature: AdminFeature, percentage: number, reason: string): Promise<boolean> =>
  act(async () => {
    try {
      const headers = { 'if-match': `"${feature.rowRevision}"` };
      await adminRequest('PATCH', `/api/features/${feature.feature}`, { percentage, reason }, headers);
    } catch (error) {
      if (error instanceof AdminError && error.status === 412)
        throw new Error(`${feature.feature} was changed elsewhere meanwhile: look at the new value and try again`, {
          cause: error,
        });
      throw error;
    }
  });

export const enableFeature = (feature: DemoFeature, reason: string): Promise<boolean> =>
  act(() => adminRequest('POST', '/api/features/enable', { feature, reason }));

export const disableFeature = (feature: DemoFeature, reason: string): Promise<boolean> =>
  act(() => adminRequest('POST', '/api/features/disable', { feature, reason }));

export const emergencyRollback = (reason: string): Promise<boolean> =>
  act(() => adminRequest('POST', '/api/emergency/rollback', { reason }));

/** @param features what comes back after an emergency; the others stay off */
export const undoRollback = (id: number, reason: string, features?: readonly string[]): Promise<boolean> =>
  act(() =>
    adminRequest('POST', `/api/rollbacks/${id}/undo`, features === undefined ? { reason } : { reason, features }),
  );
