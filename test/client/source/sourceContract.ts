import { expect, test } from 'vitest';
import { parseSnapshot } from '../../../src/evaluate/parseSnapshot.js';
import type { Source, SourceListener } from '../../../src/client/source/source.js';
import { recordingListener } from './recordingListener.js';

/** A source that can be reached, and one in trouble: what it stands on throws or lies. */
export interface SourceCase {
  readonly source: Source;
  /** Lets time pass until a reachable source has delivered. */
  settle(): Promise<void>;
  /** Timers and other things that are still held. */
  held(): number;
}

/** What every source does. */
export function describeSource(name: string, create: () => SourceCase): void {
  test(`${name} delivers a valid snapshot, a contact and a status`, async () => {
    const { source, settle } = create();
    const { heard, listener, request } = recordingListener();
    const stop = source.start(listener, request);
    await settle();
    expect(parseSnapshot(heard.snapshots.at(-1)).status).toBe('valid');
    expect(heard.contacts.length).toBeGreaterThan(0);
    expect(heard.statuses.length).toBeGreaterThan(0);
    expect(heard.faults).toEqual([]);
    stop();
  });

  test(`${name} names itself and says where its snapshots are stored`, () => {
    const { source } = create();
    expect(source.name).toBe(name);
    expect(source.storageKey === null || source.storageKey.length > 0).toBe(true);
    expect(typeof source.dependsOnContext).toBe('boolean');
  });

  test(`${name} delivers nothing after stop and holds nothing`, async () => {
    const { source, settle, held } = create();
    const { listener, request, count } = recordingListener();
    const stop = source.start(listener, request);
    stop();
    const before = count();
    await settle();
    expect(count()).toBe(before);
    expect(held()).toBe(0);
  });

  test(`${name} can be stopped twice and started again`, async () => {
    const { source, settle, held } = create();
    const first = recordingListener();
    const stopFirst = source.start(first.listener, first.request);
    stopFirst();
    stopFirst();
    const second = recordingListener();
    const stopSecond = source.start(second.listener, second.request);
    await settle();
    expect(second.heard.snapshots.length).toBeGreaterThan(0);
    stopFirst();
    stopSecond();
    expect(held()).toBe(0);
  });

  test(`${name} goes on when its listener throws`, async () => {
    const { source, settle, held } = create();
    const { heard, listener, request } = recordingListener();
    const throwing: SourceListener = {
      snapshot(value) {
        listener.snapshot(value);
        throw new Error('snapshot');
      },
      kills: () => {
        throw new Error('kills');
      },
      contact: (nowMs) => {
        listener.contact(nowMs);
        throw new Error('contact');
      },
      status: (status) => {
        listener.status(status);
        throw new Error('status');
      },
      fault: (operation, error) => {
        listener.fault(operation, error);
        throw new Error('fault');
      },
    };
    const stop = source.start(throwing, request);
    await settle();
    expect(heard.snapshots.length).toBeGreaterThan(0);
    expect(heard.contacts.length).toBeGreaterThan(0);
    expect(heard.statuses.length).toBeGreaterThan(0);
    expect(new Set(heard.faults.map(({ operation }) => operation))).toEqual(new Set(['listener']));
    stop();
    expect(held()).toBe(0);
  });

  test(`${name} goes on when the order cannot be read`, async () => {
    const { source, settle } = create();
    const { heard, listener } = recordingListener();
    const stop = source.start(listener, {
      context: {},
      order: () => {
        throw new Error('order');
      },
    });
    await settle();
    expect(heard.snapshots.length).toBeGreaterThan(0);
    stop();
  });
}
