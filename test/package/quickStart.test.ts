// The README's quick start by its letter: its commands and its lines, in an app that Vite has just made.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, onTestFinished, test } from 'vitest';
import { runProgram, startProgram } from './runProgram.js';
import { launch } from './visit.js';

const readme = await readFile(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
const section = readme.slice(readme.indexOf('## Quick start'));
const blockIn = (language: string): string => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(section)![1]!;
const commands = blockIn('sh').trimEnd().split('\n');
const app = blockIn('tsx');

test('takes at most three commands and ten lines', () => {
  expect(commands.length).toBeLessThanOrEqual(3);
  expect(app.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
});

test('ends with a component that shows v1, and v2 by an override', { timeout: 300_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'switchback-quick-start-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  await cp(inject('tarball'), join(folder, 'react-switchback.tgz'));
  const [create = '', install = '', dev = ''] = commands.map((line) => line.trim());

  const run = async (line: string): Promise<void> => {
    const [program = '', ...args] = line.split(' ');
    const { code, stdout, stderr } = await runProgram(program, args, folder, { npm_config_yes: 'true' });
    expect(code, `${line}\n${stdout}${stderr}`).toBe(0);
  };
  await run(create);
  const panel = (name: string, says: string): Promise<void> =>
    writeFile(
      join(folder, 'my-app/src', `${name}.tsx`),
      `export const ${name} = ({ session }: { session: string }) => <p>{'${says} ' + session}</p>;\nexport default ${name};\n`,
    );
  await panel('MemoryPanel', 'memories v1 of');
  await panel('MemoryPanelV2', 'memories v2 of');
  await writeFile(join(folder, 'my-app/src/App.tsx'), app);
  // What is not published yet comes as a file; everything else is the README's.
  await run(install.replace(/react-switchback$/, join(folder, 'react-switchback.tgz')));
  await run('npm run build --prefix my-app');

  const port = await freePort();
  const [program = '', ...args] = `${dev} -- --host 127.0.0.1 --strictPort --port ${port}`.split(' ');
  const started = startProgram(program, args, folder);
  onTestFinished(async () => void (await started.stop('SIGKILL')));
  const browser = await launch();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const shows = (text: string) => page.getByText(text).waitFor({ timeout: 60_000 });
  const url = `http://127.0.0.1:${port}/`;
  await expect
    .poll(
      () =>
        fetch(url).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 60_000 },
    )
    .toBe(200);
  await page.goto(url);
  await shows('memories v1 of s1');
  await page.goto(`${url}?switchback=memoryPanel:v2`);
  await shows('memories v2 of s1');
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
