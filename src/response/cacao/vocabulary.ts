// The words of CACAO v2.0 (committee specification 01). Closed ones refuse anything else; open ones ("-ov") are told and kept.

/** workflow-step-type-enum, section 4.2: closed. */
export const STEP_TYPES = [
	'start',
	'end',
	'action',
	'playbook-action',
	'parallel',
	'if-condition',
	'while-condition',
	'switch-condition',
] as const;
export type StepType = (typeof STEP_TYPES)[number];

/** Step types of version 1 and of the drafts: a file that has one is of another version. */
export const OLD_STEP_TYPES: Readonly<Record<string, string>> = {
	single: 'action',
	playbook: 'playbook-action',
	if: 'if-condition',
	while: 'while-condition',
	switch: 'switch-condition',
	'if-then': 'if-condition',
	foreach: 'while-condition',
};

/** Data markings, section 8: closed. */
export const MARKING_TYPES = ['marking-statement', 'marking-tlp', 'marking-iep'] as const;
export const TLP_LEVELS = ['TLP:RED', 'TLP:AMBER', 'TLP:AMBER+STRICT', 'TLP:GREEN', 'TLP:CLEAR'] as const;

/** playbook-type-ov, section 3.1.1. */
export const PLAYBOOK_TYPES = [
	'attack',
	'detection',
	'engagement',
	'investigation',
	'mitigation',
	'notification',
	'prevention',
	'remediation',
] as const;

/** playbook-activity-type-ov, section 3.1.2. */
export const PLAYBOOK_ACTIVITIES = [
	'compose-content',
	'deliver-content',
	'identify-audience',
	'identify-channel',
	'scan-system',
	'match-indicator',
	'analyze-collected-data',
	'identify-indicators',
	'scan-vulnerabilities',
	'configure-systems',
	'restrict-access',
	'disconnect-system',
	'eliminate-risk',
	'revert-system',
	'restore-data',
	'restore-capabilities',
	'map-network',
	'identify-steps',
	'step-sequence',
	'prepare-engagement',
	'execute-operation',
	'analyze-engagement-results',
] as const;

/** command-type-ov, section 5.2, and what each needs: `either` is `command` or `command_b64`. */
export const COMMAND_TYPES = {
	manual: 'either',
	bash: 'either',
	'caldera-cmd': 'either',
	powershell: 'either',
	ssh: 'either',
	elastic: 'command_b64',
	jupyter: 'command_b64',
	kestrel: 'command_b64',
	sigma: 'command_b64',
	yara: 'command_b64',
	'http-api': 'command',
	'openc2-http': 'command+content_b64',
} as const;
export type CommandType = keyof typeof COMMAND_TYPES;

export function isCommandType(text: string): text is CommandType {
	return Object.hasOwn(COMMAND_TYPES, text);
}

/** agent-target-type-ov, section 7.2. */
export const AGENT_TARGET_TYPES = [
	'group',
	'individual',
	'location',
	'organization',
	'sector',
	'http-api',
	'linux',
	'net-address',
	'security-category',
	'ssh',
] as const;
/** Those that need an address, and the keys that an address may have (sections 7.5 to 7.12). */
export const ADDRESSED_TYPES: readonly string[] = ['http-api', 'linux', 'net-address', 'ssh'];
export const ADDRESS_KEYS = ['dname', 'ipv4', 'ipv6', 'l2mac', 'vlan', 'url'] as const;

/** authentication-info-type-ov, section 6.2, with the members that hold a secret. */
export const AUTHENTICATION_TYPES: Readonly<Record<string, { readonly needs: readonly string[] }>> = {
	'http-basic': { needs: ['user_id', 'password'] },
	oauth2: { needs: ['oauth_header', 'token'] },
	'user-auth': { needs: ['username', 'password'] },
};

/** variable-type-ov, section 10.18.4. */
export const VARIABLE_TYPES = [
	'bool',
	'dictionary',
	'float',
	'hexstring',
	'integer',
	'ipv4-addr',
	'ipv6-addr',
	'long',
	'mac-addr',
	'hash',
	'md5-hash',
	'sha256-hash',
	'string',
	'uri',
	'uuid',
] as const;

/** Names of variables, section 10.18.2. */
export const VARIABLE_NAME = /^__[a-zA-Z_][a-zA-Z0-9_-]{0,199}__$/;

/** The flags of playbook_processing_summary, section 10.14. */
export const SUMMARY_FLAGS = [
	'manual_playbook',
	'external_playbooks',
	'parallel_processing',
	'if_logic',
	'while_logic',
	'switch_logic',
	'temporal_logic',
	'data_markings',
	'digital_signatures',
	'countersigned_signatures',
	'extensions',
] as const;
