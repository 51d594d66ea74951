import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { plainReply } from '../../src/chat/blocks.ts';
import { type CommandCall, type Freeze, NOTHING_LOADED } from '../../src/chat/commands/command.ts';
import { readDuration, readValue } from '../../src/chat/commands/fact.ts';
import { COMMANDS, helpText, readIncidentNumber, readTyped, runCommand } from '../../src/chat/commands/index.ts';
import { FACT_NAMES, FACTS } from '../../src/domain/fact.ts';
import type { Person } from '../../src/domain/person.ts';
import { err } from '../../src/domain/result.ts';
import { acting, directory, entry, incident, NOW, PEOPLE, situation, step } from './world.ts';

function call(who: string, typed: string, given: Partial<CommandCall> = {}): [string, CommandCall] {
	const { name, words } = readTyped(typed);
	return [
		name,
		{
			acting: acting(who),
			words,
			situation: null,
			open: [incident()],
			totals: { open: given.open?.length ?? 1, by_severity: { high: 1 }, waiting: 1, hands: 0, in_doubt: 0 },
			pending: [step()],
			freezes: [],
			health: { topics: [], faults: [], unparsed: 0 },
			people: directory.people,
			places: directory.places,
			naming: directory.naming,
			loaded: NOTHING_LOADED,
			split: () => err('not in this test'),
			now: NOW,
			newId: (prefix) => `${prefix}_00000000000000000001`,
			...given,
		},
	];
}
const run = (who: string, typed: string, given: Partial<CommandCall> = {}) => runCommand(...call(who, typed, given));
const frozen: Freeze = {
	id: 'frz_1',
	scope: 'site:north',
	reason: 'valve',
	set_by: 'pia',
	set_at: NOW - 60_000,
	thaw_asked_by: null,
	thaw_asked_at: null,
};

describe('what is typed', () => {
	it('is a command and its words; an empty line is help; an unknown one is answered with the nearest', () => {
		expect(readTyped('  Show   INC-17 ')).toEqual({ name: 'show', words: ['INC-17'] });
		expect(readTyped('').name).toBe('help');
		expect(run('ana', 'shwo 17').reply).toContain('Did you mean `show`?');
		expect(readTyped('x '.repeat(100_000)).words.length).toBeLessThan(2_001);
	});

	it.each([
		['17', 17],
		['INC-17', 17],
		['#17', 17],
		['inc-', null],
		['1e3', null],
		[undefined, null],
	])('%s names incident %s', (word, want) => {
		expect(readIncidentNumber(word)).toBe(want);
	});

	it('is listed in help, every command with its line', () => {
		for (const command of COMMANDS) expect(helpText()).toContain(command.help);
	});

	it('stands in the guide and in the manifest', () => {
		const guide = new URL('../../docs/slack.md', import.meta.url);
		expect(existsSync(guide)).toBe(true);
		const text = readFileSync(guide, 'utf8');
		for (const command of COMMANDS) expect(text).toContain(`/interlock ${command.name}`);
		expect(readFileSync(new URL('../../docs/slack-manifest.yaml', import.meta.url), 'utf8')).toContain(
			'command: /interlock',
		);
	});
});

describe('status, list and show', () => {
	it('tell what is open, frozen and wrong', () => {
		const health = {
			topics: [{ topic: 'card', waiting: 3, parked: 1, oldest: NOW - 300_000 }],
			faults: [entry({ kind: 'program.fault', at: NOW - 60_000, data: { what: 'Slack refuses' } })],
			unparsed: 2,
		};
		const { reply } = run('ana', 'status', { freezes: [frozen], health });
		expect(reply).toContain('Open: 1 incident (1 high)');
		expect(reply).toContain('Waiting for a decision: 1 step');
		expect(reply).toContain('Frozen: site:north, for 1 min, by Pia Operator: valve');
		expect(reply).toContain('Behind: card: 3 waiting, the oldest for 5 min, 1 given up');
		expect(reply).toContain('Slack refuses');
		expect(reply).toContain('To look at: 2 messages not understood: /interlock unknown');
	});

	it('list what is too small for a card too', () => {
		expect(run('ana', 'list', { open: [incident({ severity: 'low', number: 3 })] }).reply).toContain('INC-3');
		expect(run('ana', 'list', { open: [] }).reply).toBe('Nothing is open.');
	});

	it('show a step with the decision that a person approves by', () => {
		const { reply } = run('ana', 'show 17', { situation: situation() });
		expect(reply).toContain('decision b1ndb1nd');
		expect(reply).toContain('one person of IT (IT analyst or IT lead)');
		expect(run('ana', 'show 99').reply).toContain('No incident `99`');
	});

	it('show nothing of an alert as a command', () => {
		const { reply } = run('ana', 'show 17', {
			situation: situation({ incident: incident({ title: '<!channel>\u001b[2J' }) }),
		});
		expect(reply).not.toMatch(/<!|\u001b/);
	});
});

describe('freeze', () => {
	it.each([
		['freeze strange valve', 'all', 'strange valve'],
		['freeze all', 'all', 'no reason given'],
		['freeze site NORTH fire drill', 'site:north', 'fire drill'],
		['freeze zone cell-3 x', 'zone:cell-3', 'x'],
	])('%s stops %s', (typed, scope, reason) => {
		const answer = run('pia', typed);
		expect(answer.changes).toMatchObject([{ op: 'insert', table: 'freezes', row: { scope, reason, set_by: 'pia' } }]);
		expect(answer.entries.map((one) => one.kind)).toEqual(['freeze.set']);
		expect(answer.topics).toContainEqual({ topic: 'plan', key: incident().id });
	});

	it.each([
		['a reader', 'rita', 'freeze all x'],
		['a stranger', 'UNOBODY', 'freeze all x'],
		['a site that is none', 'pia', 'freeze site nroth x'],
	])('is refused for %s', (_name, who, typed) => {
		expect(run(who, typed)).toMatchObject({ outcome: 'refused', changes: [] });
	});

	it('of a misspelt site says which was meant', () => {
		expect(run('pia', 'freeze site nroth x').reply).toContain('Did you mean `north`?');
	});

	it('is not doubled', () => {
		expect(run('pia', 'freeze site north x', { freezes: [frozen] })).toMatchObject({ outcome: 'noted', changes: [] });
	});
});

describe('thaw', () => {
	const asked = { ...frozen, thaw_asked_by: 'pia', thaw_asked_at: NOW - 60_000 };

	it('by one person only asks', () => {
		const answer = run('pia', 'thaw site north', { freezes: [frozen] });
		expect(answer.entries.map((one) => one.kind)).toEqual(['freeze.thaw_asked']);
		expect(answer.changes).toMatchObject([{ set: { thaw_asked_by: 'pia' } }]);
	});

	it('is confirmed by a second one who holds the right', () => {
		const answer = run('olaf', 'thaw site north', { freezes: [asked] });
		expect(answer.entries.map((one) => one.kind)).toEqual(['freeze.thawed']);
		expect(answer.changes).toMatchObject([{ set: { thawed_by: 'olaf' }, expect: { thaw_asked_by: 'pia' } }]);
	});

	it.each<[string, string, Freeze]>([
		['the one who asked', 'pia', asked],
		['another site', 'sven', asked],
		['a reader', 'rita', asked],
	])('is not confirmed by %s', (_name, who, freeze) => {
		expect(run(who, 'thaw site north', { freezes: [freeze] })).toMatchObject({ outcome: 'refused', changes: [] });
	});

	it.each<[string, Partial<Person>]>([
		['another entry of the one who asked', { email: 'Pia@Plant.example' }],
		['who stands in for the one who asked', { stands_in_for: ['pia'] }],
	])('is not confirmed by %s: that is no second person', (_name, more) => {
		const { person } = acting('olaf');
		if (person === null) throw new Error('olaf is nobody');
		const olaf = { ...person, ...more };
		const people = PEOPLE.map((one) =>
			one.id === 'olaf' ? olaf : one.id === 'pia' ? { ...one, email: 'pia@plant.example' } : one,
		);
		const given = { freezes: [asked], people, acting: { ...acting('olaf'), person: olaf } };
		expect(run('olaf', 'thaw site north', given)).toMatchObject({ outcome: 'refused', changes: [] });
	});

	it('asks anew when the asking has grown old', () => {
		const answer = run('olaf', 'thaw site north', { freezes: [{ ...asked, thaw_asked_at: NOW - 16 * 60_000 }] });
		expect(answer.entries.map((one) => one.kind)).toEqual(['freeze.thaw_asked']);
	});

	it('of what is not frozen says what is', () => {
		expect(run('olaf', 'thaw all', { freezes: [frozen] }).reply).toContain('site:north');
	});
});

describe('fact', () => {
	it('is recorded with who, what, how long and why', () => {
		const answer = run('pia', 'fact sole_view ews-4 no for 2h second station is up');
		expect(answer.entries).toMatchObject([
			{
				kind: 'fact.stated',
				data: {
					name: 'sole_view',
					subject: 'ews-4',
					value: false,
					expires_at: NOW + 2 * 3_600_000,
					reason: 'second station is up',
				},
			},
		]);
		expect(answer.changes).toMatchObject([{ table: 'facts', row: { source: 'person', supplied_by: 'pia' } }]);
	});

	it('always ends: by default with the shift, and never later than the fact can hold', () => {
		for (const name of FACT_NAMES) {
			const spec = FACTS[name];
			const role = spec.suppliers[0];
			if (role === undefined) continue;
			const person = { id: 'p', name: 'P', slack: null, email: null, roles: [{ role }] };
			const subject =
				{ asset: 'ews-4', target: 'ews-4', zone: 'cell-3', site: 'north', plant: 'plant' }[spec.subject as 'asset'] ??
				'x-1';
			const value = spec.order[0] === true ? 'yes' : spec.order[0] === false ? 'no' : String(spec.order[0]);
			for (const duration of ['', ' for 9999d']) {
				const answer = run('ana', `fact ${name} ${subject} ${value}${duration}`, {
					acting: { person, id: 'p', groups: [], via: 'cli' },
				});
				expect(answer.outcome, `${name}: ${answer.reply}`).toBe('done');
				const row = answer.changes[0] as { row: { expires_at: number } };
				expect(row.row.expires_at).toBeGreaterThan(NOW);
				if (spec.maxAgeMs !== null) expect(row.row.expires_at).toBeLessThanOrEqual(NOW + spec.maxAgeMs);
			}
		}
	});

	it.each<[string, string, string, RegExp]>([
		['an unknown name', 'pia', 'fact sole_veiw ews-4 no', /Did you mean `sole_view`/],
		['an unknown subject', 'pia', 'fact sole_view ews-44 no', /Did you mean `ews-4`/],
		['a value that it cannot take', 'pia', 'fact sole_view ews-4 maybe', /one of: no, yes/],
		['a duration that is none', 'pia', 'fact sole_view ews-4 no for ages', /no duration/],
		['somebody who may not say it', 'ana', 'fact sole_view ews-4 no', /stated by/],
		['another site', 'sven', 'fact sole_view ews-4 no', /stated by/],
		['a stranger', 'UNOBODY', 'fact sole_view ews-4 no', /do not know you/],
	])('is refused for %s, in words that help', (_name, who, typed, words) => {
		const answer = run(who, typed);
		expect(answer).toMatchObject({ outcome: 'refused', changes: [] });
		expect(answer.reply).toMatch(words);
	});

	it('without a value explains itself', () => {
		expect(run('pia', 'fact sole_view').reply).toContain('stated by');
		expect(run('pia', 'fact').reply).toContain('sole_view');
	});

	it('reads values and durations as people write them', () => {
		expect(readValue('sole_view', 'YES')).toBe(true);
		expect(readDuration('90m')).toBe(90 * 60_000);
		expect([readDuration('0h'), readDuration('2'), readDuration('-2h')]).toEqual([null, null, null]);
	});
});

describe('what an outside tester tried', () => {
	it.each(['plantX strange', 'ste north', 'zone=cell-3 leak'])(
		'freeze %s is asked back, not taken for the whole plant',
		(typed) => {
			const answer = run('ana', `freeze ${typed}`);
			expect(answer.changes).toEqual([]);
			expect(answer.reply).toMatch(/Did you mean|is no site or zone/);
		},
	);

	it.each(['', 'all', 'gas smell at the loading arm'])('freeze %s stops the whole plant at once', (typed) => {
		expect(run('ana', `freeze ${typed}`).changes).toHaveLength(1);
	});

	it('a list that is cut says how many there are', () => {
		const totals = { open: 10_018, by_severity: { high: 10_018 }, waiting: 0, hands: 0, in_doubt: 0 };
		expect(run('ana', 'list', { totals }).reply).toContain('1 worst of 10,018');
		expect(run('ana', 'status', { totals }).reply).toContain('10,018 incidents (10,018 high)');
	});

	it('an answer holds no markup, whatever an alert calls itself', () => {
		const title = '*bold* _it_ ~no~ `code` <https://evil.example|bank> <!channel>';
		const { reply } = run('ana', 'list', { open: [incident({ title })] });
		const blocks = JSON.stringify(plainReply(reply).blocks);
		expect(blocks).not.toMatch(/mrkdwn|"style"|"type":"link"|"type":"user"|"type":"broadcast"/);
		expect(blocks).toContain('*bold*');
	});
});
