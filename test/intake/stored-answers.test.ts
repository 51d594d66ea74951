// Tier 2: each vendor body of samples/ becomes exactly the alerts stored in golden/ (`npm run golden` rewrites them for review).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Alert } from '../../src/domain/alert.ts';
import { parseBody } from '../../src/intake/parse-body.ts';
import { SOURCE_KINDS } from '../../src/intake/sources/index.ts';

const samples = new URL('./samples/', import.meta.url);
const golden = new URL('./golden/', import.meta.url);
const receivedAt = Date.UTC(2025, 4, 4, 9);

describe('stored answers', () => {
	it.each(SOURCE_KINDS.map((kind) => kind.name))('kind %s has samples of its own', (kind) => {
		expect(readdirSync(new URL(`${kind}/`, samples)).length).toBeGreaterThanOrEqual(2);
	});

	it.each(SOURCE_KINDS.map((kind) => kind.name))('no stored answer of kind %s is without its sample', (kind) => {
		const answers = existsSync(new URL(`${kind}/`, golden)) ? readdirSync(new URL(`${kind}/`, golden)) : [];
		const names = readdirSync(new URL(`${kind}/`, samples)).map((name) => `${name}.json`);
		expect(answers.filter((name) => !names.includes(name))).toEqual([]);
	});

	for (const { name: kind } of SOURCE_KINDS) {
		for (const name of readdirSync(new URL(`${kind}/`, samples))) {
			it(`${kind}/${name} becomes its stored alerts`, async () => {
				const body = readFileSync(new URL(`${kind}/${name}`, samples));
				const parsed = parseBody(kind, body, { source: kind, receivedAt, timeZone: 'Europe/Berlin' });
				if (parsed.kind !== 'parsed') throw new Error(`not parsed: ${JSON.stringify(parsed)}`);
				for (const item of parsed.items) if (item.kind === 'alert') Alert.parse(item.alert);
				const answer = parsed.items.map(({ raw: _, ...item }) => item);
				await expect(`${JSON.stringify(answer, null, '\t')}\n`).toMatchFileSnapshot(`./golden/${kind}/${name}.json`);
			});
		}
	}
});
