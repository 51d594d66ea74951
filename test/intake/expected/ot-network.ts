import type { Expected } from './expected.ts';

export const otNetwork: Expected = {};
