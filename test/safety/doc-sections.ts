// The generated parts of docs/safety.md: the table and the facts, printed from the code that decides.
import { FACT_NAMES, FACTS } from '../../src/domain/fact.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { matrixMarkdown, policyMatrix } from '../../src/safety/matrix.ts';

function duration(ms: number | null): string {
	if (ms === null) return 'as long as its subject';
	if (ms >= DAY) return `${ms / DAY} days`;
	return ms >= HOUR ? `${ms / HOUR} hours` : `${ms / MINUTE} minutes`;
}

function factsMarkdown(): string {
	const lines = FACT_NAMES.map((name) => {
		const { order, subject, maxAgeMs, suppliers, question, promised } = FACTS[name];
		const by = promised
			? `our own code; ${suppliers.join(', ')} can say otherwise`
			: suppliers.join(', ') || 'the program itself';
		return `| \`${name}\` | ${subject} | ${order.join(', ')} | ${duration(maxAgeMs)} | ${by} | ${question} |`;
	});
	return [
		'| fact | about | values, best to worst | holds | stated by | question |',
		'|---|---|---|---|---|---|',
		...lines,
		'',
	].join('\n');
}

export const SECTIONS: Readonly<Record<string, string>> = {
	table: matrixMarkdown(policyMatrix()),
	facts: factsMarkdown(),
};

const START = (name: string): string => `<!-- generated: ${name} -->\n`;
const END = '<!-- end -->';

/** The document with every generated section as it should be. */
export function withSections(text: string): string {
	let result = text;
	for (const [name, section] of Object.entries(SECTIONS)) {
		const start = result.indexOf(START(name));
		const end = result.indexOf(END, start);
		if (start === -1 || end === -1) throw new Error(`docs/safety.md: the markers of section ${name} are missing`);
		result = `${result.slice(0, start)}${START(name)}\n${section}\n${result.slice(end)}`;
	}
	return result;
}
