// What shapes cannot say about the playbook as a whole: identifiers, versions, times, variables, markings, extensions, and names that
// CACAO does not know (sections 3, 8, 9 and 10). Pure. Steps: rules-step.ts. Their graph: graph.ts.
import { type CacaoFindings, quoted } from './finding.ts';
import { parseIdentifier, parseTimestamp } from './identifier.ts';
import { type CacaoPlaybook, KNOWN_PROPERTIES, type Variable } from './schema.ts';
import {
	MARKING_TYPES,
	PLAYBOOK_ACTIVITIES,
	PLAYBOOK_TYPES,
	SUMMARY_FLAGS,
	VARIABLE_NAME,
	VARIABLE_TYPES,
} from './vocabulary.ts';

type Path = readonly (string | number)[];

/** Names beside the known ones are kept and told: CACAO has extensions for them. */
export function tellUnknown(value: object, known: readonly string[], path: Path, findings: CacaoFindings): void {
	for (const name of Object.keys(value)) {
		if (!known.includes(name))
			findings.warning([...path, name], `${quoted(name)} is no property of CACAO 2.0 here; it is kept and not used`);
	}
}

/** A word of an open vocabulary that is not in it: allowed, and told, since it may be a slip. */
export function tellWord(word: string, vocabulary: readonly string[], path: Path, findings: CacaoFindings): void {
	if (!vocabulary.includes(word))
		findings.warning(path, `${quoted(word)} is not in the specification's vocabulary; it is kept`);
}

/** Section 10.10: the prefix is the object's type, the rest a UUID, and one UUID names one thing. */
export function checkKey(key: string, type: string, path: Path, findings: CacaoFindings, isClosed: boolean): void {
	const id = parseIdentifier(key);
	if (id === null) findings.error(path, `${quoted(key)} is no identifier: \`${type}--UUID\``);
	else if (id.type !== type) {
		const message = `the identifier begins with \`${id.type}\`, and the object's type is ${quoted(type)}: they must be the same`;
		if (isClosed) findings.error(path, message);
		else findings.warning(path, message);
	} else if (id.version !== 4) {
		findings.warning(path, 'the UUID of an identifier must be of version 4 here');
	}
}

export function checkPlaybookRules(playbook: CacaoPlaybook, findings: CacaoFindings): void {
	tellUnknown(playbook, KNOWN_PROPERTIES.playbook, [], findings);
	const version = parseIdentifier(playbook.id)?.version ?? 0;
	if (version !== 4 && version !== 5) findings.warning(['id'], 'the UUID of a playbook must be of version 4 or 5');
	checkTimes(playbook, findings);
	checkWords(playbook, findings);
	checkVariables(playbook.playbook_variables ?? {}, ['playbook_variables'], findings, 'playbook');
	checkMarkings(playbook, findings);
	for (const [key, definition] of Object.entries(playbook.extension_definitions ?? {})) {
		const path = ['extension_definitions', key];
		checkKey(key, 'extension-definition', path, findings, true);
		tellUnknown(definition, KNOWN_PROPERTIES.extension, path, findings);
	}
	checkExtensions(playbook.playbook_extensions, ['playbook_extensions'], playbook, findings);
	checkUuids(playbook, findings);
}

/** Extensions in use are defined in the playbook (section 9): a key without a definition has no meaning that could be looked up. */
export function checkExtensions(
	extensions: Readonly<Record<string, unknown>> | undefined,
	path: Path,
	playbook: CacaoPlaybook,
	findings: CacaoFindings,
): void {
	for (const key of Object.keys(extensions ?? {})) {
		if (parseIdentifier(key)?.type !== 'extension-definition')
			findings.error([...path, key], 'an extension stands under an identifier `extension-definition--UUID`');
		else if (!Object.hasOwn(playbook.extension_definitions ?? {}, key))
			findings.warning([...path, key], 'this extension is not in `extension_definitions`');
	}
}

type Timed = {
	readonly created?: string | undefined;
	readonly modified?: string | undefined;
	readonly valid_from?: string | undefined;
	readonly valid_until?: string | undefined;
};

/** created <= modified, valid_from < valid_until, and milliseconds where the specification wants them. */
export function checkTimeOrder(value: Timed, path: Path, findings: CacaoFindings): void {
	for (const name of ['created', 'modified'] as const) {
		const text = value[name];
		if (text !== undefined && parseTimestamp(text)?.digits !== 3)
			findings.warning([...path, name], 'the time must have exactly three digits behind the second');
	}
	const at = (text: string | undefined) => (text === undefined ? undefined : parseTimestamp(text)?.at);
	const [created, modified, from, until] = [value.created, value.modified, value.valid_from, value.valid_until].map(at);
	if (created !== undefined && modified !== undefined && modified < created)
		findings.error([...path, 'modified'], '`modified` is earlier than `created`');
	if (from !== undefined && until !== undefined && until <= from)
		findings.error([...path, 'valid_until'], '`valid_until` must be later than `valid_from`');
}

function checkTimes(playbook: CacaoPlaybook, findings: CacaoFindings): void {
	checkTimeOrder(playbook, [], findings);
	if (playbook.revoked === true)
		findings.error(['revoked'], 'the author has revoked this playbook: it is no longer valid');
}

function checkWords(playbook: CacaoPlaybook, findings: CacaoFindings): void {
	const types = playbook.playbook_types ?? [];
	types.forEach((type, at) => {
		tellWord(type, PLAYBOOK_TYPES, ['playbook_types', at], findings);
	});
	const activities = playbook.playbook_activities ?? [];
	if (types.length > 0 && activities.length === 0)
		findings.warning(['playbook_activities'], 'where `playbook_types` is given there must be at least one activity');
	const done = new Set(
		Object.values(playbook.workflow).flatMap((step) =>
			(step.commands ?? []).flatMap((command) => command.playbook_activity ?? []),
		),
	);
	activities.forEach((activity, at) => {
		tellWord(activity, PLAYBOOK_ACTIVITIES, ['playbook_activities', at], findings);
		if (!done.has(activity))
			findings.warning(['playbook_activities', at], `no step of the workflow has the activity ${quoted(activity)}`);
	});
	for (const flag of Object.keys(playbook.playbook_processing_summary ?? {}))
		tellWord(flag, SUMMARY_FLAGS, ['playbook_processing_summary', flag], findings);
}

/** Section 10.18: names, types, and values that their type allows. */
export function checkVariables(
	variables: Readonly<Record<string, Variable>>,
	path: Path,
	findings: CacaoFindings,
	scope: 'playbook' | 'step',
): void {
	for (const [name, variable] of Object.entries(variables)) {
		const at = [...path, name];
		if (!VARIABLE_NAME.test(name))
			findings.error(
				at,
				`${quoted(name)} is no name of a variable: \`__name__\`, a letter after the first two underscores`,
			);
		tellUnknown(variable, KNOWN_PROPERTIES.variable, at, findings);
		tellWord(variable.type, VARIABLE_TYPES, [...at, 'type'], findings);
		if (scope === 'step' && variable.external === true)
			findings.warning([...at, 'external'], '`external` is for variables of the playbook');
		const fault = valueFault(variable);
		if (fault !== null) findings.error([...at, 'value'], fault);
	}
}

const VALUE_FORMS: Readonly<Record<string, { readonly form: RegExp; readonly words: string }>> = {
	bool: { form: /^(true|false)$/i, words: 'true or false' },
	integer: { form: /^[+-]?\d{1,20}$/, words: 'a whole number' },
	long: { form: /^[+-]?\d{1,20}$/, words: 'a whole number' },
	float: { form: /^[+-]?\d{1,300}(\.\d{1,300})?([eE][+-]?\d{1,3})?$/, words: 'a number' },
	hexstring: { form: /^[0-9a-fA-F]*$/, words: 'hexadecimal digits' },
	uuid: { form: /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, words: 'a UUID' },
	'md5-hash': { form: /^[0-9a-fA-F]{32}$/, words: '32 hexadecimal digits' },
	'sha256-hash': { form: /^[0-9a-fA-F]{64}$/, words: '64 hexadecimal digits' },
	'mac-addr': { form: /^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/, words: 'a MAC address' },
	'ipv4-addr': { form: /^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/, words: 'an IPv4 address or range' },
	'ipv6-addr': { form: /^[0-9a-fA-F:.]{2,45}(\/\d{1,3})?$/, words: 'an IPv6 address or range' },
};

/** Why a value does not fit its type; empty, unknown (null) and values that stand for another variable fit any. */
function valueFault({ type, value }: Variable): string | null {
	if (value === undefined || value === null || value === '') return null;
	if (typeof value === 'object')
		return type === 'dictionary' ? null : 'an object is a value for the type `dictionary` alone';
	const text = String(value);
	if (text.startsWith('__') && text.includes('__:value')) return null;
	const wanted = VALUE_FORMS[type];
	return wanted === undefined || wanted.form.test(text) ? null : `a value of type \`${type}\` is ${wanted.words}`;
}

function checkMarkings(playbook: CacaoPlaybook, findings: CacaoFindings): void {
	const definitions = playbook.data_marking_definitions ?? {};
	for (const [key, marking] of Object.entries(definitions)) {
		const path = ['data_marking_definitions', key];
		if (marking.id !== key)
			findings.error([...path, 'id'], 'the identifier differs from the key under which the marking stands');
		if (parseIdentifier(key)?.type !== marking.type) checkKey(key, marking.type, path, findings, true);
		tellUnknown(marking, KNOWN_PROPERTIES.marking, path, findings);
		checkTimeOrder(marking, path, findings);
		if (marking.type === 'marking-statement' && marking.statement === undefined)
			findings.error([...path, 'statement'], '`statement` is required and missing');
		if (marking.type === 'marking-tlp' && marking.tlpv2_level === undefined)
			findings.error([...path, 'tlpv2_level'], '`tlpv2_level` is required and missing');
		checkExtensions(marking.marking_extensions, [...path, 'marking_extensions'], playbook, findings);
	}
	(playbook.markings ?? []).forEach((id, at) => {
		const type = parseIdentifier(id)?.type ?? '';
		if (!MARKING_TYPES.some((known) => known === type))
			findings.error(['markings', at], `${quoted(id)} is no data marking`);
		else if (!Object.hasOwn(definitions, id))
			findings.warning(['markings', at], 'this marking is not in `data_marking_definitions`');
	});
}

/** Section 10.10: a UUID is not used again under another prefix. */
function checkUuids(playbook: CacaoPlaybook, findings: CacaoFindings): void {
	const seen = new Map<string, string>();
	const dictionaries = [
		'workflow',
		'agent_definitions',
		'target_definitions',
		'authentication_info_definitions',
		'extension_definitions',
		'data_marking_definitions',
	] as const;
	for (const name of dictionaries) {
		for (const key of Object.keys(playbook[name] ?? {})) {
			const uuid = parseIdentifier(key)?.uuid;
			if (uuid === undefined) continue;
			const first = seen.get(uuid);
			if (first === undefined) seen.set(uuid, key);
			else if (first !== key) findings.warning([name, key], `the UUID is that of ${quoted(first)} already`);
		}
	}
}
