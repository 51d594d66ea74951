import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { ENVIRONMENT_VARIABLES } from '../../src/config/environment.ts';
import { formatFinding } from '../../src/config/finding.ts';
import { ok } from '../../src/domain/result.ts';

const text = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const files = new Map(
	[...text.matchAll(/```yaml\n# (\S+)\n([\s\S]*?)```/g)].map((match) => [match[1] ?? '', match[2] ?? '']),
);
const windows = /^ {4}(change,[\s\S]*?\n)\n/m.exec(text)?.[1]?.replaceAll(/^ {4}/gm, '') ?? '';

describe('docs/configuration.md', () => {
	it('shows files that load without a finding', () => {
		expect([...files.keys()].sort()).toEqual([
			'interlock.yaml',
			'inventory.yaml',
			'people.yaml',
			'routes.yaml',
			'safety/north.yaml',
			'sources.yaml',
		]);
		const env = {
			INTERLOCK_CONFIG: 'plant',
			EDR_TOKEN: 'edr-token-1',
			DESK_TOKEN: 'desk-token-1',
			NOZOMI_SECRET: 'nozomi-secret',
			WAZUH_PASSWORD: 'wazuh-password',
			PAGERDUTY_KEY: 'a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6',
			SMTP_PASSWORD: 'smtp-password',
		};
		const reader = { folder: () => ok(new Map([...files, ['windows.csv', windows]])), secretFile: () => ok('') };
		const loaded = loadConfig(env, reader, Date.UTC(2026, 0, 5));
		expect((loaded.ok ? loaded.value.warnings : loaded.error).map(formatFinding)).toEqual([]);
		expect(loaded.ok && loaded.value.windows).toHaveLength(1);
	});

	it('names every variable of the environment', () => {
		for (const name of ENVIRONMENT_VARIABLES) expect(text).toContain(`\`${name}\``);
	});
});
