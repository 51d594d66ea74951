// `interlock playbook sheet`: a playbook on paper, for the night when no screen can be trusted: who leads, what must not be done, each step
// with its class, who agrees, boxes to tick and lines to sign. Text, Markdown, or HTML that prints on A4. Nothing is done.
import { parseArgs } from 'node:util';
import { shown } from '../config/finding.ts';
import type { Decision } from '../domain/decision.ts';
import type { Step } from '../domain/step.ts';
import { toIso } from '../domain/time.ts';
import { EXIT, type Io } from './io.ts';
import { parsed, SITUATION_OPTIONS, type Situation, Stop, situationFor } from './playbook-situation.ts';
import { durationText, isQuestionTo, waitText, waysText } from './playbook-words.ts';

export const SHEET_USAGE = `interlock playbook sheet ID [--asset ID ...] [--format text|md|html] [--actor ID] [--assets FILE] [--facts FILE]
                                [--value name=value ...] [--input name=value ...] [--at T]
       without --asset each step is judged for an asset of which nothing is known`;

const FORMATS = ['text', 'md', 'html'] as const;
type Format = (typeof FORMATS)[number];

export function sheet(args: string[], io: Io): number {
	const usage = `usage: ${SHEET_USAGE}\n`;
	const options = { ...SITUATION_OPTIONS, format: { type: 'string', default: 'text' } } as const;
	const { values, positionals } = parsed(() => parseArgs({ args, options, allowPositionals: true }), usage);
	const [id] = positionals;
	if (id === undefined || positionals.length > 1) throw new Stop(EXIT.usage, usage);
	const format = FORMATS.find((one) => one === values.format);
	if (format === undefined)
		throw new Stop(EXIT.usage, `playbook sheet: --format ${shown(values.format)}: one of ${FORMATS.join(', ')}\n`);
	// Nobody knows yet what it will be about: the sheet then shows the strictest that the table says.
	const asset = values.asset.length === 0 ? [NOBODY] : values.asset;
	const situation = situationFor(id, { ...values, asset }, 'sheet', io);
	io.out(write(partsOf(situation, values.asset.length > 0).map(withBlanks), format));
	return EXIT.ok;
}

/** Stands for the asset where none is named: on paper it is a blank. */
const NOBODY = 'the-asset';
const GAP = '________';

/** What is not known yet is written in by hand. */
function withBlanks(part: Part): Part {
	const text = part.text
		.replaceAll(NOBODY, GAP)
		.replaceAll('(not known)', GAP)
		.replaceAll(/\bINC-0\b/g, `INC-${GAP}`);
	return { ...part, text };
}

/** A sheet before it has a form. */
type Part =
	| { readonly kind: 'title' | 'heading' | 'text' | 'box' | 'line'; readonly text: string }
	| { readonly kind: 'step'; readonly text: string; readonly class: string };

const CLASS_WORDS: Readonly<Record<string, string>> = {
	AUTO: 'BOT',
	ONE: 'ONE AGREES',
	TWO: 'TWO AGREE (IT and OT)',
	HANDS: 'BY HAND',
	NEVER: 'NEVER',
};

function partsOf({ loaded, rehearsal, incident, now }: Situation, hasAsset: boolean): Part[] {
	const { id, version, title, lead, must_not, summary } = loaded.playbook;
	const text = (said: string): Part => ({ kind: 'text', text: said });
	const line = (said: string): Part => ({ kind: 'line', text: said });
	const roles = [...new Set([lead, ...rehearsal.steps.flatMap(({ step }) => rolesOf(step))])];
	return [
		{ kind: 'title', text: title },
		text(
			`Playbook ${id} ${version}, file ${loaded.version.slice(0, 16)}. Printed ${toIso(now).slice(0, 16)} UTC: check that it is the current one.`,
		),
		text(
			hasAsset
				? `About: ${incident.assets.join(', ')}.`
				: 'About: ______________________ (not named: each step as strict as for an unknown asset)',
		),
		text(summary.trim()),
		{ kind: 'heading', text: 'Who leads' },
		line(`${lead}: name`),
		line('Incident number'),
		line('Began at (date, time)'),
		{ kind: 'heading', text: 'Telephones' },
		...roles.map((role) => line(role.replaceAll('_', ' '))),
		line('control room'),
		{ kind: 'heading', text: 'Must NOT be done' },
		...must_not.map((said): Part => ({ kind: 'step', text: said, class: 'NO' })),
		{ kind: 'heading', text: 'Steps' },
		...rehearsal.steps.flatMap(({ step, ways }, index) => stepParts(step, ways, index + 1)),
		...(rehearsal.leftOut.length === 0
			? []
			: [
					{ kind: 'heading', text: 'Not on this sheet' } as const,
					...rehearsal.leftOut.map((left) => text(`${left.key}: ${left.why}`)),
				]),
		{ kind: 'heading', text: 'End' },
		{ kind: 'box', text: 'What was cut off has been given back, or somebody has it on a list with a date' },
		{ kind: 'box', text: 'Times and names on this sheet have been entered in the incident' },
		line('Closed by (name, signature, time)'),
	];
}

function rolesOf(step: Step): string[] {
	const role = step.params['role'];
	return [...(typeof role === 'string' ? [role] : []), ...(step.decision?.needs.flatMap((need) => need.roles) ?? [])];
}

function stepParts(step: Step, ways: readonly string[], number: number): Part[] {
	const { decision } = step;
	const isQuestion = decision?.class === 'AUTO' && isQuestionTo(step);
	const shownClass = isQuestion ? 'ASK' : (CLASS_WORDS[decision?.class ?? 'NEVER'] ?? 'NEVER');
	const where = `${step.action.replaceAll('_', ' ')}${step.target === null ? '' : ` on ${step.target}`}`;
	const parts: Part[] = [
		{ kind: 'step', text: `${number}. ${step.title}`, class: shownClass },
		{ kind: 'text', text: `${step.key}: ${where}${waitText(step.after)}${waysText(ways)}.` },
	];
	if (decision?.class === 'NEVER')
		return [...parts, { kind: 'text', text: `${decision.summary} ${decision.instead}`.trim() }];
	if (step.params['text'] !== undefined) parts.push({ kind: 'text', text: `Say: ${String(step.params['text'])}` });
	if (step.instructions !== null) parts.push({ kind: 'text', text: step.instructions });
	for (const hold of decision?.holds ?? []) parts.push({ kind: 'text', text: `Waits for: ${hold.reason}` });
	parts.push(...step.checklist.map((said): Part => ({ kind: 'box', text: said })));
	if (step.containment_ms !== null)
		parts.push({ kind: 'line', text: `Holds for ${durationText(step.containment_ms)}. Take back, or ask, at (time)` });
	if (step.params['answer'] !== undefined)
		parts.push({ kind: 'line', text: `Answer (${String(step.params['answer'])})` });
	return [...parts, ...signatures(decision, isQuestion)];
}

function signatures(decision: Decision | null, isQuestion: boolean): Part[] {
	const agreed = (decision?.needs ?? []).map(
		(need): Part => ({
			kind: 'line',
			text: `Agreed, ${need.roles.map((role) => role.replaceAll('_', ' ')).join(' or ')} (name, signature, time)`,
		}),
	);
	return [
		...agreed,
		{
			kind: 'line',
			text: decision?.class === 'AUTO' && !isQuestion ? 'Done at (time)' : 'Done by (name, signature, time)',
		},
	];
}

const WIDTH = 92;
const BLANK = '_'.repeat(36);

function write(parts: readonly Part[], format: Format): string {
	if (format === 'html') return page(parts);
	return parts.map((part) => (format === 'md' ? markdownOf(part) : textOf(part))).join('\n');
}

function textOf(part: Part): string {
	switch (part.kind) {
		case 'title':
			return `${part.text.toUpperCase()}\n${'='.repeat(Math.min(WIDTH, part.text.length))}`;
		case 'heading':
			return `\n${part.text.toUpperCase()}\n${'-'.repeat(part.text.length)}`;
		case 'step':
			return `\n[${part.class}] ${wrapped(part.text, '  ')}`;
		case 'box':
			return `  [ ] ${wrapped(part.text, '      ')}`;
		case 'line':
			return `  ${wrapped(part.text, '  ')}: ${BLANK}`;
		default:
			return `  ${wrapped(part.text, '  ')}`;
	}
}

/** Breaks a text at spaces, and keeps the author's own lines. */
function wrapped(text: string, indent: string): string {
	return text
		.trim()
		.split('\n')
		.map((line) => {
			let row = '';
			const rows: string[] = [];
			for (const word of line.split(' ')) {
				if (row !== '' && row.length + word.length + 1 > WIDTH - indent.length) {
					rows.push(row);
					row = '';
				}
				row = row === '' ? word : `${row} ${word}`;
			}
			return [...rows, row].join(`\n${indent}`);
		})
		.join(`\n${indent}`);
}

/** Text for Markdown: what could be read as a mark is written out. */
function plainMarkdown(text: string): string {
	return text
		.trim()
		.replaceAll(/[\\`*_[\]<>#|]/g, (mark) => `\\${mark}`)
		.replaceAll('\n', '  \n');
}

function markdownOf(part: Part): string {
	const text = plainMarkdown(part.text);
	switch (part.kind) {
		case 'title':
			return `# ${text}\n`;
		case 'heading':
			return `\n## ${text}\n`;
		case 'step':
			return `\n**\\[${part.class}\\] ${text}**\n`;
		case 'box':
			return `- [ ] ${text}`;
		case 'line':
			return `\n${text}: ${'\\_'.repeat(30)}\n`;
		default:
			return `${text}\n`;
	}
}

const STYLE =
	'@page{size:A4;margin:16mm}body{font:10.5pt/1.35 sans-serif;color:#000;max-width:178mm;margin:auto}h1{font-size:17pt;margin:0 0 2mm}' +
	'h2{font-size:12pt;border-bottom:1px solid #000;margin:6mm 0 2mm}p{margin:1mm 0;white-space:pre-wrap}.step{font-weight:bold;margin-top:4mm;' +
	'break-after:avoid}.class{border:1px solid #000;padding:0 1.5mm;margin-right:2mm}.box::before{content:"\\2610";margin-right:2mm}' +
	'.line{display:flex;align-items:flex-end;min-height:8mm;break-inside:avoid}.line::after{content:"";flex:1;border-bottom:1px solid #000;margin-left:2mm}';

function escaped(text: string): string {
	return text.trim().replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** One file without scripts and without anything to load: it opens on any computer, also without a network. */
function page(parts: readonly Part[]): string {
	const body = parts.map((part) => {
		const text = escaped(part.text);
		if (part.kind === 'title') return `<h1>${text}</h1>`;
		if (part.kind === 'heading') return `<h2>${text}</h2>`;
		if (part.kind === 'step') return `<p class="step"><span class="class">${escaped(part.class)}</span>${text}</p>`;
		return `<p class="${part.kind}">${text}</p>`;
	});
	const title = escaped(parts[0]?.text ?? 'Playbook');
	return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style></head>\n<body>\n${body.join('\n')}\n</body></html>`;
}
