import { defineConfig } from 'vitest/config';

const node = { environment: 'node' as const };

export default defineConfig({
	test: {
		projects: [
			{
				test: {
					...node,
					name: 'pure',
					include: ['test/**/*.test.ts'],
					exclude: ['test/services/**', 'test/e2e/**', 'test/long/**'],
					testTimeout: 20_000,
				},
			},
			{
				test: {
					...node,
					name: 'services',
					globalSetup: ['test/services/global-setup.ts'],
					include: ['test/services/**/*.test.ts'],
					testTimeout: 60_000,
					hookTimeout: 60_000,
				},
			},
			{
				test: {
					...node,
					name: 'e2e',
					include: ['test/e2e/**/*.test.ts'],
					testTimeout: 240_000,
					// Each file has folders and ports of its own.
					hookTimeout: 240_000,
					maxWorkers: 4,
				},
			},
			{
				test: {
					...node,
					name: 'long',
					globalSetup: ['test/services/global-setup.ts'],
					include: ['test/long/**/*.test.ts'],
					testTimeout: 3_600_000,
					fileParallelism: false,
				},
			},
		],
	},
});
