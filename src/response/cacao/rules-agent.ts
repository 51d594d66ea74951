// What shapes cannot say about agents, targets and their authentication (sections 6 and 7). Pure. Values of secrets are never repeated.
import { type CacaoFindings, quoted } from './finding.ts';
import { checkExtensions, checkKey, tellUnknown, tellWord } from './rules-playbook.ts';
import { type AgentTarget, type AuthenticationInfo, type CacaoPlaybook, KNOWN_PROPERTIES } from './schema.ts';
import { ADDRESS_KEYS, ADDRESSED_TYPES, AGENT_TARGET_TYPES, AUTHENTICATION_TYPES } from './vocabulary.ts';

export function checkAgentRules(playbook: CacaoPlaybook, findings: CacaoFindings): void {
	for (const name of ['agent_definitions', 'target_definitions'] as const) {
		for (const [key, value] of Object.entries(playbook[name] ?? {}))
			checkOne(key, value, [name, key], playbook, findings);
	}
	for (const [key, value] of Object.entries(playbook.authentication_info_definitions ?? {})) {
		checkAuthentication(key, value, playbook, findings);
	}
}

function checkOne(
	key: string,
	value: AgentTarget,
	path: readonly string[],
	playbook: CacaoPlaybook,
	findings: CacaoFindings,
): void {
	checkKey(key, value.type, path, findings, false);
	tellUnknown(value, KNOWN_PROPERTIES.agentTarget, path, findings);
	tellWord(value.type, AGENT_TARGET_TYPES, [...path, 'type'], findings);
	checkExtensions(value.agent_target_extensions, [...path, 'agent_target_extensions'], playbook, findings);
	if (ADDRESSED_TYPES.includes(value.type) && value.address === undefined)
		findings.error([...path, 'address'], `an agent or target of type \`${value.type}\` needs an \`address\``);
	for (const kind of Object.keys(value.address ?? {})) {
		if (!ADDRESS_KEYS.some((known) => known === kind))
			findings.error(
				[...path, 'address', kind],
				`${quoted(kind)} is no kind of address: one of ${ADDRESS_KEYS.join(', ')}`,
			);
	}
	if (value.type === 'sector' && value.sector === undefined)
		findings.error([...path, 'sector'], '`sector` is required and missing');
	if (value.type === 'security-category' && (value.category ?? []).length === 0)
		findings.error([...path, 'category'], '`category` is required and missing');
	const reference = value.authentication_info;
	if (reference !== undefined && !Object.hasOwn(playbook.authentication_info_definitions ?? {}, reference))
		findings.error(
			[...path, 'authentication_info'],
			`${quoted(reference)} is not in \`authentication_info_definitions\``,
		);
}

function checkAuthentication(
	key: string,
	value: AuthenticationInfo,
	playbook: CacaoPlaybook,
	findings: CacaoFindings,
): void {
	const path = ['authentication_info_definitions', key];
	checkKey(key, value.type, path, findings, false);
	tellUnknown(value, KNOWN_PROPERTIES.authentication, path, findings);
	tellWord(value.type, Object.keys(AUTHENTICATION_TYPES), [...path, 'type'], findings);
	checkExtensions(
		value.authentication_info_extensions,
		[...path, 'authentication_info_extensions'],
		playbook,
		findings,
	);
	if (value.kms === true) {
		if (value.kms_key_identifier === undefined)
			findings.error([...path, 'kms_key_identifier'], 'with `kms` the `kms_key_identifier` is required');
		return;
	}
	if (value.kms_key_identifier !== undefined)
		findings.error([...path, 'kms'], 'with a `kms_key_identifier` the property `kms` must be true');
	const spec = Object.hasOwn(AUTHENTICATION_TYPES, value.type) ? AUTHENTICATION_TYPES[value.type] : undefined;
	for (const name of spec?.needs ?? []) {
		if (!Object.hasOwn(value, name))
			findings.error([...path, name], `authentication of type \`${value.type}\` needs \`${name}\`, or \`kms\``);
	}
}
