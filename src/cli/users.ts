import type { Command } from 'commander';
import { nodeDigestOf, type TaggedUser } from '../service/index.js';
import { createApi, Refused, type Api } from './api.js';
import { exitCodes, usageError } from './exit.js';
import { readFeature, readGlobalOptions } from './options.js';
import type { Change } from './rollBack.js';
import type { Run } from './run.js';

interface Given {
  readonly remove?: boolean;
  readonly label?: string;
  readonly reason?: string;
}

type List = 'allow' | 'deny';

const attempts = 3;

/** Adds `features allow <feature> <user…>` or `features deny <feature> <user…>`. */
export function addUsers(features: Command, list: List, run: Run): void {
  features
    .command(list)
    .description(
      `put users on the list of those who ${list === 'allow' ? 'get v2 whatever the percentage' : 'keep v1'}`,
    )
    .argument('<feature>')
    .argument('<users...>', 'ids; they are turned into tags here and sent nowhere')
    .option('--remove', 'take them off the list')
    .option('--label <text>', 'for one user: what operators see beside the tag')
    .option('--reason <text>', 'why, for the audit; needed for more v2')
    .action((argument: string, users: readonly string[], given: Given, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const feature = readFeature(argument, undefined);
        if (given.label !== undefined && users.length > 1) throw usageError('--label is for one user');
        const label = given.label === undefined ? {} : { label: given.label };
        const tagged = users.map((user) => ({ tag: nodeDigestOf(feature, user).tag, ...label }));
        const change = await changeList(createApi(options), feature, { list, tagged, given });
        const text = `${feature}: ${change.size} on the list ${list}, ${change.changed} changed: revision ${change.revision}`;
        context.output.data(options.json ? JSON.stringify(change) : text);
        return exitCodes.ok;
      }),
    );
}

async function changeList(
  api: Api,
  feature: string,
  { list, tagged, given }: { readonly list: List; readonly tagged: readonly TaggedUser[]; readonly given: Given },
): Promise<Change & { readonly size: number; readonly changed: number }> {
  const path = `/api/features/${feature}`;
  for (let attempt = 1; ; attempt += 1) {
    const { body: before, etag } = await api.call<Record<List, readonly TaggedUser[]>>('GET', path);
    const byTag = new Map(before[list].map((user) => [user.tag, user]));
    let changed = 0;
    for (const user of tagged) {
      const known = byTag.get(user.tag);
      if (given.remove === true) changed += byTag.delete(user.tag) ? 1 : 0;
      else if (known === undefined || (user.label !== undefined && user.label !== known.label)) {
        byTag.set(user.tag, user);
        changed += 1;
      }
    }
    const body = { [list]: [...byTag.values()], ...(given.reason === undefined ? {} : { reason: given.reason }) };
    try {
      const answer = await api.call<Change>('PATCH', path, body, etag);
      return { ...answer.body, size: byTag.size, changed };
    } catch (error) {
      // Somebody was faster; who is to be on the list stays as true as before.
      if (!(error instanceof Refused && error.status === 412 && attempt < attempts)) throw error;
    }
  }
}
