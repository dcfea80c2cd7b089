import { describe, expectTypeOf, test } from 'vitest';
import type { JsonObject } from '../../../src/evaluate/snapshot.js';
import { defineFeatures, type FeatureConfig, type FeatureKey, type Widened } from '../../../src/features.js';

// What a host writes. Two sets, as two packages of one app would have.
const panels = defineFeatures({
  memoryPanel: { owner: 'web', config: { pageSize: 20, layout: 'grid', columns: ['name', 'age'] } },
  sessionsList: { upgrade: 'live' },
});
const settings = defineFeatures({ 'settings.page': { config: { compact: false } } });

declare module '../../../src/features.js' {
  interface Register {
    panels: typeof panels;
    settings: typeof settings;
  }
}

describe('keys', () => {
  test('are those of all registered sets', () => {
    expectTypeOf<FeatureKey>().toEqualTypeOf<'memoryPanel' | 'sessionsList' | 'settings.page'>();
  });

  test('that nobody registered do not compile', () => {
    // @ts-expect-error -- a typing error in a key
    const wrong: FeatureKey = 'memoryPannel';
    expectTypeOf(wrong).toEqualTypeOf<FeatureKey>();
  });
});

describe('config', () => {
  test('is typed and widened, so that a published value may differ from the default', () => {
    expectTypeOf<FeatureConfig<'memoryPanel'>>().toEqualTypeOf<{
      readonly pageSize: number;
      readonly layout: string;
      readonly columns: readonly string[];
    }>();
    expectTypeOf<FeatureConfig<'settings.page'>>().toEqualTypeOf<{ readonly compact: boolean }>();
  });

  test('is any JSON object where none was defined', () => {
    expectTypeOf<FeatureConfig<'sessionsList'>>().toEqualTypeOf<JsonObject>();
  });

  test('of an unknown feature does not compile', () => {
    // @ts-expect-error -- not a registered key
    expectTypeOf<FeatureConfig<'other'>>().not.toBeAny();
  });

  test('widens what is nested', () => {
    expectTypeOf<Widened<{ a: { b: 1; c: readonly ['x', 'y'] }; d: null }>>().toEqualTypeOf<{
      readonly a: { readonly b: number; readonly c: readonly string[] };
      readonly d: null;
    }>();
  });
});

describe('defineFeatures', () => {
  test('keeps the keys and literals of what it was given', () => {
    expectTypeOf(panels.memoryPanel.config.pageSize).toEqualTypeOf<20>();
    expectTypeOf<keyof typeof panels>().toEqualTypeOf<'memoryPanel' | 'sessionsList'>();
  });

  test('refuses what is no definition', () => {
    // @ts-expect-error -- only "held" or "live"
    defineFeatures({ list: { upgrade: 'now' } });
    // @ts-expect-error -- config is an object
    defineFeatures({ list: { config: 7 } });
    // @ts-expect-error -- config is JSON
    defineFeatures({ list: { config: { open: () => true } } });
  });
});
