import type { Command } from 'commander';
import { migrateAndGrant } from '../service/prepareDatabase.js';
import { migrations } from '../service/sql/migrations.js';
import { addDataMigration } from './dataMigrationCommand.js';
import { exitCodes, usageError } from './exit.js';
import type { Run } from './run.js';

/** Adds `migrate`, which brings the service's database to its schema, and below it the data migrations of hosts. */
export function addMigrate(program: Command, run: Run): void {
  const migrate = program
    .command('migrate')
    .description('bring $SWITCHBACK_DATABASE_OWNER_URL to the schema of this version, and let a role serve it')
    .option('--grant-to <role>', 'the role of the service; default: the user of $SWITCHBACK_DATABASE_URL')
    .action((given: { grantTo?: string }) =>
      run(async ({ env, output }) => {
        const ownerUrl = env['SWITCHBACK_DATABASE_OWNER_URL'];
        if (!ownerUrl) throw usageError('which database? Set SWITCHBACK_DATABASE_OWNER_URL');
        const role = given.grantTo ?? userOf(env['SWITCHBACK_DATABASE_URL']);
        if (!role) throw usageError('who serves it? Give --grant-to, or set SWITCHBACK_DATABASE_URL');
        await migrateAndGrant(ownerUrl, role, { log: output.message });
        output.data(`schema ${migrations.length}; ${role} may serve it`);
        return exitCodes.ok;
      }),
    );
  addDataMigration(migrate, run);
}

const userOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? decodeURIComponent(new URL(url).username) : undefined;
