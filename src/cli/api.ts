import { readAdminToken } from '../service/adminToken.js';
import { CliError } from './exit.js';
import type { GlobalOptions } from './options.js';
import { oneLine } from './output.js';

const timeoutMs = 10_000;

/** The service did not answer at all. */
export class Unreachable extends CliError {}

/** The service answered with a problem. */
export class Refused extends CliError {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The service as a command sees it. */
export interface Api {
  /** Reads JSON; `etag` is the one of the answer. @throws Refused with the detail of a problem, Unreachable */
  call<T>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    ifMatch?: string,
  ): Promise<{ body: T; etag: string }>;
}

/** Talks to the service at `--url` with the token that is at hand. */
export function createApi({ url, token, data }: GlobalOptions): Api {
  const findToken = async (): Promise<string | undefined> =>
    token ?? (isLocal(url) ? await readAdminToken(data) : undefined);

  return {
    async call<T>(method: string, path: string, body?: unknown, ifMatch?: string) {
      const bearer = await findToken();
      const init: RequestInit = {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'x-switchback-source': 'cli',
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      };
      let response: Response;
      let text: string;
      try {
        response = await fetch(url + path, init);
        text = await response.text();
      } catch (error) {
        throw new Unreachable(
          `cannot reach ${url} (${causeOf(error)}); is \`switchback serve\` running there? (--url)`,
        );
      }
      const answer = readObject(text);
      if (answer === undefined)
        throw new CliError(`${url} does not answer like a switchback service (${response.status})`);
      // A service that is down still tells how it is.
      if (!response.ok && typeof answer['detail'] === 'string') {
        const hint = response.status === 401 && bearer === undefined ? ' (--token or SWITCHBACK_ADMIN_TOKEN)' : '';
        throw new Refused(`${oneLine(answer['detail'])}${hint}`, response.status);
      }
      return { body: answer as T, etag: response.headers.get('etag') ?? '' };
    },
  };
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isLocal(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : oneLine(cause.message || cause.name);
  return String(cause);
}
