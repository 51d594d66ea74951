import type { Expected } from './expected.ts';

export const security: Expected = {};
