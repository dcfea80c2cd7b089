import axe from 'axe-core';
import { expect, test, vi } from 'vitest';
import { MigrationProgress, useMigrationProgress } from '../../src/index.js';
import { migrateData, type DataMigrationOptions } from '../../src/migrate/index.js';
import { mount } from '../harness/mount.js';

function createMove(options: Partial<DataMigrationOptions<string, string>> = {}) {
  const v1 = ['a', 'b', 'c', 'd'].map((key) => ({ key, value: key }));
  const v2 = new Map<string, string>();
  let text: string | null = null;
  const waiting: (() => void)[] = [];
  const migration = migrateData<string, string>({
    name: 'memories',
    read: async ({ after, limit }) => v1.filter(({ key }) => after === undefined || key > after).slice(0, limit),
    transform: ({ value }) => value,
    async write(records) {
      await new Promise<void>((resolve) => waiting.push(resolve));
      for (const { key, value } of records) v2.set(key, value);
    },
    verify: async (keys) => keys.flatMap((key) => (v2.has(key) ? [{ key, value: v2.get(key)! }] : [])),
    total: async () => v1.length,
    remove: async () => v2.clear(),
    checkpoint: { load: () => text, save: (next) => void (text = next) },
    batchSize: 2,
    ...options,
  });
  const writeNext = () => vi.waitFor(() => (waiting.shift() ?? expect.unreachable())());
  return { v2, migration, writeNext };
}

const bar = (container: HTMLElement) => container.querySelector('progress')!;
const status = (container: HTMLElement) => container.querySelector('[role=status]')!.textContent;

test('shows how far it is, says the phase, and has a name', async () => {
  const { migration, writeNext } = createMove();
  const { container, text } = mount(<MigrationProgress migration={migration} labels={{ name: 'Moving memories' }} />);
  expect(status(container)).toBe('Not started.');
  expect(bar(container).value).toBe(0);
  const running = migration.run();
  await writeNext();
  await vi.waitFor(() => expect(text()).toContain('2 of 4 records copied'));
  expect(bar(container).value).toBe(0.25);
  expect(status(container)).toBe('Copying.');
  expect(bar(container).labels[0]?.textContent).toBe('Moving memories');
  expect(bar(container).getAttribute('aria-valuetext')).toBe('2 of 4 records copied');
  expect((await axe.run(container)).violations).toEqual([]);
  await writeNext();
  await running;
  await vi.waitFor(() => expect(status(container)).toBe('Copied and verified.'));
  expect(bar(container).value).toBe(1);
  expect(text()).toContain('4 of 4 records verified');
  await migration.rollback();
  await vi.waitFor(() => expect(status(container)).toBe('The copy was removed; the data is where it was.'));
  expect(bar(container).value).toBe(0);
});

test('without a total it has no value while it works', async () => {
  const { migration, writeNext } = createMove({ total: undefined });
  const { container, text } = mount(<MigrationProgress migration={migration} />);
  const running = migration.run();
  await writeNext();
  await vi.waitFor(() => expect(text()).toContain('2 records copied'));
  expect(bar(container).position).toBe(-1);
  expect(bar(container).getAttribute('aria-valuetext')).toBe('2 records copied');
  await writeNext();
  await running;
});

test('a run that ended half-way is said to be able to go on', async () => {
  const { migration } = createMove({ write: () => Promise.reject(new Error('full')), retries: 0 });
  const { container } = mount(<MigrationProgress migration={migration} />);
  await expect(migration.run()).rejects.toThrow('full');
  await vi.waitFor(() => expect(status(container)).toBe('Stopped; it can go on.'));
  expect(container.firstElementChild?.getAttribute('aria-busy')).toBe('false');
});

test('the hook gives the progress as it is', async () => {
  const { migration, v2 } = createMove();
  const Count = () => <p>{useMigrationProgress(migration).written}</p>;
  const { text } = mount(<Count />);
  expect(text()).toBe('0');
  await migration.rollback();
  expect(v2.size).toBe(0);
});
