import type { Expected } from './expected.ts';

export const otProcess: Expected = {};
