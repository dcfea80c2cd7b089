import { relative } from 'node:path';
import { cliFile } from './build.mjs';

/** What a newcomer reads in the terminal. */
export function guide({ appUrl, service, dataDir, cwd, isInteractive }) {
  const { url, psqlCommand, adminTokenFile } = service;
  const cli = `node ${relative(cwd, cliFile) || cliFile}`;
  const at = `--url ${url} --data ${dataDir}`;
  const lines = [
    '',
    `  App      ${appUrl}`,
    `  Service  ${url}`,
    `  Token    ${adminTokenFile} (the page does not need it)`,
    '  SQL      ' + psqlCommand,
    '',
    '  Try this',
    '   1  Open the app and raise "Users on v2": the grid fills. Press "Reopen with v2" in the memory panel.',
    '   2  Break v2, in render, in an effect, in the chunk: v1 takes over with everything in it. Mend it, try v2 again.',
    '   3  Send 100 visitors with a broken v2 and look at v1 against v2.',
    '   4  Take everything back from another terminal, then press Undo on the page:',
    `        ${cli} emergency-rollback --reason "v2 is slow" ${at}`,
    '   5  Turn one feature off with plain SQL; every open page follows:',
    `        ${psqlCommand} -c "UPDATE feature_flags SET enabled = false WHERE feature = 'memoryPanel'"`,
    '      and ask what the service thinks of it:',
    `        ${cli} features status ${at}`,
    '   6  Kill the service and start it again, with the buttons on the page' +
      (isInteractive ? ' or with k and r here.' : '.'),
    '      The page stays, and so does everything in it.',
    '',
    isInteractive ? '  k kills the service, r starts it again, q or Ctrl-C ends the demo.' : '  Ctrl-C ends the demo.',
    '',
  ];
  return lines.join('\n');
}
