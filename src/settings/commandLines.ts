'use client';

import type { OperatorAction } from './operatorFeature.js';
import { requestOf } from './operatorApi.js';

/** The same action for a terminal, should the panel not get through. The token is read from the environment there. */
export interface CommandLines {
  readonly cli: string;
  readonly curl: string;
}

/**
 * Writes an action as command lines for a POSIX shell.
 * @param url absolute, such as `https://app.example/api`
 */
export function commandLinesOf(action: OperatorAction, url: string): CommandLines {
  const { method, path, body, ifMatch } = requestOf(action);
  const base = url.replace(/\/+$/, '');
  const condition = ifMatch === undefined ? '' : ` -H ${quote(`If-Match: ${ifMatch}`)}`;
  const curl =
    `curl -X ${method} ${quote(base + path)} -H "Authorization: Bearer $SWITCHBACK_ADMIN_TOKEN"${condition}` +
    ` -H 'Content-Type: application/json' -d ${quote(JSON.stringify(body))}`;
  // The command line knows the place of the service, not of its API.
  const place = base.endsWith('/api') ? ` --url ${quote(base.slice(0, -4))}` : '';
  return { cli: `npx switchback ${commandOf(action)}${place}`, curl };
}

function commandOf(action: OperatorAction): string {
  const { feature } = action;
  const reason = action.reason === null ? '' : ` --reason ${quote(action.reason)}`;
  switch (action.kind) {
    case 'disable':
      return `rollback ${feature}${reason}`;
    case 'enable':
      return `features enable ${feature} --percentage ${action.percentage}${reason}`;
    case 'percentage':
      return `features set ${feature} --percentage ${action.percentage}${reason}`;
    case 'undo':
      return `undo ${action.rollbackId}${action.isEmergency ? ` --features ${feature}` : ''}${reason}`;
  }
}

// Within single quotes a shell reads nothing, but for the quote itself.
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
