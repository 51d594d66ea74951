// Hostile bodies for the fuzz tests: JSON of any shape, the grammars of CEF, LEEF, syslog, Zeek, CSV and key=value with dirt in every
// place, and vendors' bodies with one thing or several broken. What must hold for them stands in laws.ts.
import { readdirSync, readFileSync } from 'node:fs';
import fc, { type Arbitrary } from 'fast-check';
import { SOURCE_KINDS } from '../../../src/intake/sources/index.ts';

export type Body = { readonly kind: string; readonly body: string | Uint8Array };
export type Fixture = { readonly kind: string; readonly text: string };

export const kinds = SOURCE_KINDS.map((kind) => kind.name);
const folder = new URL('../samples/', import.meta.url);
export const fixtures: readonly Fixture[] = kinds.flatMap((kind) =>
	readdirSync(new URL(`${kind}/`, folder)).map((name) => ({
		kind,
		text: readFileSync(new URL(`${kind}/${name}`, folder), 'utf8'),
	})),
);

/** Pieces of which parsers, logs and screens are afraid. */
const DIRT = [
	'\u0000',
	'\u001b[2J',
	'\u202e',
	'\u2066x\u2069',
	'\ufeff',
	'\ud800',
	'\udc00',
	'\r',
	'\r\n',
	'\n',
	'\t',
	'\u2028',
	'#012',
	'\\',
	'\\n',
	'\\=',
	'\\|',
	'"',
	"'",
	'`',
	'|',
	'||',
	'=',
	'==',
	',',
	';',
	'^',
	'[',
	'{',
	']',
	'}',
	'<0>',
	'<191>1 - - - - - -',
	'<999>',
	'CEF:0|',
	'LEEF:2.0|',
	'@cee: {',
	'#fields\t',
	'__proto__',
	'constructor',
	'null',
	'NaN',
	'-0',
	'1e309',
	'9'.repeat(400),
	'-99999999999999999999',
	'0x7f000001',
	'010.001.1.1',
	'256.1.1.1',
	'10.20.30.40',
	'10.20.30.40:65536',
	'fe80::1%eth0',
	'::ffff:10.0.0.1',
	'1:2:3:4:5:6:7:8:9',
	'00:00:00:00:00:00',
	'AA-BB-CC-DD-EE-FF',
	'2026-02-30T25:61:61Z',
	'2026-03-29T02:30:00',
	'0001-01-01T00:00:00Z',
	'275760-09-13',
	'Feb 29 23:59:60',
	'1/0/0',
	'T1059.001',
	'CVE-2024-12345',
	'https://[::1',
	'a@b.c',
	'CORP\\user',
	'İ',
	'ﬃ',
	'😀',
	'e\u0301'.repeat(50),
	'A'.repeat(5_000),
	' '.repeat(300),
];

const nat = fc.nat(0xffff_ffff);
const dirt = fc.constantFrom(...DIRT);
const word = fc.oneof(
	{ weight: 3, arbitrary: fc.constantFrom('src', 'dst', 'msg', 'act', 'rt', 'severity', 'status', 'id', 'name', 'a') },
	{ weight: 2, arbitrary: fc.string({ maxLength: 12 }) },
	{ weight: 2, arbitrary: dirt },
	{ weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);
const phrase = fc.array(word, { maxLength: 5 }).map((words) => words.join(' '));
const kindOf = (...likely: string[]): Arbitrary<string> =>
	fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...likely) }, { weight: 1, arbitrary: fc.constantFrom(...kinds) });

// ---- grammars ----------------------------------------------------------------------------------------------------------------

const VENDORS = [
	'Nozomi Networks|N2OS|24.5.1',
	'Claroty|CTD|4.9',
	'Medigate|Medigate|1',
	'CyberX|CyberX platform|24',
	'Palo Alto Networks|PAN-OS|11.1',
	'Fortinet|Fortigate|v7.4.4',
	'Tenable.ot|Tenable.ot|3.19',
	'Forescout|SilentDefense|5.3',
	'Dragos|Platform|2.3',
	'CrowdStrike|FalconHost|1.0',
	'SAP|ETD|1',
	'A|B|1',
];
const pairs = (equals: string, gap: string): Arbitrary<string> =>
	fc
		.array(fc.tuple(word, phrase), { maxLength: 12 })
		.map((list) => list.map(([key, value]) => `${key}${equals}${value}`).join(gap));
const cef = fc
	.tuple(
		fc.constantFrom(...VENDORS),
		word,
		phrase,
		fc.oneof(fc.constantFrom('0', '5', '10', 'High'), word),
		pairs('=', ' '),
	)
	.map(([vendor, id, name, severity, extension]) => `CEF:0|${vendor}|${id}|${name}|${severity}|${extension}`);
const leef = fc
	.tuple(
		fc.constantFrom('1.0', '2.0', '3', ''),
		fc.constantFrom(...VENDORS),
		word,
		fc.constantFrom('\t', '^', 'x5E', '|', '0x', ''),
	)
	.chain(([version, vendor, id, mark]) => {
		const gap = mark === 'x5E' ? '^' : mark === '' || mark === '0x' ? '\t' : mark;
		return pairs('=', gap).map(
			(body) => `LEEF:${version}|${vendor}|${id}|${version === '2.0' ? `${mark}|` : ''}${body}`,
		);
	});
const stamp = fc.constantFrom(
	'May  4 08:00:00',
	'2026-03-29T02:30:00.123456789+01:00',
	'*Mar  1 00:00:01.123 UTC:',
	'Feb 29 2023 23:59:60',
	'-',
	'',
);
const header = fc
	.tuple(fc.constantFrom('', '<13>', '<165>1 ', '<999>', '<>', '42 <13>'), stamp, word, word)
	.map(([priority, time, host, program]) => `${priority}${time} ${host} ${program}: `);
const structured = fc
	.tuple(word, pairs('="', '" '))
	.map(([id, data]) => `<165>1 2026-01-01T00:00:00Z h p 1 M [${id}@1 ${data}"] `);
const message = fc.oneof(cef, leef, phrase, pairs('=', ' '), pairs('="', '" '));
const line = fc.oneof(
	message,
	fc.tuple(fc.oneof(header, structured), message).map(([before, text]) => before + text),
	fc.tuple(header, header, message).map((parts) => parts.join('')),
);
const zeek = fc
	.tuple(fc.array(word, { maxLength: 12 }), fc.array(fc.array(word, { maxLength: 14 }), { maxLength: 4 }), fc.boolean())
	.map(([names, rows, hasTypes]) =>
		[
			'#separator \\x09',
			'#path\tnotice',
			`#fields\tts\tuid\tid.orig_h\t${names.join('\t')}`,
			...(hasTypes ? [`#types\ttime\tstring\taddr\t${names.map(() => 'set[string]').join('\t')}`] : []),
			...rows.map((row) => `1767225600.5\tCabcdefgh1\t10.0.0.1\t${row.join('\t')}`),
		].join('\n'),
	);
const csv = fc
	.array(
		fc.array(
			fc.oneof(
				word,
				word.map((cell) => `"${cell.replaceAll('"', '""')}"`),
			),
			{ maxLength: 10 },
		),
		{ maxLength: 4 },
	)
	.map((rows) => ['EVENT_TYPE,TIMESTAMP,USER_ID,SOURCE_IP,ALERT', ...rows.map((row) => row.join(','))].join('\n'));

/** Names that vendors use, so that random JSON reaches the inner branches. */
const NAMES = [
	...new Set(
		fixtures.flatMap(({ text }) =>
			[...text.matchAll(/"([A-Za-z_@][\w.@-]{1,30})"\s{0,3}:/g)].map((match) => match[1] ?? ''),
		),
	),
];
const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
	value: fc.oneof(
		{ maxDepth: 4, withCrossShrink: true },
		fc.oneof(
			phrase,
			dirt,
			fc.integer(),
			fc.double(),
			fc.boolean(),
			fc.constantFrom(null, '', 0, -1, 1e308, 1_767_225_600, 1_767_225_600_000),
		),
		fc.array(tie('value'), { maxLength: 5 }),
		fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.constantFrom(...NAMES), word), tie('value'), { maxKeys: 9 }),
	),
}));
const document = fc.dictionary(fc.constantFrom(...NAMES), json, { maxKeys: 14 });

// ---- vendors' bodies, broken -------------------------------------------------------------------------------------------------

type Tear = {
	readonly way: number;
	readonly at: number;
	readonly length: number;
	readonly other: number;
	readonly dirt: string;
};
const tear = fc.record({ way: fc.nat(7), at: nat, length: fc.nat(60), other: nat, dirt });

/** One thing broken in the text. */
function torn(text: string, { way, at: where, length, other, dirt: piece }: Tear): string {
	const at = where % (text.length + 1);
	const before = text.slice(0, at);
	switch (way) {
		case 0:
			return before + String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << (other % 8))) + text.slice(at + 1);
		case 1:
			return before;
		case 2:
			return before + text.slice(at, at + length).repeat(2 + (other % 20)) + text.slice(at + length);
		case 3:
			return before + text.slice(at + length);
		case 4:
			return before + piece + text.slice(at);
		case 5:
			return before + piece + text.slice(at + length);
		case 6: {
			const stranger = fixtures[other % fixtures.length]?.text ?? '';
			return before + stranger.slice(other % (stranger.length + 1)).slice(0, 4_000);
		}
		default:
			return before + '[{"a":'.repeat(length) + text.slice(at);
	}
}

/** The JSON with one member replaced, renamed, doubled or taken out; the text itself where it is no JSON. */
function swapped(text: string, where: number, way: number, value: unknown): string {
	let whole: unknown;
	try {
		whole = JSON.parse(text);
	} catch {
		return text;
	}
	const places: [object, string][] = [];
	const walk = (node: unknown): void => {
		if (typeof node !== 'object' || node === null) return;
		for (const [key, member] of Object.entries(node)) {
			places.push([node, key]);
			walk(member);
		}
	};
	walk(whole);
	const [parent, key] = places[where % Math.max(1, places.length)] ?? [{}, ''];
	const held: unknown = Reflect.get(parent, key);
	const stranger = places[(where >>> 8) % Math.max(1, places.length)];
	const replacements: readonly unknown[] = [
		value,
		[held],
		{ value: held },
		JSON.stringify(held),
		stranger === undefined ? null : Reflect.get(...stranger),
		[held, held, value],
		null,
	];
	// A member put into itself would never end.
	const next: unknown = structuredClone(replacements[way % replacements.length]);
	Reflect.set(parent, key, next);
	return JSON.stringify(whole) ?? text;
}

const documents = fixtures.flatMap(({ kind, text }) => {
	const lines = text.split('\n').filter((each) => each.trim() !== '');
	const isOne = isJson(text);
	const all = isOne ? [text] : lines.filter(isJson);
	return all.map((each) => ({ kind, text: each }));
});

function isJson(text: string): boolean {
	try {
		return typeof JSON.parse(text) === 'object';
	} catch {
		return false;
	}
}

const swap = fc
	.tuple(fc.constantFrom(...documents), fc.array(fc.tuple(nat, fc.nat(6), json), { minLength: 1, maxLength: 4 }))
	.map(([{ kind, text }, swaps]) => ({
		kind,
		body: swaps.reduce((whole, [where, way, value]) => swapped(whole, where, way, value), text),
	}));

const mutated = fc
	.tuple(
		fc.constantFrom(...fixtures),
		fc.array(tear, { minLength: 1, maxLength: 5 }),
		fc.nat(9),
		fc.constantFrom(...kinds),
	)
	.map(([{ kind, text }, tears, stray, other]) => ({ kind: stray < 7 ? kind : other, body: tears.reduce(torn, text) }));

/** The bytes of a text in an encoding that nobody announced, or with bytes flipped. */
function encoded(text: string, way: number, at: number): Uint8Array {
	if (way === 0) return Buffer.from(text, 'latin1');
	if (way === 1) return Buffer.from(text, 'utf16le');
	const bytes = Buffer.from(text, 'utf8');
	if (way === 2 && bytes.length > 0) bytes[at % bytes.length] = (at >>> 8) & 0xff;
	return way === 3 ? bytes.subarray(0, at % (bytes.length + 1)) : bytes;
}

const text = (likely: readonly string[], body: Arbitrary<string>): Arbitrary<Body> =>
	fc.record({ kind: kindOf(...likely), body });
const lines = fc.array(line, { minLength: 1, maxLength: 4 }).map((list) => list.join('\n'));

export const anyBody: Arbitrary<Body> = fc.oneof(
	{ weight: 8, arbitrary: mutated },
	{ weight: 5, arbitrary: swap },
	{
		weight: 3,
		arbitrary: fc.record({ kind: fc.constantFrom(...kinds), body: document.map((each) => JSON.stringify(each)) }),
	},
	{
		weight: 1,
		arbitrary: fc.record({ kind: fc.constantFrom(...kinds), body: json.map((each) => JSON.stringify(each) ?? '') }),
	},
	{
		weight: 2,
		arbitrary: text(['syslog', 'cef-generic', 'nozomi', 'claroty-ctd', 'claroty-xdome', 'tenable-ot'], cef),
	},
	{ weight: 1, arbitrary: text(['syslog', 'leef-generic', 'defender-for-iot', 'paloalto'], leef) },
	{
		weight: 3,
		arbitrary: text(['syslog', 'server-storage', 'fortinet', 'dragos', 'radiflow', 'wazuh', 'seckiot'], lines),
	},
	{ weight: 1, arbitrary: text(['zeek-ics', 'zeek-notice'], zeek) },
	{ weight: 1, arbitrary: text(['salesforce', 'sap-onapsis'], csv) },
	{
		weight: 1,
		arbitrary: fc
			.tuple(mutated, fc.nat(4), nat)
			.map(([{ kind, body }, way, at]) => ({ kind, body: encoded(body, way, at) })),
	},
);

/** Documents of one kind that stand alone, some of them swapped: for the law of counts. */
export const documentsOfOneKind: Arbitrary<{ kind: string; documents: string[] }> = fc
	.constantFrom(...kinds.filter((kind) => documents.some((each) => each.kind === kind)))
	.chain((kind) => {
		const own = documents.filter((each) => each.kind === kind);
		const one = fc.tuple(fc.constantFrom(...own), nat, fc.nat(6), json).map(([each, where, way, value]) => {
			// One line each: that is how documents follow one another.
			const flat = JSON.stringify(JSON.parse(each.text));
			return where % 2 === 0 ? flat : swapped(flat, where, way, value);
		});
		return fc.record({ kind: fc.constant(kind), documents: fc.array(one, { minLength: 2, maxLength: 4 }) });
	});
