// A mapping file as a kind of source: its records come apart by the file's format, its expressions give the fields of the alert, and
// the sweep adds what they did not name. Pure. Reading and checking the file is config/mapping-file.ts.
import type { Alert, AlertKind, IntakeContext } from '../domain/alert.ts';
import { BODY_VARIABLES, type Mapping, type NamedMapping, RECORD_VARIABLES } from '../domain/mapping.ts';
import type { Severity } from '../domain/severity.ts';
import { compileExpression, type Expression, evaluateValue } from '../expression/condition.ts';
import { compileLinePattern, type LinePattern } from '../expression/line-pattern.ts';
import type { CefRecord } from './formats/cef.ts';
import { Draft, type Scalar } from './formats/draft.ts';
import { gather } from './formats/gather.ts';
import type { JsonObject, JsonValue } from './formats/json-text.ts';
import { isJsonObject } from './formats/json-text.ts';
import { readKeyValues } from './formats/key-values.ts';
import type { LeefRecord } from './formats/leef.ts';
import { readTimeBy } from './formats/pattern-time.ts';
import type { SyslogMessage } from './formats/syslog.ts';
import { severityOfWord } from './formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './sources/source-kind.ts';
import { records, unparsed } from './sources/source-kind.ts';

/** Values that one expression may give for entities, techniques or a label. */
const VALUES_MAX = 200;

/**
 * The kind of source that a mapping file describes.
 *
 * @param named  a mapping that config/mapping-file.ts has checked
 * @throws Error where an expression does not compile: then it was not checked
 */
export function mappedKind({ kind, mapping }: NamedMapping): SourceKind {
	const run = new Runner(mapping);
	const isJson = mapping.format === 'json';
	const isText = mapping.format === 'key_value' || mapping.format === 'line';
	const other = (found: string): Reading =>
		unparsed('body', found, `what \`format: ${mapping.format}\` of the mapping reads`);
	return {
		name: kind,
		aliases: [],
		title: mapping.title ?? kind,
		vendor: mapping.vendor ?? 'the site',
		domain: mapping.alert.domain ?? null,
		forms: [`format \`${mapping.format}\` by the mapping file`],
		severities: Object.entries(mapping.alert.severity?.scale ?? {}),
		identity: mapping.alert.identity.join(', '),
		setup: [],
		notHandled: [],
		splitJson: (document) => run.split(document),
		readJson: (record, _envelope, context) => (isJson ? run.read(record, null, context) : other('JSON')),
		readCef: (record, header, context) =>
			mapping.format === 'cef' ? run.read(objectOfCef(record), header, context) : other('a CEF line'),
		ownsCef: null,
		readLeef: (record, header, context) =>
			mapping.format === 'leef' ? run.read(objectOfLeef(record), header, context) : other('a LEEF line'),
		...(isText ? { lineStart: /^/, isWholeLine: mapping.format === 'line' } : {}),
		readText: (text, header, context) => (isText ? run.readText(text, header, context) : null),
	};
}

/** Header fields beside the extension's keys and labels, as one object. */
function objectOfCef(record: CefRecord): JsonObject {
	const { vendor, product, productVersion, signatureId, name, severity } = record;
	const header = { vendor, product, product_version: productVersion, signature_id: signatureId, name, severity };
	return { ...Object.fromEntries(record.labelled), ...Object.fromEntries(record.fields), ...header };
}

function objectOfLeef(record: LeefRecord): JsonObject {
	const { vendor, product, productVersion, eventId } = record;
	const header = { vendor, product, product_version: productVersion, event_id: eventId };
	return { ...Object.fromEntries(record.labelled), ...Object.fromEntries(record.fields), ...header };
}

/** The expressions of one file, compiled. */
class Runner {
	readonly #mapping: Mapping;
	readonly #compiled = new Map<string, Expression>();
	readonly #each: Expression | null;
	readonly #line: LinePattern | null;

	constructor(mapping: Mapping) {
		this.#mapping = mapping;
		this.#each = mapping.each === undefined ? null : compiled(mapping.each, BODY_VARIABLES);
		this.#line = mapping.line === undefined ? null : compiledLine(mapping.line);
	}

	split(document: JsonValue): JsonSplit {
		if (this.#each === null) return records(Array.isArray(document) ? document : [document]);
		const list = evaluateValue(this.#each, { body: document });
		// What `each` cannot take apart is one record, which is then not understood and kept.
		if (!Array.isArray(list)) return records([[`each: ${faultOf(list) ?? `gave ${typeof list}, not a list`}`]]);
		const envelope = isJsonObject(document) ? document : null;
		// Where the list stands in the document itself its own records are taken: their raw text is then known.
		const own = this.#each.run({ body: document });
		const known = objectsOf(document);
		const isOwn = Array.isArray(own) && own.every((record) => known.has(record));
		// Either way JSON: members of the document, or the plain values that evaluateValue gives.
		return records((isOwn ? own : list) as JsonValue[], envelope);
	}

	readText(text: string, header: SyslogMessage | null, context: IntakeContext): Reading | null {
		const fields = this.#line === null ? Object.fromEntries(readKeyValues(text)) : this.#line(text);
		return fields === null || Object.keys(fields).length === 0 ? null : this.read({ ...fields }, header, context);
	}

	read(record: JsonObject, header: SyslogMessage | null, context: IntakeContext): Reading {
		const { alert, sweep } = this.#mapping;
		const draft = new Draft(context);
		const ask = (field: string, text: string | undefined): unknown => this.#ask(draft, field, text, record);
		const one = (field: string, text: string | undefined): string | null => scalarOf(ask(field, text));
		for (const [index, entity] of alert.entities.entries()) {
			for (const value of manyOf(ask(`entities[${index}]`, entity.value)))
				addEntity(draft, entity.type, value, entity.role, `entities[${index}]`);
		}
		draft.endpoint(header?.host, 'observer');
		if (sweep) gather(draft, record);
		for (const text of alert.techniques) for (const value of manyOf(ask('techniques', text))) draft.technique(value);
		for (const [name, text] of Object.entries(alert.labels)) draft.label(name, manyOf(ask(`labels.${name}`, text)));
		const raw = one('severity', alert.severity?.value);
		const finished = draft.finish({
			externalId: one('external_id', alert.external_id),
			identity: alert.identity.map((text, index) => one(`identity[${index}]`, text)),
			status: ask('closed_when', alert.closed_when) === true ? 'closed' : 'open',
			title: one('title', alert.title) ?? `Alert of ${context.source}`,
			description: one('description', alert.description),
			severity: severityOf(raw, alert.severity?.scale),
			severityRaw: raw,
			kind: kindOf(one('kind_by', alert.kind_by?.value), alert),
			domain: alert.domain ?? null,
			occurredAt: this.#timeOf(draft, one('occurred_at', alert.occurred_at?.value)) ?? header?.occurredAt ?? null,
		});
		return { kind: 'alert', alert: finished satisfies Alert, problems: draft.problems };
	}

	#timeOf(draft: Draft, text: string | null): number | null {
		const format = this.#mapping.alert.occurred_at?.format;
		if (text === null || format === undefined) return draft.time('occurred_at', text);
		const at = readTimeBy(format, text, draft.context);
		if (at === null) draft.problem('occurred_at', text, `a time of the form ${format}`);
		return at;
	}

	/** The value of an expression; what goes wrong is a problem of the field, and the rest of the alert is kept. */
	#ask(draft: Draft, field: string, text: string | undefined, record: JsonObject): unknown {
		if (text === undefined) return null;
		let expression = this.#compiled.get(text);
		if (expression === undefined) {
			expression = compiled(text, RECORD_VARIABLES);
			this.#compiled.set(text, expression);
		}
		const value = evaluateValue(expression, { record });
		const fault = faultOf(value);
		if (fault === null) return value;
		draft.problem(
			field,
			fault,
			`a value of \`${text.slice(0, 200)}\` (\`record.text("key")\` is "" where there is no such key)`,
		);
		return null;
	}
}

/** Every object of a document, whatever it stands in. */
function objectsOf(document: JsonValue): ReadonlySet<unknown> {
	const known = new Set<unknown>();
	const waiting: JsonValue[] = [document];
	for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
		if (isJsonObject(next)) known.add(next);
		if (typeof next === 'object' && next !== null) for (const member of Object.values(next)) waiting.push(member);
	}
	return known;
}

function compiled(text: string, variables: Readonly<Record<string, string>>): Expression {
	const result = compileExpression(text, variables);
	if (!result.ok) throw new Error(`a mapping that was not checked: ${result.error.message}`);
	return result.value;
}

function compiledLine(text: string): LinePattern {
	const result = compileLinePattern(text);
	if (!result.ok) throw new Error(`a mapping that was not checked: ${result.error}`);
	return result.value;
}

/** The reason of an evaluation that gave no value. */
function faultOf(value: unknown): string | null {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
	return Object.keys(value).length === 1 && 'fault' in value && typeof value.fault === 'string' ? value.fault : null;
}

function scalarOf(value: unknown): string | null {
	if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
	return value === null || value === undefined ? null : JSON.stringify(value);
}

function manyOf(value: unknown): string[] {
	const list = Array.isArray(value) ? value.slice(0, VALUES_MAX) : [value];
	return list.map(scalarOf).filter((text) => text !== null);
}

function addEntity(
	draft: Draft,
	type: Mapping['alert']['entities'][number]['type'],
	value: Scalar,
	role: Mapping['alert']['entities'][number]['role'],
	field: string,
): void {
	if (type === 'host') draft.endpoint(value, role, field);
	else if (type === 'user' || type === 'account') draft.user(value, null, role);
	else if (type === 'url') draft.url(value, role);
	else if (type === 'file') draft.file(value, role);
	else draft.entity(type, value, role, field);
}

/** By the file's scale where it has one: exactly, then without regard to case. Without one: words, and numbers of 0 to 10. */
function severityOf(raw: string | null, scale: Readonly<Record<string, Severity>> | undefined): Severity | null {
	if (raw === null || scale === undefined) return severityOfWord(raw);
	return lookedUp(raw, scale);
}

function kindOf(raw: string | null, { kind, kind_by }: Mapping['alert']): AlertKind {
	return (raw === null || kind_by === undefined ? null : lookedUp(raw, kind_by.scale)) ?? kind;
}

function lookedUp<T>(raw: string, scale: Readonly<Record<string, T>>): T | null {
	const word = raw.trim();
	if (Object.hasOwn(scale, word)) return scale[word] ?? null;
	const found = Object.entries(scale).find(([name]) => name.toLowerCase() === word.toLowerCase());
	return found?.[1] ?? null;
}
