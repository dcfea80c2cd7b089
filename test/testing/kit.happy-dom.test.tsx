// @vitest-environment happy-dom
import { testKit } from './kitSuite.js';

testKit();
