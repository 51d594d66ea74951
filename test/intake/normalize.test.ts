import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { normalize } from '../../src/cli/normalize.ts';
import { Alert } from '../../src/domain/alert.ts';
import { sourceKindNames } from '../../src/intake/sources/index.ts';
import { nozomiAlert } from './builders.ts';

async function run(args: string[], stdin = ''): Promise<{ code: number; out: string; err: string }> {
	let out = '';
	let err = '';
	const code = await normalize(args, {
		out: (text) => {
			out += text;
		},
		err: (text) => {
			err += text;
		},
		stdin: () => Promise.resolve(Buffer.from(stdin)),
	});
	return { code, out, err };
}

const KEYS =
	'source external_id fingerprint status title description severity severity_raw kind domain occurred_at time_basis entities techniques labels';
const CEF = 'CEF:0|A|B|1|9|Name|5|src=172.20.1.1';

describe('interlock normalize', () => {
	it('prints each alert as a JSON line with the keys of the contract, and exits 0', async () => {
		const { code, out, err } = await run(['--source', 'nozomi', '-'], JSON.stringify([nozomiAlert(), nozomiAlert()]));
		expect({ code, err }).toEqual({ code: 0, err: '' });
		const lines = out.trim().split('\n');
		expect(lines).toHaveLength(2);
		expect(Object.keys(JSON.parse(lines[0]!)).join(' ')).toBe(KEYS);
		Alert.parse(JSON.parse(lines[1]!));
	});

	it('reads a file, one message that may span lines', async () => {
		const file = join(mkdtempSync(join(tmpdir(), 'interlock-')), 'a.log');
		writeFileSync(file, `${CEF}\n  msg=two\n  lines\n`);
		const { code, out } = await run(['--source', 'cef', file]);
		expect(code).toBe(0);
		expect(JSON.parse(out)).toMatchObject({ source: 'cef', description: 'two lines' });
	});

	it('with --lines makes each line a message, and goes on after a bad one', async () => {
		const { code, out, err } = await run(
			['--source', 'suricata', '--lines'],
			'{"event_type":"dns"}\n{"event_type":\n\n{"event_type":"tls"}\n',
		);
		expect(code).toBe(1);
		expect(out.trim().split('\n')).toHaveLength(2);
		expect(err).toBe('-:2: refused: line 1, column 15 (offset 14): found the end of the text, expected a JSON value\n');
	});

	it('exits 1 and names the fault where something was not understood', async () => {
		expect(await run(['--source', 'nozomi'], '{"x":1}')).toMatchObject({
			code: 1,
			out: '',
			err: expect.stringContaining('unparsed'),
		});
		expect(await run(['--source', 'nozomi'], '{"x":')).toMatchObject({
			code: 1,
			out: '',
			err: expect.stringContaining('line 1, column 6'),
		});
	});

	it('exits 0 with a word where the body is protocol talk', async () => {
		expect(await run(['--source', 'defender'], '{"value":[]}')).toMatchObject({
			code: 0,
			out: '',
			err: expect.stringContaining('no alert'),
		});
	});

	it('takes the time of receipt and the zone for what has none', async () => {
		const received = await run(['--source', 'cef', '--received-at', '2025-05-04T09:00:00Z'], CEF);
		expect(JSON.parse(received.out)).toMatchObject({ occurred_at: '2025-05-04T09:00:00.000Z', time_basis: 'received' });
		const zoned = await run(
			['--source', 'cef', '--received-at', '2025-05-04T09:00:00Z', '--tz', 'Asia/Tokyo'],
			`May 04 17:00:00 h ${CEF}`,
		);
		expect(JSON.parse(zoned.out)).toMatchObject({ occurred_at: '2025-05-04T08:00:00.000Z', time_basis: 'event' });
	});

	it.each([
		[[], '`--source` is missing'],
		[['--source', 'nozom'], 'did you mean `nozomi`?'],
		[['--source', 'zzzzzzzz'], `known are: ${sourceKindNames().join(', ')}`],
		[['--source', 'cef', '--tz', 'Mars/Base'], 'unknown time zone `Mars/Base`'],
		[['--source', 'cef', '--received-at', 'noon'], '`--received-at` is `noon`'],
		[['--source', 'cef', 'a', 'b'], 'one FILE is read, found 2'],
		[['--source', 'cef', '--frobnicate'], '--frobnicate'],
	])('exits 2 on wrong usage %j', async (args, message) => {
		const { code, out, err } = await run(args);
		expect({ code, out }).toEqual({ code: 2, out: '' });
		expect(err).toContain(message);
		expect(err).toContain('usage: interlock normalize');
	});

	it('reads by a mapping file, which gives the kind, and refuses one with faults', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'interlock-'));
		const good = join(folder, 'press.yaml');
		writeFileSync(good, 'format: json\nalert: {title: record.t, identity: [record.t]}\n');
		const bad = join(folder, 'bad.yaml');
		writeFileSync(bad, 'format: json\nalert: {title: rec.t, identity: [record.t]}\n');
		const named = await run(['--source', 'press-1', '--mapping', good], '{"t":"jam"}');
		expect(JSON.parse(named.out)).toMatchObject({ source: 'press-1', title: 'jam' });
		const unnamed = await run(['--mapping', good, '--lines'], '{"t":"a"}\n{"t":"b"}\n');
		expect(
			unnamed.out
				.trim()
				.split('\n')
				.map((line) => JSON.parse(line).source),
		).toEqual(['press', 'press']);
		expect(await run(['--mapping', bad], '{}')).toMatchObject({
			code: 1,
			out: '',
			err: expect.stringContaining(`${bad}:2:16: `),
		});
		expect(await run(['--mapping', join(folder, 'none.yaml')], '{}')).toMatchObject({ code: 3, out: '' });
	});

	it('exits 3 where the file cannot be read', async () => {
		expect(await run(['--source', 'cef', '/nowhere/at/all'])).toMatchObject({
			code: 3,
			err: expect.stringContaining('/nowhere/at/all'),
		});
	});
});
