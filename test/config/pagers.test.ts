// `interlock check` about pagers: a way that leads to nobody is known by day.
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { formatFinding } from '../../src/config/finding.ts';
import { err, ok } from '../../src/domain/result.ts';

const PAGERS = `pagers:
  - { name: oncall, kind: pagerduty, auth: { type: routing_key, secret_env: PD } }
  - { name: mail, kind: smtp, host: mail.plant.example, from: interlock@plant.example }
  - { name: duty, kind: smtp, host: mail.plant.example, from: interlock@plant.example, to: [duty@plant.example] }
`;
const PEOPLE = 'people:\n  - { id: ole, name: Ole, email: ole@plant.example, pagers: [mail, oncall] }\n';

function load(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
	const reader = {
		folder: () => ok(new Map(Object.entries(files))),
		secretFile: (_: string, path: string) => (path === 'none.pem' ? err('is not there') : ok('no certificate')),
	};
	return loadConfig({ INTERLOCK_CONFIG: 'plant', PD: 'a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6', ...env }, reader, 0);
}
const said = (files: Readonly<Record<string, string>>, env = {}): string[] => {
	const loaded = load(files, env);
	return (loaded.ok ? loaded.value.warnings : loaded.error).map(formatFinding);
};

describe('pagers in the configuration', () => {
	it('load with their secrets and their defaults', () => {
		const loaded = load({ 'interlock.yaml': PAGERS, 'people.yaml': PEOPLE });
		if (!loaded.ok) throw new Error(loaded.error.map(formatFinding).join('\n'));
		expect(loaded.value.warnings.map(formatFinding)).toEqual([]);
		const [oncall, mail] = loaded.value.pagers;
		expect(oncall).toMatchObject({
			config: { base_url: 'https://events.pagerduty.com', from_severity: 'medium', allow_private: false },
			ca: null,
		});
		expect(oncall?.secret?.reveal()).toBe('a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6');
		expect(mail).toMatchObject({ config: { tls: 'starttls', to: [] }, secret: null });
		expect(loaded.value.people[0]).toMatchObject({ pagers: ['mail', 'oncall'] });
		expect(loaded.value.settings.paging).toEqual({ slack_after: 120_000 });
	});

	it.each([
		[
			'an unknown pager of a route',
			{ 'routes.yaml': '- { name: ot, when: "true", pagers: [oncal] }\n' },
			/routes.yaml:1:\d+: .*route `ot`: there is no pager `oncal`[\s\S]*did you mean `oncall`/,
		],
		[
			'an unknown pager of a level',
			{ 'routes.yaml': '- name: ot\n  when: "true"\n  escalation:\n    - { after: 5m, pagers: [phone] }\n' },
			/routes.yaml:4:\d+: .*route `ot`, level 1: there is no pager `phone`/,
		],
		[
			'a level that would mail nobody',
			{ 'routes.yaml': '- { name: ot, when: "true", pagers: [mail] }\n' },
			/pager `mail` has no `to`: a page would reach nobody/,
		],
		[
			'an unknown pager of a person',
			{ 'people.yaml': 'people:\n  - { id: ole, name: Ole, pagers: [oncall, pagr] }\n' },
			/people.yaml:2:\d+: .*person `ole`: there is no pager `pagr`/,
		],
		[
			'a person to be mailed without an address',
			{ 'people.yaml': 'people:\n  - { id: ole, name: Ole, pagers: [mail] }\n' },
			/person `ole`: pager `mail` needs `email`/,
		],
		[
			'an address that is two',
			{ 'people.yaml': 'people:\n  - { id: ole, name: Ole, email: "a@b.example, c@d.example", pagers: [mail] }\n' },
			/is no plain mail address/,
		],
		[
			'an unknown fallback',
			{ 'interlock.yaml': `${PAGERS}paging: { fallback: [nobody] }\n`, 'people.yaml': PEOPLE },
			/`paging.fallback`: there is no pager `nobody`/,
		],
		[
			'two of one name',
			{ 'interlock.yaml': PAGERS.replace('name: duty', 'name: oncall') },
			/pager `oncall` stands twice/,
		],
		[
			'a routing key in the file',
			{ 'interlock.yaml': 'pagers:\n  - { name: p, kind: pagerduty, routing_key: a1b2c3d4e5f6a7b8 }\n' },
			/pager `p`: a secret is never written here/,
		],
		[
			'a password in the clear',
			{
				'interlock.yaml':
					'pagers:\n  - { name: p, kind: smtp, host: m.example, from: a@b.example, tls: none, auth: { type: login, user: u, secret_env: PD } }\n',
			},
			/a password is never sent in the clear/,
		],
		[
			'an authority that is none',
			{ 'interlock.yaml': PAGERS.replace('host: mail', 'ca_file: ca.pem, host: mail') },
			/pager `mail`: `ca_file`: the file `ca.pem` holds no certificate/,
		],
		[
			'a key that is not set',
			{ 'interlock.yaml': PAGERS.replace('PD', 'NOT_SET') },
			/pager `oncall`: .*`NOT_SET` is not set/,
		],
	] as const)('%s is found with its place', (_, files, expected) => {
		expect(said({ 'interlock.yaml': PAGERS, ...files }).join('\n')).toMatch(expected);
	});

	it('that nobody names are warned of, unless everything goes to them', () => {
		expect(said({ 'interlock.yaml': PAGERS })).toEqual([expect.stringContaining('nobody is reached by pager `mail`')]);
		const none = `${PAGERS}paging: { fallback: [] }\n`;
		expect(said({ 'interlock.yaml': none, 'people.yaml': PEOPLE })).toEqual([
			expect.stringContaining('nobody is reached by pager `duty`'),
		]);
	});
});
