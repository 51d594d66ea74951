import { describe, expect, it } from 'vitest';
import { classifyText } from '../../../src/triage/classifier/classify.ts';
import { loadWeights } from '../../../src/triage/classifier/load.ts';
import { classifyRemembered } from '../../../src/triage/classifier/remembered.ts';

const weights = loadWeights();
const TEXTS = [
	{ title: 'PLC program download', text: 'logic written to a controller', domain: 'ot' },
	{ title: 'PLC program download', text: 'logic written to a controller', domain: 'it' },
	{ title: 'PLC program download', text: 'logic written to a controller', domain: null },
	{ title: 'PLC program', text: 'download\nlogic written to a controller', domain: 'ot' },
	{ title: 'PLC program\ndownload', text: 'logic written to a controller', domain: 'ot' },
	{ title: 'powershell encoded command', text: '', domain: null },
	{ title: '', text: 'powershell encoded command', domain: null },
	{ title: 'a long one', text: 'credential dump '.repeat(200), domain: 'it' },
] as const;

describe('answers that are remembered', () => {
	it('are those that the classifier gives, the first time and again', () => {
		for (let round = 0; round < 3; round++)
			for (const text of TEXTS) expect(classifyRemembered(weights, text)).toEqual(classifyText(weights, text));
	});

	it('are not worked out twice, until many others came', () => {
		const [first] = TEXTS;
		const answer = classifyRemembered(weights, first);
		expect(classifyRemembered(weights, { ...first })).toBe(answer);
		for (let i = 0; i < 4_000; i++) classifyRemembered(weights, { title: `host ${i}`, text: '', domain: 'it' });
		expect(classifyRemembered(weights, first)).not.toBe(answer);
		expect(classifyRemembered(weights, first)).toEqual(answer);
	});
});
