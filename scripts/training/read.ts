// What the classifier is trained on: labelled sets and ATT&CK descriptions of ../shared/eval, and our own phrases beside this file.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export type Doc = {
	id: string;
	source: string;
	title: string;
	text: string;
	domain: 'it' | 'ot';
	matrix: string;
	tactics: string[];
	techniques: string[];
	severity?: string;
	severity_basis?: string;
};
export type Description = {
	id: string;
	matrix: string;
	kind: string;
	name: string;
	tactics?: string[];
	description: string;
};
/** One text with what it is an example of. */
export type Lesson = {
	title: string;
	text: string;
	techniques: string[];
	tactics: string[];
	weight: number;
	/** False: its words alone bring no feature into the model (their licence asks that they stay out of what is shipped). */
	givesWords: boolean;
};

/** What is trained on; each may be shipped as numbers (SOURCES.md beside the data). Of Elastic's titles no word is: see `givesWords`. */
export const SOURCES: Record<string, string> = {
	sigma: 'SigmaHQ/sigma, Detection Rule License 1.1',
	elastic:
		'elastic/detection-rules, Elastic License 2.0: labels and titles as examples only, no feature of theirs alone',
	splunk: 'Splunk Security Content, Copyright Splunk Inc., Apache License 2.0',
	'attack-enterprise-uses': 'MITRE ATT&CK, terms of use',
	'attack-enterprise-analytics': 'MITRE ATT&CK, terms of use',
	'attack-ics-uses': 'MITRE ATT&CK, terms of use',
	'attack-ics-detects': 'MITRE ATT&CK, terms of use',
	'azure-sentinel-ot': 'Copyright (c) Microsoft Corporation, MIT License',
	'cisa-csaf-ot': 'CISA ICS advisories, provided as is, no endorsement',
};

const readLines = <T>(path: string): T[] =>
	readFileSync(path, 'utf8')
		.split('\n')
		.filter((line) => line.trim() !== '')
		.map((line) => JSON.parse(line) as T);

export function readDocs(folder: string): Doc[] {
	return Object.keys(SOURCES).flatMap((source) => readLines<Doc>(`${folder}/classification-dev-${source}.jsonl`));
}

export function readDescriptions(folder: string): Description[] {
	return readLines<Description>(`${folder}/attack-descriptions.jsonl`);
}

const ours = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** `technique -> phrases` files, and the lines of detections.txt and trade.txt. */
export function readPhrases(matrix: 'enterprise' | 'ics', tacticsOf: (technique: string) => string[]): Lesson[] {
	const files =
		matrix === 'ics'
			? ['ics-phrases.yaml', 'ics-phrases-2.yaml']
			: ['enterprise-phrases-1.yaml', 'enterprise-phrases-2.yaml'];
	const lessons = files.flatMap((file) =>
		Object.entries(parse(ours(file)) as Record<string, string[]>).flatMap(([technique, phrases]) =>
			phrases.map((text) => lesson(text, [technique], tacticsOf(technique))),
		),
	);
	return matrix === 'ics' ? lessons : [...lessons, ...readDetections('detections.txt'), ...readDetections('trade.txt')];
}

function readDetections(file: string): Lesson[] {
	return ours(file)
		.split('\n')
		.filter((line) => line.trim() !== '' && !line.startsWith('#'))
		.flatMap((line) => {
			const [, techniques = '', tactics = '', phrases = ''] = /^(\S+) @ (\S+): (.*)$/.exec(line) ?? [];
			if (phrases === '') throw new Error(`${file}: not understood: ${line}`);
			return phrases.split(' / ').map((text) => lesson(text, techniques.split(','), tactics.split(',')));
		});
}

function lesson(text: string, techniques: string[], tactics: string[]): Lesson {
	return { title: '', text, techniques, tactics, weight: 1, givesWords: true };
}

/** Enterprise technique -> ICS techniques of the same behaviour. */
export function readCrosswalk(): (techniques: readonly string[]) => string[] {
	const inverse = new Map<string, Set<string>>();
	for (const [ics, enterprise] of Object.entries(parse(ours('crosswalk.yaml')) as Record<string, string[]>))
		for (const id of enterprise) inverse.set(id, (inverse.get(id) ?? new Set()).add(ics));
	return (techniques) =>
		[
			...new Set(
				techniques.flatMap((id) => [...(inverse.get(id) ?? []), ...(inverse.get(id.replace(/\.\d+$/, '')) ?? [])]),
			),
		].toSorted();
}
