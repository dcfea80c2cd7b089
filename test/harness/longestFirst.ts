import { BaseSequencer, type TestSpecification } from 'vitest/node';

// What takes longest, most of it waiting. Where nothing is known of earlier runs the runner begins with the largest files, and
// these are small.
const long =
  /\/test\/(package\/(storybook|kit|checks|next)|bench|cli|demo|roads|observeFlow|client\/.*\.tabs|service\/(embedded|replicas|export\/otlp|http\/connections))/;

/** Starts with the tests that take longest, so that no core waits for one of them at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => long.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
