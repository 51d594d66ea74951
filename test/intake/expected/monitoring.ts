import type { Expected } from './expected.ts';

export const monitoring: Expected = {};
