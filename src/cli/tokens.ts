import type { Command } from 'commander';
import { createApi } from './api.js';
import { readDurationSeconds } from './duration.js';
import { exitCodes, usageError } from './exit.js';
import { readGlobalOptions, readNumber } from './options.js';
import { table } from './output.js';
import type { Run } from './run.js';

interface Token {
  readonly id: number;
  readonly name: string;
  readonly role: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

interface Given {
  readonly name?: string;
  readonly role?: string;
  readonly expiresIn?: string;
  readonly reason?: string;
}

const roles = ['viewer', 'operator', 'admin'];

/** Adds `tokens list|create|revoke`. */
export function addTokens(program: Command, run: Run): void {
  const tokens = program.command('tokens').description('who may call the service, and as what');

  tokens
    .command('list')
    .description('all tokens; secrets are not kept and cannot be shown')
    .action((_: unknown, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const { body } = await createApi(options).call<{ tokens: readonly Token[] }>('GET', '/api/tokens');
        const rows = body.tokens.map((one) => [String(one.id), one.name, one.role, stateOf(one), one.createdBy]);
        const text = table([['id', 'name', 'role', 'state', 'created by'], ...rows]);
        context.output.data(options.json ? JSON.stringify(body) : text);
        return exitCodes.ok;
      }),
    );

  tokens
    .command('create')
    .description('make a token; its secret is printed once, on stdout')
    .option('--name <name>', 'who or what will use it; stands in the audit')
    .option('--role <role>', roles.join(', '))
    .option('--expires-in <duration>', 'such as 90d or 12h; default: never')
    .option('--reason <text>', 'why, for the audit')
    .action((given: Given, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const { name, role, expiresIn, reason } = given;
        if (name === undefined) throw usageError('whose is it? Give --name');
        if (role === undefined || !roles.includes(role)) throw usageError(`--role must be ${roles.join(', ')}`);
        const body = {
          name,
          role,
          ...(expiresIn === undefined ? {} : { expiresInSeconds: readDurationSeconds('--expires-in', expiresIn) }),
          ...(reason === undefined ? {} : { reason }),
        };
        const { body: made } = await createApi(options).call<{ token: Token; secret: string }>(
          'POST',
          '/api/tokens',
          body,
        );
        const { token, secret } = made;
        if (options.json) context.output.data(JSON.stringify(made));
        else {
          context.output.message(
            `token ${token.id}, ${token.name}, ${token.role}, ${stateOf(token)}; shown this once:`,
          );
          context.output.data(secret);
        }
        return exitCodes.ok;
      }),
    );

  tokens
    .command('revoke')
    .description('end a token, everywhere within 2 seconds')
    .argument('<id>')
    .action((id: string, _: unknown, command: Command) =>
      run(async (context) => {
        const options = readGlobalOptions(command, context);
        const path = `/api/tokens/${readNumber('id', id, 1, 1e15, true)}`;
        const { body } = await createApi(options).call<{ token: Token }>('DELETE', path);
        const text = `token ${body.token.id}, ${body.token.name}, is revoked`;
        context.output.data(options.json ? JSON.stringify(body) : text);
        return exitCodes.ok;
      }),
    );
}

function stateOf({ expiresAt, revokedAt }: Token): string {
  if (revokedAt !== null) return `revoked ${revokedAt}`;
  if (expiresAt === null) return 'does not expire';
  return `${Date.parse(expiresAt) <= Date.now() ? 'expired' : 'expires'} ${expiresAt}`;
}
