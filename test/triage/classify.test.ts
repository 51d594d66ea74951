import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classify } from '../../src/cli/classify.ts';
import { CATEGORIES } from '../../src/domain/verdict.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { loadWeights } from '../../src/triage/classifier/load.ts';
import { type ClassifyOutput, classifyRecord, withAdvice } from '../../src/triage/classify-record.ts';
import { type LyingServer, startLyingServer } from '../model/lying-server.ts';

const run = async (input: string | Uint8Array, args: string[] = [], env: Record<string, string> = {}) => {
	const out: string[] = [];
	const err: string[] = [];
	const code = await classify(args, {
		out: (text) => out.push(text),
		err: (text) => err.push(text),
		env,
		stdin: async () => (typeof input === 'string' ? new TextEncoder().encode(input) : input),
	});
	const lines = out
		.join('')
		.split('\n')
		.filter((line) => line !== '');
	return { code, err: err.join(''), lines: lines.map((line) => JSON.parse(line) as ClassifyOutput) };
};
const line = (title: string, text = '', more: Record<string, unknown> = {}) =>
	`${JSON.stringify({ id: 'a', title, text, ...more })}\n`;

describe('classify', () => {
	it.each([
		['Mimikatz dumped credentials from LSASS memory', 'it', 'T1003.001', 'credential-access'],
		['Password spraying against many accounts', 'it', 'T1110.003', 'credential-access'],
		['Spearphishing attachment opened', 'it', 'T1566.001', 'initial-access'],
		['Program download to PLC by engineering workstation', 'ot', 'T0843', 'lateral-movement'],
		['Modbus unauthorized command message sent to controller outputs', 'ot', 'T0855', 'impair-process-control'],
		['Firmware of the field controller was modified over Modbus', 'ot', null, null],
	])('%s', async (title, domain, technique, tactic) => {
		const { lines } = await run(line(title));
		const got = lines[0];
		expect(got?.domain).toBe(domain);
		expect(got?.matrix).toBe(domain === 'ot' ? 'ics' : 'enterprise');
		if (technique !== null) expect(got?.techniques.slice(0, 5).map((t) => t.id)).toContain(technique);
		if (tactic !== null) expect(got?.tactics.slice(0, 3)).toContain(tactic);
	});

	it('gives well-formed answers in the order of the input, with reasons in words', async () => {
		const titles = [
			'port scan',
			'',
			'x'.repeat(5_000),
			'日本語のアラート',
			'\u0000\ud800 <!channel>',
			'T0843 seen on plc',
		];
		const { code, lines } = await run(
			titles.map((title, i) => JSON.stringify({ id: `r${i}`, title, text: null })).join('\n'),
		);
		expect(code).toBe(0);
		expect(lines.map((got) => got.id)).toEqual(titles.map((_, i) => `r${i}`));
		for (const got of lines) {
			expect(CATEGORIES).toContain(got.category);
			expect(got.techniques.length).toBeLessThanOrEqual(10);
			for (const { id, score } of got.techniques) {
				expect(attackTable[id.startsWith('T0') ? 'ics' : 'enterprise'].techniques).toHaveProperty([id]);
				expect(score).toBeGreaterThanOrEqual(0);
				expect(score).toBeLessThanOrEqual(1);
			}
			const scores = got.techniques.map((t) => t.score);
			expect(scores).toEqual(scores.toSorted((a, b) => b - a));
			expect(got.reasons.length).toBeGreaterThan(0);
		}
		expect(lines[1]).toMatchObject({ confidence: 0, severity: 'medium' });
		expect(lines[5]?.techniques[0]).toEqual({ id: 'T0843', score: 1 });
	});

	it('neither source nor id is a feature', async () => {
		const plain = await run(line('Suspicious service created'));
		const named = await run(
			`${JSON.stringify({ id: 'sigma:T0843', source: 'attack-ics-uses', title: 'Suspicious service created', text: '', tactics: ['impact'] })}\n`,
		);
		expect({ ...named.lines[0], id: 'a' }).toEqual(plain.lines[0]);
	});

	it('the asset decides the domain where it is known', async () => {
		const { lines } = await run(
			line('Remote desktop session', '', { asset: { class: 'hmi', level: 2 } }) +
				line('PLC stop command', '', { asset: { domain: 'it' } }),
		);
		expect(lines.map((got) => got.domain)).toEqual(['ot', 'it']);
	});

	it('tells each line that it could not read by its number, answers the rest, and ends with 1', async () => {
		const { code, lines, err } = await run(
			`${line('a')}not json\n\n{"title": "no id"}\n[1]\n${line('b')}{"id": 1, "title": 5}\n`,
		);
		expect(code).toBe(1);
		expect(lines).toHaveLength(2);
		expect(err.match(/^line \d+/gm)).toEqual(['line 2', 'line 4', 'line 5', 'line 7']);
	});

	it('survives bytes that are no text', async () => {
		const { code } = await run(Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7919) % 256));
		expect(code).toBe(1);
	});

	it.each([
		[['--nope'], 2],
		[['a', 'b'], 2],
		[['/nowhere/at-all.jsonl'], 3],
	])('arguments %j end with %d', async (args, code) => {
		expect((await run('', args)).code).toBe(code);
	});

	it('reads a file', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'classify-'));
		writeFileSync(join(folder, 'x.jsonl'), line('port scan'));
		expect((await run('', [join(folder, 'x.jsonl')])).lines).toHaveLength(1);
		rmSync(folder, { recursive: true });
	});
});

describe('classify --model', () => {
	let server: LyingServer;
	beforeAll(async () => {
		server = await startLyingServer();
	});
	afterAll(() => server.stop());
	const env = () => ({ OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'k', INTERLOCK_MODEL: 'm' });

	it('says what is missing where no model is configured', async () => {
		expect(await run(line('a'), ['--model'])).toMatchObject({ code: 3, lines: [] });
	});

	it('keeps the offline verdict where the model gives nothing usable', async () => {
		server.behave('not_json');
		const offline = await run(line('Password spraying'));
		const { code, lines } = await run(line('Password spraying'), ['--model'], env());
		expect(code).toBe(0);
		expect(lines[0]?.techniques).toEqual(offline.lines[0]?.techniques);
		expect(lines[0]?.reasons.at(-1)).toEqual({ by: 'adviser', text: 'no answer: invalid' });
	});
});

describe('an adviser on one text', () => {
	const offline = classifyRecord(loadWeights(), { id: 1, title: 'Password spraying against many accounts', text: '' });

	it('puts existing techniques first and moves severity by one level at most', () => {
		const advice = {
			techniques: ['T9999', 'T1110.003', 'DROP TABLE'],
			tactics: ['credential-access', 'world-peace'],
			severity: 'critical' as const,
			reason: 'r',
		};
		const got = withAdvice({ ...offline, severity: 'low' }, advice, 'm');
		expect(got.techniques[0]?.id).toBe('T1110.003');
		expect(got.techniques.map((t) => t.id)).not.toContain('T9999');
		expect(got.tactics).not.toContain('world-peace');
		expect(got.severity).toBe('medium');
		expect(got.reasons.at(-1)).toEqual({ by: 'adviser', text: 'm (generated): r' });
	});
});

const shared = new URL('../../../shared/eval/', import.meta.url);
describe.skipIf(!existsSync(shared))('the labelled sets', () => {
	it('every line gets an answer', { timeout: 60_000 }, async () => {
		for (const name of readdirSync(shared).filter((file) => file.startsWith('classification-dev-'))) {
			const bytes = readFileSync(new URL(name, shared));
			const wanted = bytes
				.toString('utf8')
				.split('\n')
				.filter((text) => text.trim() !== '').length;
			const { code, lines } = await run(bytes);
			expect([name, code, lines.length]).toEqual([name, 0, wanted]);
		}
	});
});
