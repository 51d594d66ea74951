import type { Expected } from './expected.ts';

export const devices: Expected = {};
