import { createHash, randomBytes } from 'node:crypto';

/** How our tokens begin, so that people and secret scanners know one when they see it. */
const prefix = 'sbt_';

/** Makes the secret of a token: 256 random bits. */
export const makeTokenSecret = (): string => prefix + randomBytes(32).toString('base64url');

/** What is kept of a token. A random secret of 256 bits needs no slow hash. */
export const hashToken = (secret: string): Buffer => createHash('sha256').update(secret, 'utf8').digest();

/** Whether there is a token of ours in a text, or enough of one to be taken for it. */
export const hasTokenSecret = (text: string): boolean => /sbt_[\w-]{16,}/.test(text);

/**
 * Takes our tokens, bearer headers and the passwords of connection strings out of a text that others will read.
 * @param secrets further ones, known by heart
 */
export const redactSecrets = (text: string, secrets: readonly string[] = []): string =>
  secrets
    .reduce((shown, secret) => shown.replaceAll(secret, '…'), text)
    .replace(/sbt_[\w-]{4,}/g, 'sbt_…')
    .replace(/\b(bearer|basic) +(?!\$)[^\s"',;\\]{16,}/gi, '$1 …')
    .replace(/(\/\/[^\s:/@"]*:)[^\s@"]+@/g, '$1…@');
