import { expectTypeOf, test } from 'vitest';
import type { Page } from 'playwright';
import type { SwitchbackMatchers } from 'react-switchback/testing/jest';
import type { PageLike } from 'react-switchback/testing/playwright';

test('the matchers are those of Jest and of Vitest', () => {
  expectTypeOf<jest.Matchers<void>['toShowVersion']>().toEqualTypeOf<SwitchbackMatchers<void>['toShowVersion']>();
  expectTypeOf<jest.Matchers<Promise<void>>['toHaveFallenBack']>().returns.toEqualTypeOf<Promise<void>>();
});

test("Playwright's page and context are what setFeature takes", () => {
  expectTypeOf<Page>().toExtend<PageLike>();
  expectTypeOf<ReturnType<Page['context']>>().toExtend<PageLike>();
});
