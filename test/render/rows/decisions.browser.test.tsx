// Rows of the behaviour table, by number: decisions that arrive late.
import { describe, expect, test, vi } from 'vitest';
import { mount, painted } from '../../harness/mount.js';
import { eagerFaces, gatingFaces, mountFace, testClient } from '../setup.js';

const versions = { v1: <p>v1</p>, V2: () => <p>v2</p> };

describe.each(gatingFaces)('%s', (_face, makeFace) => {
  test('40: shows v1 while nothing is known, and stays on v1 for that mount when v2 arrives late', async () => {
    const { Provider, publish, client } = testClient(null);
    const Face = makeFace(versions);
    const ui = (key: string) => (
      <Provider>
        <Face key={key} />
      </Provider>
    );
    const page = mount(ui('first'));
    publish({ panel: {} });
    await painted();
    expect(client.isEnabled('panel')).toBe(true);
    expect(page.frames).toEqual(['v1']);

    page.render(ui('second'));
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
  });

  test('40: follows a late v2 at once where the feature upgrades live', async () => {
    const { page, publish } = mountFace(makeFace({ ...versions, feature: 'live' }), { client: testClient(null) });
    expect(page.text()).toBe('v1');
    publish({ live: {} });
    await vi.waitFor(() => expect(page.text()).toBe('v2'));
  });
});

describe.each(eagerFaces)('%s', (_face, makeFace) => {
  test('40: shows v2 in the first frame when it is given the initial snapshot', async () => {
    const { page } = mountFace(makeFace(versions));
    await painted();
    expect(page.frames).toEqual(['v2']);
  });
});
