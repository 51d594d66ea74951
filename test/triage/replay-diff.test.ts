import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { replay } from '../../src/cli/replay.ts';

const sample = (name: string): string => fileURLToPath(new URL(`../correlation/samples/${name}`, import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'replay-diff-'));
afterAll(() => rm(folder, { recursive: true }));
const day = [
	'--assets',
	sample('assets.csv'),
	'--stream',
	sample('stream.jsonl'),
	'--maintenance',
	sample('windows.csv'),
];

async function run(...args: string[]) {
	const said = { out: '', err: '' };
	const code = await replay([...day, ...args], {
		out: (text) => {
			said.out += text;
		},
		err: (text) => {
			said.err += text;
		},
	});
	return { code, ...said };
}

async function rules(name: string, yaml: string): Promise<string> {
	const path = join(folder, name);
	await mkdir(path);
	await writeFile(join(path, 'site.yaml'), `rules:\n${yaml}`);
	return path;
}
const linesOf = (out: string): Record<string, unknown>[] =>
	out
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line));
const countsOf = (out: string): Record<string, unknown> => linesOf(out).at(-1) ?? {};

const loud = await rules(
	'loud',
	'  - {id: louder, title: t, when: \'alert.text.contains("linkflapping") || alert.title == "LinkFlapping" || labels.text("signature_id") == "LinkFlapping"\', set: critical, tags: [loud], order: 9000}\n',
);
const quiet = await rules(
	'quiet',
	'  - {id: quieter, title: t, when: \'alert.kind != "process_safety"\', set: informational, mute: true, order: 9000}\n',
);

describe('replay with two sets of rules', () => {
	it('of the same rules shows no difference', async () => {
		const { code, out } = await run('--rules', 'shipped', '--rules', 'shipped', '--json');
		expect(code).toBe(0);
		expect(linesOf(out)).toHaveLength(1);
		expect(countsOf(out)).toMatchObject({
			what: 'counts',
			alerts_changed: 0,
			incidents_opened: 0,
			incidents_regrouped: 0,
		});
	});

	it('shows each alert that a rule would have changed, with what was and what would be', async () => {
		const { out } = await run('--rules', 'shipped', '--rules', loud, '--json');
		const alerts = linesOf(out).filter((line) => line['what'] === 'alert');
		expect(alerts.length).toBeGreaterThan(0);
		for (const alert of alerts) {
			expect(alert['after']).toMatchObject({ severity: 'critical', tags: expect.arrayContaining(['loud']) });
			expect((alert['after'] as { rules: string[] }).rules).toContain('louder');
			expect((alert['before'] as { rules: string[] }).rules).not.toContain('louder');
			expect(alert['fields']).toEqual(expect.arrayContaining(['severity', 'tags', 'rules']));
		}
		expect(countsOf(out)).toMatchObject({
			alerts_changed: alerts.length,
			alerts_raised: alerts.length,
			alerts_lowered: 0,
		});
	});

	it('shows the incidents that nobody would have seen, and the other way round', async () => {
		const forth = countsOf((await run('--rules', 'shipped', '--rules', quiet, '--json')).out);
		const back = countsOf((await run('--rules', quiet, '--rules', 'shipped', '--json')).out);
		expect(Number(forth['incidents_not_opened'])).toBeGreaterThan(0);
		expect(Number(forth['alerts_muted'])).toBeGreaterThan(0);
		expect(back).toMatchObject({
			incidents_before: forth['incidents_after'],
			incidents_after: forth['incidents_before'],
			incidents_opened: forth['incidents_not_opened'],
			alerts_unmuted: forth['alerts_muted'],
			alerts_changed: forth['alerts_changed'],
		});
	});

	it('gives the same bytes twice, in words too, and takes the folder of a configuration', async () => {
		const config = join(folder, 'config');
		await mkdir(join(config, 'rules'), { recursive: true });
		await writeFile(join(config, 'rules', 'a.yaml'), 'rules:\n  - {id: tagger, title: t, when: "true", tags: [all]}\n');
		const one = await run('--rules', 'shipped', '--rules', config);
		expect((await run('--rules', 'shipped', '--rules', config)).out).toBe(one.out);
		expect(one.out).toMatch(/^alert 0 [^\n]*tags \[[^\n]*\] -> \[[^\n]*all\]/);
		expect(one.out).toMatch(/\nincidents after: \d+\n/);
	});

	it('of one set runs the stream under it', async () => {
		const { code, out } = await run('--rules', quiet);
		expect([code, out.startsWith('position,cluster,')]).toEqual([0, true]);
	});

	it('a folder that is not there, a faulty rule and a wrong count of options are told', async () => {
		expect((await run('--rules', join(folder, 'nowhere'))).code).toBe(3);
		const broken = await rules('broken', '  - {id: a, title: t, when: "1 +"}\n');
		const said = await run('--rules', 'shipped', '--rules', broken);
		expect([said.code, said.err]).toEqual([3, expect.stringMatching(/site\.yaml:2/)]);
		expect((await run('--json')).code).toBe(2);
		expect((await run('--rules', 'shipped', '--rules', 'shipped', '--rules', 'shipped')).code).toBe(2);
	});
});
