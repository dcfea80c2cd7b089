// The packed service and command line, on the embedded database that was installed beside them.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installFixture, type Fixture } from './installFixture.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await installFixture('service');
});
afterAll(() => fixture?.remove());

test('npx switchback serve answers, and the other commands talk to it', async () => {
  const serve = fixture.start(['switchback', 'serve', '--port', '0']);
  const url = (await serve.line(/ready at (http:\/\/127\.0\.0\.1:\d+)/))[1]!;
  const env = { SWITCHBACK_URL: url, SWITCHBACK_DATA: join(fixture.folder, '.switchback') };

  const create = ['switchback', 'features', 'create', 'memoryPanel', '--percentage', '100', '--enabled'];
  expect(await fixture.run(create, env)).toMatchObject({ code: 0 });
  expect(await publishedBy(url)).toMatchObject({ kills: [], features: { memoryPanel: { percentage: 100 } } });
  expect(await fixture.run(['switchback', 'rollback', 'memoryPanel'], env)).toMatchObject({ code: 0 });
  expect(await publishedBy(url)).toMatchObject({ kills: ['memoryPanel'] });

  expect(await serve.stop('SIGTERM')).toMatchObject({ stderr: expect.stringContaining('stopped') });
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

const publishedBy = async (url: string): Promise<unknown> => (await fetch(`${url}/api/snapshot`)).json();

test('a program of somebody else runs the service', async () => {
  const program = `
    import { startService } from 'react-switchback/service';
    const service = await startService({ port: 0, host: '127.0.0.1', dataDir: 'own', log: () => {} });
    const answer = await fetch(service.url + '/api/health');
    console.log(answer.status);
    await service.close();
  `;
  expect(await fixture.node(program)).toMatchObject({ code: 0, stdout: '200\n', stderr: '' });
});
