// `interlock policy explain` as an operator reads it: the cases that come up at night, each through the command itself.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { policy } from '../../src/cli/policy.ts';

const folder = mkdtempSync(join(tmpdir(), 'interlock-explain-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
	writeFileSync(join(folder, name), text);
	return join(folder, name);
};
const ASSETS = file(
	'assets.yaml',
	`assets:
  - {id: pc-7, hostname: PC-7, ip: 192.0.2.7, site: north, zone: office, purdue: 4, kind: ws, domain: it}
  - {id: hmi-2, hostname: HMI-2, ip: 192.0.2.8, site: north, zone: press, purdue: 2, kind: hmi, domain: ot}
  - {id: press-plc, ip: 192.0.2.90, site: north, zone: press, purdue: 1, kind: plc}
  - {id: sis-1, ip: 192.0.2.91, site: north, zone: press, purdue: 1, kind: sis}
  - {id: vpn-1, ip: 192.0.2.99, site: north, zone: dmz, purdue: 3.5, kind: vpn_gateway}
zones:
  - {id: office, site: north}
  - {id: press, site: north}
  - {id: dmz, site: north}
`,
);
const AT = '2026-11-23T03:00:00Z';
let files = 0;

/** What the command prints, as one text; facts are lines of YAML. */
async function explained(action: string, asset: string, facts: readonly string[], ...more: string[]): Promise<string> {
	const out: string[] = [];
	const err: string[] = [];
	const stated = facts.length === 0 ? [] : ['--facts', file(`facts-${files++}.yaml`, facts.join('\n'))];
	const args = ['explain', '--action', action, '--asset', asset, '--assets', ASSETS, '--at', AT, ...stated, ...more];
	const code = await policy(args, { out: (text) => void out.push(text), err: (text) => void err.push(text) });
	expect(code, err.join('')).toBe(0);
	return out.join('');
}
const say = (name: string, subject: string, value: boolean | string, stated = AT): string =>
	`- {name: ${name}, subject: ${subject}, value: ${value}, stated: '${stated}'}`;
const IT_ONLY = [
	...['ot_dependency', 'dual_homed', 'operator_remote_view', 'action_cuts_own_path'].map((name) =>
		say(name, 'pc-7', false),
	),
];
const QUIET = [say('zone_state', 'press', 'normal'), say('zone_safety_alarm_active', 'press', false)];

describe('one decision, walked through', () => {
	test('a plain IT host: what it rests on, from where and until when, and who decides', async () => {
		const text = await explained('isolate_host', 'pc-7', IT_ONLY);
		expect(text).toContain('Asked: isolate a host: `pc-7` (`isolate_host`, effect contain).');
		expect(text).toContain('Decision: ONE (one person decides).');
		expect(text).toContain('dual_homed of `pc-7` is no: from ');
		expect(text).toContain('holds until 2027-11-23T03:00Z');
		expect(text).toContain('one person of IT: it_lead or it_analyst');
		expect(text).not.toContain('Not known');
	});

	test('the same host, of which nobody has said anything: who can say it, how, for how long, and what hangs on it', async () => {
		const text = await explained('isolate_host', 'pc-7', []);
		expect(text).toContain('Decision: HANDS (a person does it with their own tools).');
		expect(text).toContain('G3 HANDS: its side effect may reach OT; not shown: not dual-homed');
		expect(text).toMatch(/dual_homed of `pc-7` is missing, counts as true\. Does it have a second connection/);
		expect(text).toContain('(ot_engineer or network_owner or it_lead can say)');
		expect(text).toContain(
			'say it: interlock incident fact dual_homed pc-7 no (if it is so); it holds for 365 days at most',
		);
		expect(text).toMatch(/If all that is not known were known and good:\n {2}ONE \(one person decides\)/);
	});

	test('the only view of a running process: never, and what the operator can do', async () => {
		const running = [...QUIET, say('sole_view', 'hmi-2', true), say('process_running', 'hmi-2', true)];
		const text = await explained('isolate_host', 'hmi-2', running);
		expect(text).toContain('Decision: NEVER (not done).');
		expect(text).toContain('H05 NEVER: blind operator');
		expect(text).toContain('ot_dependency of `hmi-2` is yes: from inventory at');
		expect(text).toContain('process_running of `hmi-2` is yes: from ');
		expect(text).toContain('holds until 2026-11-23T03:30Z');
		expect(text).toContain('Has the operator confirmed a second station that shows the same?');
		expect(text).toContain('Instead: The operator can take it off by hand once the process is safe.');
	});

	test('what was said too long ago is told as such and counts as the worst', async () => {
		const old = [say('process_running', 'hmi-2', false, '2026-11-23T02:00:00Z')];
		const text = await explained('isolate_host', 'hmi-2', [...QUIET, ...old]);
		expect(text).toContain('process_running of `hmi-2` is stale, counts as true.');
		expect(text).not.toContain('process_running of `hmi-2` is no');
	});

	test('a controller: a person with their own tools, and nothing that anybody can say changes it', async () => {
		const text = await explained('stop_controller', 'press-plc', []);
		expect(text).toContain('judged as plc at level 1');
		expect(text).toContain('Decision: HANDS');
		expect(text).toContain('C02 HANDS');
		expect(text).toMatch(/If all that is not known were known and good:\n {2}the same: HANDS/);
		expect(text).not.toContain('Who must approve');
	});

	test('a safety system: not done, whom to call, and the same whatever is said', async () => {
		const text = await explained('bypass_sis', 'sis-1', []);
		expect(text).toContain('Decision: NEVER (not done).');
		expect(text).toContain('C11 NEVER');
		expect(text).toMatch(/If all that is not known were known and good:\n {2}the same: NEVER/);
		expect(text).toContain('Call the functional-safety engineer');
	});

	test('an asset that nobody knows is judged as a controller, and it says so', async () => {
		const text = await explained('isolate_host', 'laptop-9', []);
		expect(text).toContain('Target: `laptop-9`, judged as unknown at level 1; site unknown, zone unknown.');
		expect(text).toContain('G2: `laptop-9` is not in the inventory, or more than one asset claims the name');
		expect(text).toContain('Decision: HANDS');
	});

	test("a vendor's session: a session that is not named, and one person, with OT told, where it is known", async () => {
		const bare = await explained('end_session', 'vpn-1', []);
		expect(bare).toContain('name the session in the step first, nobody knows which one is meant');
		expect(bare).toContain('session_preapproved of `north`');
		expect(bare).toContain('it counts when a second person says the same');
		const known = [
			say('session_is_live_maintenance', 'vpn-17', false),
			say('session_sole_remote_operator', 'vpn-17', false),
			say('zone_state', 'dmz', 'normal'),
			say('zone_safety_alarm_active', 'dmz', false),
		];
		const text = await explained('end_session', 'vpn-1', known);
		expect(text).toContain('Decision: ONE (one person decides).');
		expect(text).toContain('one person of IT: it_lead or it_analyst');
		expect(text).toContain('Has OT been told about this step?');
		expect(text).toContain('session_is_live_maintenance of `vpn-17` is no');
		expect(text).toContain('N06 ONE');
	});

	test('a freeze: what stopped it and how it ends', async () => {
		const text = await explained('isolate_host', 'pc-7', IT_ONLY, '--freeze', 'zone:office');
		expect(text).toContain('G8: zone `office` is frozen by somebody on call');
		expect(text).toContain('it ends when two people lift it: interlock incident thaw');
		const elsewhere = await explained('isolate_host', 'pc-7', IT_ONLY, '--freeze', 'zone:press');
		expect(elsewhere).not.toContain('frozen');
		const all = await explained('isolate_host', 'pc-7', IT_ONLY, '--freeze', 'all');
		expect(all).toContain('G8: everything is frozen');
	});

	test('two people: what both have to hear first, and what is said on the command line alone', async () => {
		const text = await explained('disable_remote_access', 'vpn-1', [
			say('zone_state', 'dmz', 'normal'),
			say('zone_safety_alarm_active', 'dmz', false),
		]);
		expect(text).toContain('Decision: TWO (two people decide, one of OT and one of IT).');
		expect(text).toContain('G6: not shown: a way back has been tested');
		expect(text).toContain('interlock incident fact dependency_checked STEP yes (if it is so)');
		expect(text).toMatch(/out_of_band_confirmed STEP yes \(if it is so\); on the command line only/);
	});

	test('a freeze that is none is wrong usage', async () => {
		const err: string[] = [];
		const io = { out: () => undefined, err: (text: string) => void err.push(text) };
		expect(await policy(['explain', '--action', 'notify', '--freeze', 'cell 3'], io)).toBe(2);
		expect(err.join('')).toContain('`cell 3` is not all, site:X or zone:Y');
	});
});
