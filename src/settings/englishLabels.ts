'use client';

import type { OperatorAction } from './operatorFeature.js';
import type { OperatorHealth } from './operatorHealth.js';
import type { OperatorProblem } from './operatorProblem.js';
import type { SettingsLabels } from './settingsLabels.js';

const because = (reason: string | null): string => (reason === null ? '' : `: “${reason}”`);

/** The panel's words. Give others by `labels`, all or some of them. */
export const englishLabels: SettingsLabels = {
  title: 'Features',

  seesV1: 'You see the current version.',
  seesV2: 'You see the new version.',
  choseV1: 'You see the current version because you chose it.',
  choseV2: 'You see the new version because you chose it.',
  tryV2: 'Try the new version',
  goBack: 'Go back to the current version',
  follow: 'Let the site choose',
  closedByPolicy: 'You cannot switch here: the site decides who sees which version.',
  closedByKill: 'You cannot switch now: the new version is turned off.',
  closedByFailures: 'The new version failed here. It is tried again by itself after a while.',

  controls: 'For operators',
  loading: 'Asking the service…',
  readAt: (time) => `As of ${time}.`,
  on: (percentage) => `On for ${percentage} of users`,
  off: 'Off: everybody sees the current version',
  rolledBack: (who, time, reason) => `Rolled back by ${who}, ${time}${because(reason)}`,
  emergency: (time) => `An emergency rollback holds everything on the current version since ${time}.`,
  notCreated: 'The service does not know this feature yet.',
  noFeatures: 'There are no features yet.',

  percentage: 'Share of users in percent',
  percentageSlider: 'Share of users, as a slider',
  apply: 'Apply',
  disable: 'Disable…',
  enable: 'Enable…',
  undo: 'Undo the rollback…',
  busy: 'Wait until the last change is done.',

  ask: (action, name, percentage) => {
    switch (action.kind) {
      case 'disable':
        return `Take the new version of ${name} from everybody?`;
      case 'enable':
        return `Turn the new version of ${name} on?`;
      case 'percentage':
        return `Give the new version of ${name} to ${percentage} of users?`;
      case 'undo':
        return `Undo the rollback of ${name}?`;
    }
  },
  explainEmergency: (name) =>
    `This ends the emergency. ${name} comes back; every other feature stays off until somebody enables it.`,
  reason: 'Why?',
  otherReason: 'In your own words',
  disableReasons: ['It fails', 'It is slow', 'It shows wrong data', 'Users complain'],
  undoReasons: ['It is mended', 'It was a false alarm'],
  readingHealth: 'Asking how the new version does…',
  health: tellHealth,
  healthUnread: 'How the new version does could not be read.',
  typeName: (name) => `Type “${name}” to go on all the same`,
  confirm: ({ kind }) =>
    ({ disable: 'Disable', enable: 'Enable', percentage: 'Raise', undo: 'Undo' })[
      kind satisfies OperatorAction['kind']
    ],
  cancel: 'Cancel',

  working: ({ kind }) => (kind === 'disable' ? 'Turning it off…' : 'Changing it…'),
  done: (action, percentage) => {
    switch (action.kind) {
      case 'disable':
        return 'It is off for everybody.';
      case 'enable':
      case 'percentage':
        return `It is on for ${percentage} of users.`;
      case 'undo':
        return 'The rollback is undone.';
    }
  },
  confirmed: ({ isComplete, confirmed, connected }) =>
    isComplete
      ? `Confirmed by ${confirmed} of ${connected} connected pages.`
      : `Not confirmed everywhere yet: ${confirmed} of ${connected} connected pages.`,
  failed: ({ kind }) => (kind === 'disable' ? 'It could not be turned off.' : 'It could not be changed.'),
  problem: explain,
  otherChange: (change, who, time, reason) => `Meanwhile, ${time}: ${who} – ${change}${because(reason)}`,
  terminal: 'From a terminal, with a token in SWITCHBACK_ADMIN_TOKEN:',
  cli: 'Command line',
  curl: 'curl',

  history: 'History',
  noHistory: 'Nothing has changed yet.',
  change: ({ action, percentage }, from, to) => {
    const words = changes.get(action) ?? action;
    return percentage === null ? words : `${words}, ${from} to ${to}`;
  },
  changedBy: (who) => `by ${who}`,
};

const changes: ReadonlyMap<string, string> = new Map([
  ['create', 'created'],
  ['change', 'changed'],
  ['enable', 'enabled'],
  ['disable', 'disabled'],
  ['retire', 'retired'],
  ['restore', 'restored'],
  ['rollback', 'rolled back'],
  ['rollback-ended', 'rollback ended'],
]);

function tellHealth({ status, reasons }: OperatorHealth, name: string): string {
  const why = reasons.length === 0 ? '' : `: ${reasons.map(({ detail }) => detail).join('; ')}`;
  switch (status) {
    case 'healthy':
      return `The new version of ${name} is healthy${why}.`;
    case 'degraded':
      return `The new version of ${name} does worse than it should${why}.`;
    case 'critical':
      return `The new version of ${name} does harm${why}.`;
    case 'unknown':
      return `Too little is known of the new version of ${name}${why}.`;
  }
}

function explain({ kind, message, retryAfterS }: OperatorProblem): string {
  const said = message === '' ? '' : ` The service says: ${message}`;
  switch (kind) {
    case 'lost':
      return 'The service did not answer in time. It may have been done all the same.';
    case 'unreachable':
      return 'The service cannot be reached from this page. It has to be on the origin of this page, such as at /api.';
    case 'garbled':
      return 'What answers there is not the service.';
    case 'token':
      return `The token is not one of an operator, or is no longer in force.${said}`;
    case 'forbidden':
      return `The token may not do that.${said}`;
    case 'readOnly':
      return 'The service is read-only and takes no changes.';
    case 'missing':
      return `The service does not know that.${said}`;
    case 'changed':
      return `It does not go together with how things are now.${said}`;
    case 'busy':
      return `The service cannot do that right now${retryAfterS === null ? '' : `; try again in ${retryAfterS} s`}.${said}`;
    case 'refused':
      return `The service refused it.${said}`;
  }
}
