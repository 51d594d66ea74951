// A mapping file: how a site tells, without code, what alerts the records of a source are. Its expressions are text here: they are
// checked where the file is read (config/mapping-file.ts) and run where records come in (intake/mapping.ts).
import { z } from 'zod';
import { AlertKind, Domain, EntityRole, EntityType } from './alert.ts';
import { Severity } from './severity.ts';

const Expression = z.string('an expression').min(1).max(4_000);

/** A field may be an expression alone, or one with a table beside it: the short form is the long one's `value`. */
function withValue<S extends z.ZodType>(schema: S) {
	return z.preprocess((input) => (typeof input === 'string' ? { value: input } : input), schema);
}

/** What a body or a line is before the expressions see it. */
const MappingFormat = z.enum(['json', 'cef', 'leef', 'key_value', 'line']);

export const Mapping = z
	.strictObject({
		title: z.string().min(1).max(100).optional(),
		vendor: z.string().min(1).max(100).optional(),
		format: MappingFormat,
		/** With format `line`: an RE2 pattern whose named groups are the record. */
		line: z.string().min(1).max(500).optional(),
		/** The list of records in a JSON body; without it the body is one record, or a list of them. */
		each: Expression.optional(),
		/** Whether everything that the record names becomes an entity, besides `entities`. */
		sweep: z.boolean().default(true),
		alert: z.strictObject({
			external_id: Expression.optional(),
			title: Expression,
			description: Expression.optional(),
			/** Without a scale: words (`warning`, `major`) and numbers of 0 to 10. */
			severity: withValue(
				z.strictObject({ value: Expression, scale: z.record(z.string().max(100), Severity).optional() }),
			).optional(),
			closed_when: Expression.optional(),
			kind: AlertKind.default('security'),
			/** An expression whose answer is looked up; `kind` holds where it is in no table. */
			kind_by: z.strictObject({ value: Expression, scale: z.record(z.string().max(100), AlertKind) }).optional(),
			domain: Domain.optional(),
			/** `format` in letters of Java's SimpleDateFormat; without it ISO 8601, RFC 3164, or a number since 1970. */
			occurred_at: withValue(
				z.strictObject({ value: Expression, format: z.string().min(1).max(64).optional() }),
			).optional(),
			identity: z.array(Expression).min(1).max(20),
			entities: z
				.array(z.strictObject({ type: EntityType, role: EntityRole.default('related'), value: Expression }))
				.max(50)
				.default([]),
			techniques: z.array(Expression).max(20).default([]),
			labels: z.record(z.string().min(1).max(100), Expression).default({}),
		}),
	})
	.refine((mapping) => (mapping.format === 'line') === (mapping.line !== undefined), {
		path: ['line'],
		message: 'stands with `format: line`, and only there',
	})
	.refine((mapping) => mapping.each === undefined || mapping.format === 'json', {
		path: ['each'],
		message: 'splits a JSON body: other formats are one record a line',
	});
export type Mapping = z.infer<typeof Mapping>;

/** A mapping with the name of its kind: the file's name without `.yaml`. */
export type NamedMapping = { readonly kind: string; readonly mapping: Mapping; readonly file: string };

/** Names that a kind may have. */
export const MAPPING_KIND = /^[a-z0-9][a-z0-9-]{0,59}$/;

/** What expressions of a mapping may name: the record (fields of the alert), or the whole body (`each`). */
export const RECORD_VARIABLES = { record: 'map' } as const;
export const BODY_VARIABLES = { body: 'dyn' } as const;

export type MappingExpression = { readonly path: readonly (string | number)[]; readonly text: string };

/** Every expression over `record`, with where it stands; `each` and `line` are not among them. */
export function expressionsOf({ alert }: Mapping): MappingExpression[] {
	const list: MappingExpression[] = [];
	const add = (text: string | undefined, ...path: (string | number)[]): void => {
		if (text !== undefined) list.push({ path: ['alert', ...path], text });
	};
	add(alert.external_id, 'external_id');
	add(alert.title, 'title');
	add(alert.description, 'description');
	add(alert.severity?.value, 'severity', 'value');
	add(alert.closed_when, 'closed_when');
	add(alert.kind_by?.value, 'kind_by', 'value');
	add(alert.occurred_at?.value, 'occurred_at', 'value');
	for (const [index, text] of alert.identity.entries()) add(text, 'identity', index);
	for (const [index, entity] of alert.entities.entries()) add(entity.value, 'entities', index, 'value');
	for (const [index, text] of alert.techniques.entries()) add(text, 'techniques', index);
	for (const [name, text] of Object.entries(alert.labels)) add(text, 'labels', name);
	return list;
}
