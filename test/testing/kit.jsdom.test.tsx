// @vitest-environment jsdom
import { testKit } from './kitSuite.js';

testKit();
