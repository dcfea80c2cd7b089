// What people know from react-error-boundary holds here: each of its promises, under our names.
import { userEvent } from 'vitest/browser';
import { useState, type ReactNode } from 'react';
import { describe, expect, test, vi } from 'vitest';
import {
  FallbackBoundary,
  useFallbackBoundary,
  type FallbackBoundaryControl,
  type FallbackChoice,
  type FallbackProps,
  type ResetEvent,
} from '../../src/index.js';
import { mount, painted } from '../harness/mount.js';
import { Outer } from './setup.js';

const boom = new Error('v2 broke');

/** A v2 that throws what it is told to, whenever it renders. */
function breakableV2() {
  let thrown: { readonly error: unknown } | null = null;
  const V2 = () => {
    if (thrown !== null) throw thrown.error;
    return <p>v2</p>;
  };
  return {
    V2,
    breakWith: (error: unknown) => void (thrown = { error }),
    mend: () => void (thrown = null),
  };
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const TryAgain = ({ error, reset }: FallbackProps) => (
  <div>
    v1 after {textOf(error)}
    <button onClick={reset}>try again</button>
  </div>
);

const told: readonly (readonly [string, FallbackChoice])[] = [
  ['FallbackComponent', { FallbackComponent: TryAgain }],
  ['fallbackRender', { fallbackRender: TryAgain }],
];
const forms: readonly (readonly [string, FallbackChoice])[] = [['fallback', { fallback: <p>v1</p> }], ...told];

const v1Of = (name: string) => (name === 'fallback' ? 'v1' : 'v1 after v2 broketry again');
const tryAgain = async (page: { readonly container: HTMLElement }) => {
  await userEvent.click(page.container.querySelector('button')!);
  await painted();
};

test('children are shown, and nothing else, while they work', async () => {
  const seen = vi.fn();
  const page = mount(
    <FallbackBoundary fallback="v1" onError={seen} onFallback={seen}>
      <p>v2</p>
    </FallbackBoundary>,
  );
  await painted();
  expect(page.text()).toBe('v2');
  expect(page.frames.filter((text) => text !== 'v2')).toEqual([]);
  expect(seen).not.toHaveBeenCalled();
});

test('onError is told once of what was thrown, and where', async () => {
  const { V2, breakWith } = breakableV2();
  breakWith(boom);
  const onError = vi.fn();
  mount(
    <FallbackBoundary fallback="v1" onError={onError}>
      <V2 />
    </FallbackBoundary>,
  );
  await vi.waitFor(() => expect(onError).toHaveBeenCalled());
  await painted();
  expect(onError.mock.calls).toEqual([[expect.objectContaining({ error: boom, phase: 'render' })]]);
  expect(onError.mock.calls[0]![0]).toHaveProperty('componentStack', expect.stringContaining('V2'));
});

describe.each(forms)('%s', (name, choice) => {
  /** The boundary around a v2 that can be broken; `render` renders it again, with other keys. */
  const boundary = (...resetKeys: readonly unknown[]) => {
    const v2 = breakableV2();
    const onError = vi.fn();
    const ui = (keys: readonly unknown[]): ReactNode => (
      <FallbackBoundary {...choice} resetKeys={keys} onError={onError}>
        <v2.V2 />
      </FallbackBoundary>
    );
    v2.breakWith(boom);
    const page = mount(ui(resetKeys));
    const renderWith = async (...keys: readonly unknown[]) => {
      page.render(ui(keys));
      await painted();
      await painted();
    };
    return { ...v2, page, onError, renderWith };
  };

  test('is shown once v2 throws, before the next paint', async () => {
    const { page } = boundary();
    await painted();
    expect(page.text()).toBe(v1Of(name));
    expect(page.frames).toEqual([v1Of(name)]);
    expect(page.uncaught).toEqual([]);
  });

  test('gives way to v2 when a key changes', async () => {
    const { page, mend, renderWith } = boundary('item-1');
    mend();
    await renderWith('item-2');
    expect(page.text()).toBe('v2');
  });

  test('stays while the keys are the same by Object.is, however often it renders', async () => {
    const { page, mend, renderWith } = boundary(NaN, 'item-1');
    mend();
    await renderWith(NaN, 'item-1');
    await renderWith(NaN, 'item-1');
    expect(page.text()).toBe(v1Of(name));
  });

  test('gives way to v2 when a key is added or left out', async () => {
    const { page, mend, renderWith } = boundary('item-1');
    mend();
    await renderWith('item-1', 'tab-1');
    expect(page.text()).toBe('v2');
  });

  test('comes back when v2 throws again after a reset', async () => {
    const { page, onError, breakWith, renderWith } = boundary('item-1');
    const again = new Error('v2 broke');
    breakWith(again);
    await renderWith('item-2');
    expect(page.text()).toBe(v1Of(name));
    await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(2));
    expect(onError.mock.calls.map(([event]) => event.error)).toEqual([boom, again]);
  });
});

describe.each(told)('%s', (_name, choice) => {
  const failing = () => {
    const v2 = breakableV2();
    v2.breakWith(boom);
    const page = mount(
      <FallbackBoundary {...choice}>
        <v2.V2 />
      </FallbackBoundary>,
    );
    return { ...v2, page };
  };

  test('is told the error and gives way to v2 by its reset', async () => {
    const { page, mend } = failing();
    expect(page.text()).toBe('v1 after v2 broketry again');
    mend();
    await tryAgain(page);
    expect(page.text()).toBe('v2');
  });

  test('is told the latest error when v2 throws again', async () => {
    const { page, breakWith } = failing();
    breakWith(new Error('broke otherwise'));
    await tryAgain(page);
    expect(page.text()).toBe('v1 after broke otherwisetry again');
  });

  test.each([
    ['null', null],
    ['undefined', undefined],
    ['an empty string', ''],
    ['a string', 'v2 threw this'],
    ['zero', 0],
  ])('is told the very thing that was thrown: %s', async (_thing, thing) => {
    const { V2, breakWith, mend } = breakableV2();
    breakWith(thing);
    const errors: unknown[] = [];
    const told = (props: FallbackProps) => {
      errors.push(props.error);
      return <TryAgain {...props} />;
    };
    const other = 'FallbackComponent' in choice ? { FallbackComponent: told } : { fallbackRender: told };
    const page = mount(
      <FallbackBoundary {...(other as FallbackChoice)}>
        <V2 />
      </FallbackBoundary>,
    );
    expect(page.text()).toBe(`v1 after ${String(thing)}try again`);
    expect(new Set(errors)).toEqual(new Set([thing]));
    mend();
    await tryAgain(page);
    expect(page.text()).toBe('v2');
  });
});

test('a fallback of null shows nothing in the place of a v2 that threw, and all else stays', async () => {
  const { V2, breakWith } = breakableV2();
  breakWith(boom);
  const outer = vi.fn();
  const page = mount(
    <Outer onError={outer}>
      beside
      <FallbackBoundary fallback={null}>
        <V2 />
      </FallbackBoundary>
    </Outer>,
  );
  await painted();
  expect(page.text()).toBe('beside');
  expect(outer).not.toHaveBeenCalled();
});

test('a fallback that throws reaches the boundary around it, with its own error', () => {
  const { V2, breakWith } = breakableV2();
  breakWith(boom);
  const ownError = new Error('v1 broke');
  const outer = vi.fn();
  const page = mount(
    <Outer onError={outer}>
      <FallbackBoundary
        fallbackRender={() => {
          throw ownError;
        }}
      >
        <V2 />
      </FallbackBoundary>
    </Outer>,
    { strict: false },
  );
  expect(page.text()).toBe('outer');
  expect(outer.mock.calls).toEqual([[ownError]]);
});

test('of two boundaries the nearest shows its fallback', async () => {
  const { V2, breakWith } = breakableV2();
  breakWith(boom);
  const onError = vi.fn();
  const page = mount(
    <FallbackBoundary fallback="outer v1" onError={onError}>
      <i>outer v2, </i>
      <FallbackBoundary fallback="inner v1">
        <V2 />
      </FallbackBoundary>
    </FallbackBoundary>,
  );
  await painted();
  expect(page.text()).toBe('outer v2, inner v1');
  expect(onError).not.toHaveBeenCalled();
});

test('a key that changes in the very update that breaks v2 resets nothing', async () => {
  const onError = vi.fn();
  let renders = 0;
  let next = () => {};
  const Broken = () => {
    renders++;
    throw boom;
  };
  const Page = () => {
    const [item, setItem] = useState(1);
    next = () => setItem(2);
    return (
      <FallbackBoundary fallback="v1" resetKeys={[item]} onError={onError}>
        {item === 1 ? 'v2' : <Broken />}
      </FallbackBoundary>
    );
  };
  const page = mount(<Page />, { strict: false });
  next();
  await vi.waitFor(() => expect(page.text()).toBe('v1'));
  const rendersOfOneFailure = renders;
  await painted();
  await painted();
  expect(page.text()).toBe('v1');
  expect(renders).toBe(rendersOfOneFailure);
  expect(onError).toHaveBeenCalledTimes(1);
});

describe('onReset', () => {
  const resettable = (
    ui: (v2: ReactNode, keys: readonly unknown[], onReset: (event: ResetEvent) => void) => ReactNode,
  ) => {
    const v2 = breakableV2();
    const onReset = vi.fn<(event: ResetEvent) => void>();
    const page = mount(ui(<v2.V2 />, ['item-1', 1], onReset));
    return {
      ...v2,
      page,
      onReset,
      async renderWith(...keys: readonly unknown[]) {
        page.render(ui(<v2.V2 />, keys, onReset));
        await painted();
        await painted();
      },
    };
  };
  const boundary = () =>
    resettable((v2, keys, onReset) => (
      <FallbackBoundary FallbackComponent={TryAgain} resetKeys={keys} onReset={onReset}>
        {v2}
      </FallbackBoundary>
    ));

  test('is told once of a reset by hand', async () => {
    const { page, breakWith, mend, onReset, renderWith } = boundary();
    breakWith(boom);
    await renderWith('item-1', 1);
    expect(onReset).not.toHaveBeenCalled();
    mend();
    await tryAgain(page);
    expect(page.text()).toBe('v2');
    expect(onReset.mock.calls).toEqual([[{ reason: 'imperative-api' }]]);
  });

  test('is told once of a reset by keys, with those before and after', async () => {
    const { page, breakWith, mend, onReset, renderWith } = boundary();
    breakWith(boom);
    await renderWith('item-1', 1);
    mend();
    await renderWith('item-1', 2);
    expect(page.text()).toBe('v2');
    expect(onReset.mock.calls).toEqual([[{ reason: 'keys', prev: ['item-1', 1], next: ['item-1', 2] }]]);
  });

  test('hears nothing of keys that change while v2 works', async () => {
    const { page, onReset, renderWith } = boundary();
    await renderWith('item-2', 2);
    await renderWith('item-3');
    expect(page.text()).toBe('v2');
    expect(onReset).not.toHaveBeenCalled();
  });
});

describe('useFallbackBoundary', () => {
  /** The boundary as it is seen from inside v2 and inside v1. */
  const watched = (props: { readonly onError?: () => void; readonly onReset?: (event: ResetEvent) => void } = {}) => {
    const seen: { v1?: FallbackBoundaryControl; v2?: FallbackBoundaryControl } = {};
    const v2 = breakableV2();
    const V1 = () => {
      seen.v1 = useFallbackBoundary();
      return <p>v1</p>;
    };
    const V2 = () => {
      seen.v2 = useFallbackBoundary();
      return <v2.V2 />;
    };
    const Page = () => (
      <FallbackBoundary fallback={<V1 />} {...props}>
        <V2 />
      </FallbackBoundary>
    );
    return { ...v2, seen, Page };
  };

  test('shows the fallback from code, as if v2 had thrown that', async () => {
    const onError = vi.fn();
    const { seen, Page } = watched({ onError });
    const page = mount(<Page />);
    await painted();
    expect(page.text()).toBe('v2');
    expect(seen.v2?.error).toBeNull();

    seen.v2!.showFallback(boom);
    await painted();
    await painted();
    expect(page.text()).toBe('v1');
    expect(seen.v1?.error).toBe(boom);
    expect(onError.mock.calls).toEqual([[expect.objectContaining({ error: boom })]]);
    expect(page.frames).toEqual(['v2', 'v1']);
  });

  test('resets from inside an element of v1', async () => {
    const onReset = vi.fn();
    const { seen, breakWith, mend, Page } = watched({ onReset });
    breakWith(boom);
    const page = mount(<Page />);
    expect(page.text()).toBe('v1');
    await painted();

    mend();
    seen.v1!.reset();
    await painted();
    await painted();
    expect(page.text()).toBe('v2');
    expect(seen.v2?.error).toBeNull();
    expect(onReset.mock.calls).toEqual([[{ reason: 'imperative-api' }]]);
  });

  test('tells the current error, and the next one after it', async () => {
    const { seen, breakWith, mend, Page } = watched();
    breakWith(boom);
    mount(<Page />);
    expect(seen.v1?.error).toBe(boom);
    await painted();

    const next = new Error('broke otherwise');
    breakWith(next);
    seen.v1!.reset();
    await painted();
    await painted();
    expect(seen.v1?.error).toBe(next);

    mend();
    seen.v1!.reset();
    await painted();
    await painted();
    seen.v2!.showFallback(boom);
    await painted();
    await painted();
    expect(seen.v1?.error).toBe(boom);
  });

  test('is about the nearest boundary', async () => {
    const { seen, Page } = watched();
    const page = mount(
      <FallbackBoundary fallback="outer v1">
        <i>outer v2, </i>
        <Page />
      </FallbackBoundary>,
    );
    seen.v2!.showFallback(boom);
    await painted();
    await painted();
    expect(page.text()).toBe('outer v2, v1');
  });

  test('is about the boundary around it, where it is used in one of two side by side', async () => {
    const first = watched();
    const second = watched();
    const page = mount(
      <>
        <first.Page />
        <second.Page />
      </>,
    );
    first.seen.v2!.showFallback(boom);
    await painted();
    await painted();
    expect(page.text()).toBe('v1v2');
    expect(second.seen.v2?.error).toBeNull();
  });

  test('says so where there is no boundary', () => {
    const Alone = () => <>{String(useFallbackBoundary().error)}</>;
    const outer = vi.fn();
    mount(
      <Outer onError={outer}>
        <Alone />
      </Outer>,
      { strict: false },
    );
    expect(outer.mock.calls).toEqual([[expect.objectContaining({ code: 'missing-boundary' })]]);
  });
});
