// Writes src/triage/data/attack.json from the ATT&CK extracts in ../shared/reference: ids, names and tactics only.
// usage: node scripts/build-attack.ts [FOLDER]
import { readFileSync, writeFileSync } from 'node:fs';

type Extract = {
	attack_version: string;
	attribution: string;
	licence: string;
	tactics: Record<string, { id: string; name: string }>;
	techniques: { id: string; name: string; tactics: string[] }[];
};

const folder = process.argv[2] ?? new URL('../../shared/reference', import.meta.url).pathname;
const read = (name: string): Extract => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Extract;
const matrix = (extract: Extract) => ({
	tactics: Object.fromEntries(Object.entries(extract.tactics).map(([key, { name }]) => [key, name])),
	techniques: Object.fromEntries(extract.techniques.map(({ id, name, tactics }) => [id, [name, ...tactics]])),
});

const enterprise = read('attack-enterprise.json');
const ics = read('attack-ics.json');
const lines = [
	'{',
	`"attack_version": ${JSON.stringify(enterprise.attack_version)},`,
	`"attribution": ${JSON.stringify(enterprise.attribution)},`,
	`"licence": ${JSON.stringify(
		"The MITRE Corporation (MITRE) hereby grants you a non-exclusive, royalty-free license to use ATT&CK® for research, development, and commercial purposes. Any copy you make for such purposes is authorized provided that you reproduce MITRE's copyright designation and this license in any such copy.",
	)},`,
	`"enterprise": ${JSON.stringify(matrix(enterprise))},`,
	`"ics": ${JSON.stringify(matrix(ics))}`,
	'}',
	'',
];
writeFileSync(new URL('../src/triage/data/attack.json', import.meta.url), lines.join('\n'));
console.log(
	`${enterprise.techniques.length} Enterprise and ${ics.techniques.length} ICS techniques of ATT&CK ${enterprise.attack_version}`,
);
