// Does reading take no more than linear time? Every kind in every form, with shapes that catch a slow pattern, at growing sizes.
// The tests that ask are linear-time.test.ts beside this file (a few shapes, others each time) and test/long (all of them).
import { fixtures } from './bodies.ts';
import { read } from './laws.ts';

/** The smallest size in characters; the largest is eight times it. */
const UNIT = Number(process.env['LINEAR_UNIT'] ?? 8_000);
/** What eight times the text may take is that of one time the text, times this: linear is 8, n log n about 10, quadratic 64. */
const GROWTH_MAX = 20;
/** The same from two times the text to eight: linear is 4, quadratic 16. A first time that a compiler made very short does not count alone. */
const LATER_GROWTH_MAX = 9;
/** Below this a whole body is read so quickly that nothing can be told from it: a quadratic reader of 64,000 characters is far above. */
const QUICK_MS = 25;
/** Rounding and the collector of garbage, once. */
const FLOOR_MS = 1;
const RUNS = 4;

/** Units that repeat: delimiters, openings that never close, what begins as an address, a number, a name, an escape and is none. */
export const UNITS = [
	'a',
	' ',
	'\\',
	'"',
	'=',
	'|',
	'[',
	'{"a":',
	'1.1.1.',
	'1:',
	'172.20.1.1 to ',
	'from 172.20.1.1 ',
	'a@',
	'a.',
	'a-',
	'<',
	'x=',
	' k=',
	'k="',
	'k=v,',
	'a,',
	'a;',
	'\t',
	'\n',
	'\n\t',
	'T1059',
	'https://',
	'CORP\\',
	'%{',
	'(',
	'#012',
	'CEF:0|',
	'\u001b[',
	'00:',
	'9',
	'-',
	'/',
	': ',
	'&',
	'İ',
	'on device a ',
] as const;

type Shape = readonly [name: string, make: (unit: string) => string];

const cefOf = (vendor: string, id: string, name: string, rest: string): string =>
	`CEF:0|${vendor}|${id}|${name}|5|${rest}`;
const VENDORS: Readonly<Record<string, string>> = {
	nozomi: 'Nozomi Networks|N2OS|24',
	'claroty-ctd': 'Claroty|CTD|4.9',
	'claroty-xdome': 'Medigate|Medigate|1',
	'defender-for-iot': 'CyberX|CyberX platform|24',
	dragos: 'Dragos|Platform|2.3',
	forescout: 'Forescout|SilentDefense|5',
	'tenable-ot': 'Tenable.ot|Tenable.ot|3.19',
	crowdstrike: 'CrowdStrike|FalconHost|1.0',
	fortinet: 'Fortinet|Fortigate|v7.4',
	paloalto: 'Palo Alto Networks|PAN-OS|11',
	'sap-onapsis': 'Onapsis|OSP|1',
};

/** Forms in which any text can reach any kind. */
function shapesOf(kind: string): readonly Shape[] {
	const vendor = VENDORS[kind] ?? 'A|B|1';
	return [
		['plain text', (text) => text],
		['syslog', (text) => `<13>May  4 08:00:00 h prog[1]: ${text}`],
		['syslog 5424', (text) => `<165>1 2026-01-01T00:00:00Z h p 1 M [a@1 b="${text}"] ${text}`],
		['CEF', (text) => cefOf(vendor, '1', 'n', `msg=${text}`)],
		['CEF keys', (text) => cefOf(vendor, '1', 'n', text)],
		['CEF header', (text) => cefOf(vendor, text.replaceAll('|', '\\|'), text.replaceAll('|', '\\|'), 'src=10.0.0.1')],
		['LEEF', (text) => `LEEF:2.0|${vendor}|1|^|msg=${text}^a=${text}`],
		[
			'Zeek',
			(text) => `#separator \\x09\n#path\tnotice\n#fields\tts\tnote\tmsg\tsub\n1767225600.1\tA::B\t${text}\t${text}`,
		],
	];
}

/** Places in a vendor's own sample that the text is put into: a string in the middle of each, and a key. */
function samplesOf(kind: string): readonly Shape[] {
	return fixtures
		.filter((fixture) => fixture.kind === kind)
		.flatMap(({ text }): Shape[] => {
			if (!/^\s*[[{]/.test(text)) {
				const line = text.split('\n').find((each) => each.length > 40) ?? text;
				const cuts = [0.35, 0.6, 0.85].map((part) => line.indexOf(' ', Math.floor(line.length * part)));
				return cuts
					.filter((at) => at > 0)
					.map((at) => [`its own line at ${at}`, (unit) => `${line.slice(0, at)} ${unit}${line.slice(at)}`]);
			}
			// Every text of the sample becomes the hostile one in turn; a few of them share the size.
			const document = text.split('\n').filter((each) => isJson(each))[0] ?? text;
			if (!isJson(document)) return [];
			const strings = [...document.matchAll(/:\s{0,3}"((?:[^"\\]|\\.){0,300})"/g)];
			const size = Math.max(1, Math.ceil(strings.length / 4));
			return Array.from({ length: Math.ceil(strings.length / size) }, (_, group): Shape => {
				const places = strings.slice(group * size, (group + 1) * size);
				return [
					`texts ${group * size} to ${group * size + places.length - 1}`,
					(unit) => {
						const piece = JSON.stringify(unit.slice(0, Math.ceil(unit.length / places.length))).slice(1, -1);
						let body = '';
						let at = 0;
						for (const place of places) {
							const end = place.index + place[0].length - 1;
							body += document.slice(at, end) + piece;
							at = end;
						}
						return body + document.slice(at);
					},
				];
			});
		});
}

function isJson(text: string): boolean {
	try {
		return typeof JSON.parse(text) === 'object';
	} catch {
		return false;
	}
}

/** Bodies that grow by their number of records, members or levels. */
const many = (kind: string): readonly (readonly [string, (size: number) => string])[] => {
	const own = fixtures.find((fixture) => fixture.kind === kind && isJson(fixture.text));
	const record = own === undefined ? '{"a":1}' : JSON.stringify(JSON.parse(own.text));
	const cut = Math.min(record.length, 600);
	return [
		[
			'small records',
			(size) =>
				`[${Array(Math.ceil(size / 8))
					.fill('{"a":1}')
					.slice(0, 9_000)
					.join(',')}]`,
		],
		[
			'scalars',
			(size) =>
				`[${Array(Math.ceil(size / 3))
					.fill('1')
					.slice(0, 9_000)
					.join(',')}]`,
		],
		[
			'lines of JSON',
			(size) =>
				Array(Math.ceil(size / record.length))
					.fill(record)
					.join('\n'),
		],
		['broken lines', (size) => `{}\n${'{"a":\n'.repeat(Math.min(9_000, size / 6))}`],
		['short messages', (size) => '<13>x\n'.repeat(Math.min(9_000, size / 6))],
		['members', (size) => `{${Array.from({ length: Math.ceil(size / 12) }, (_, i) => `"k${i}":"v=${i}"`).join(',')}}`],
		[
			'members of a list',
			(size) =>
				record.replace(
					/^\{/,
					`{"x":[${Array(Math.ceil(size / 14))
						.fill('"10.0.0.1 a"')
						.join(',')}],`,
				),
		],
		['levels', (size) => `${'{"a":['.repeat(size / 8)}1${']}'.repeat(size / 8)}`],
		['a cut sample, again and again', (size) => record.slice(0, cut).repeat(Math.ceil(size / cut))],
	];
};

/** Milliseconds of the processor for one reading, the least of several: what other work takes of the machine does not count. */
function timeOf(kind: string, body: string, runs: number): number {
	let least = Number.POSITIVE_INFINITY;
	for (let run = 0; run < runs; run++) {
		const begin = process.threadCpuUsage();
		read(kind, body);
		const { user, system } = process.threadCpuUsage(begin);
		least = Math.min(least, (user + system) / 1_000);
	}
	return least;
}

/**
 * What is wrong with how the time grows; null where it is linear, or too short to tell. A fault holds where two measurements show it, the
 * second of more runs: other work of the machine comes and goes, a slow pattern stays.
 */
function faultOf(kind: string, what: string, make: (size: number) => string): string | null {
	if (timeOf(kind, make(UNIT * 8), 1) < QUICK_MS) return null;
	let told = '';
	for (const runs of [RUNS, RUNS * 4]) {
		const times = [1, 2, 4, 8].map((factor) => timeOf(kind, make(UNIT * factor), runs));
		const [one = 0, two = 0, , eight = 0] = times;
		if (eight < QUICK_MS || eight <= GROWTH_MAX * Math.max(one, FLOOR_MS)) return null;
		if (eight <= LATER_GROWTH_MAX * Math.max(two, FLOOR_MS)) return null;
		told = times.map((time) => time.toFixed(1)).join(', ');
	}
	return `${kind}, ${what}: ${told} ms`;
}

/**
 * What grows faster than the body, of one kind.
 *
 * @param unitsOf  what is repeated in a place, by its number; none to leave the place out
 */
export function faultsOf(kind: string, unitsOf: (place: number) => readonly string[]): string[] {
	const faults: (string | null)[] = [];
	const places = [...shapesOf(kind), ...samplesOf(kind)];
	for (const [place, [name, make]] of places.entries()) {
		for (const unit of unitsOf(place)) {
			const grown = (size: number): string => make(unit.repeat(Math.ceil(size / unit.length)));
			faults.push(faultOf(kind, `${name} with ${JSON.stringify(unit)}`, grown));
		}
	}
	for (const [index, [name, make]] of many(kind).entries()) {
		if (unitsOf(places.length + index).length > 0) faults.push(faultOf(kind, name, make));
	}
	return faults.filter((fault) => fault !== null);
}
