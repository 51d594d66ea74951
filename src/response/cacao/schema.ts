// The shapes of CACAO v2.0 objects, property by property (sections 3 to 10 of committee specification 01). Loose objects: what a producer
// adds is kept, and told as a finding (validate.ts). What shapes cannot say is in rules-*.ts and graph.ts. Where public playbooks are
// known to leave a required property out, it is optional here and missed there.
import { z } from 'zod';
import { parseIdentifier, parseTimestamp } from './identifier.ts';
import { MARKING_TYPES, STEP_TYPES, TLP_LEVELS } from './vocabulary.ts';

/** Characters of any one text: commands may be whole notebooks, names are shown on a line. */
const TEXT_MAX = 1_000_000;
const NAME_MAX = 1_000;
/** Entries of any list. */
const LIST_MAX = 10_000;

const Text = z.string().max(TEXT_MAX);
const Name = z.string().min(1, 'it must not be empty').max(NAME_MAX);
const identifier = (type?: string) =>
	z.string().refine(
		(text) => {
			const found = parseIdentifier(text);
			return found !== null && (type === undefined || found.type === type);
		},
		type === undefined ? 'expected an identifier: `type--UUID`' : `expected an identifier: \`${type}--UUID\``,
	);
const Id = identifier();
const Timestamp = z
	.string()
	.refine((text) => parseTimestamp(text) !== null, 'expected a time in UTC as 2026-11-22T03:00:00.000Z');
const Score = z
	.number()
	.int('expected a whole number from 0 to 100')
	.min(0, 'expected 0 to 100')
	.max(100, 'expected 0 to 100');
const Milliseconds = z.number().int('expected whole milliseconds').min(0, 'milliseconds are 0 or more');
const listOf = <T extends z.ZodType>(item: T) => z.array(item).max(LIST_MAX);
const Flag = z.boolean();
/** Any object: extensions carry what their own schema says. */
const Anything = z.record(z.string(), z.unknown());
const Extensions = z.record(z.string(), Anything);

const ExternalReference = z.looseObject({
	name: Name,
	description: Text.optional(),
	source: Text.optional(),
	url: Text.optional(),
	external_id: Text.optional(),
	reference_id: Text.optional(),
});
const References = listOf(ExternalReference);

export const Variable = z.looseObject({
	type: Name,
	description: Text.optional(),
	value: z
		.union([Text, z.number(), z.boolean(), z.null(), Anything], 'expected a text, number, true, false, null or object')
		.optional(),
	constant: Flag.optional(),
	external: Flag.optional(),
});
export type Variable = z.infer<typeof Variable>;
const Variables = z.record(z.string(), Variable);

export const Command = z.looseObject({
	type: Name,
	command: Text.optional(),
	command_b64: Text.optional(),
	content: Text.optional(),
	content_b64: Text.optional(),
	headers: z.record(z.string(), listOf(Text), 'expected a dictionary of lists of texts').optional(),
	description: Text.optional(),
	version: Text.optional(),
	playbook_activity: Name.optional(),
	external_references: References.optional(),
});
export type Command = z.infer<typeof Command>;

const Arguments = listOf(Name);

/** Every property that any step type has; which of them a type may have is in rules-step.ts. */
export const WorkflowStep = z.looseObject({
	type: z.enum(STEP_TYPES),
	name: Text.optional(),
	description: Text.optional(),
	external_references: References.optional(),
	delay: Milliseconds.optional(),
	timeout: Milliseconds.optional(),
	step_variables: Variables.optional(),
	owner: Id.optional(),
	on_completion: Id.optional(),
	on_success: Id.optional(),
	on_failure: Id.optional(),
	step_extensions: Extensions.optional(),
	commands: listOf(Command).optional(),
	agent: Id.optional(),
	targets: listOf(Id).optional(),
	in_args: Arguments.optional(),
	out_args: Arguments.optional(),
	playbook_id: identifier('playbook').optional(),
	playbook_version: Timestamp.optional(),
	next_steps: listOf(Id).optional(),
	condition: Text.optional(),
	on_true: Id.optional(),
	on_false: Id.optional(),
	switch: Text.optional(),
	cases: z.record(z.string(), Id).optional(),
});
export type WorkflowStep = z.infer<typeof WorkflowStep>;

const CivicLocation = z.looseObject({
	name: Text.optional(),
	description: Text.optional(),
	building_details: Text.optional(),
	network_details: Text.optional(),
	region: Text.optional(),
	country: Text.optional(),
	administrative_area: Text.optional(),
	city: Text.optional(),
	street_address: Text.optional(),
	postal_code: Text.optional(),
	latitude: z.union([Text, z.number()]).optional(),
	longitude: z.union([Text, z.number()]).optional(),
	precision: z.union([Text, z.number()]).optional(),
});
const Contact = z.looseObject({
	email: z.record(z.string(), Text).optional(),
	phone: z.record(z.string(), Text).optional(),
	contact_details: Text.optional(),
});

/** An agent or target of any type (section 7); what its type needs beyond this is in rules-agent.ts. */
export const AgentTarget = z.looseObject({
	type: Name,
	name: Name,
	description: Text.optional(),
	location: CivicLocation.optional(),
	contact: Contact.optional(),
	agent_target_extensions: Extensions.optional(),
	/** Lists of texts; a VLAN may be a number (the public schemas say so). */
	address: z
		.record(z.string(), listOf(z.union([Text, z.number()])), 'expected a dictionary of lists of texts')
		.optional(),
	port: z.string('a port is a text: "22"').max(NAME_MAX).optional(),
	authentication_info: Id.optional(),
	category: listOf(Name).optional(),
	sector: Name.optional(),
	gps: Anything.optional(),
});
export type AgentTarget = z.infer<typeof AgentTarget>;

const AuthenticationInfo = z.looseObject({
	type: Name,
	name: Text.optional(),
	description: Text.optional(),
	user_id: Text.optional(),
	username: Text.optional(),
	password: Text.optional(),
	oauth_header: Text.optional(),
	token: Text.optional(),
	kms: Flag.optional(),
	kms_key_identifier: Text.optional(),
	authentication_info_extensions: Extensions.optional(),
});
export type AuthenticationInfo = z.infer<typeof AuthenticationInfo>;

const ExtensionDefinition = z.looseObject({
	type: z.literal('extension-definition'),
	name: Name,
	description: Text.optional(),
	created_by: Id,
	schema: Name,
	version: Name,
	external_references: References.optional(),
});

const DataMarking = z.looseObject({
	type: z.enum(MARKING_TYPES),
	id: Id,
	name: Text.optional(),
	description: Text.optional(),
	created_by: Id,
	created: Timestamp,
	modified: Timestamp.optional(),
	revoked: Flag.optional(),
	valid_from: Timestamp.optional(),
	valid_until: Timestamp.optional(),
	labels: listOf(Text).optional(),
	external_references: References.optional(),
	marking_extensions: Extensions.optional(),
	statement: Text.optional(),
	tlpv2_level: z.enum(TLP_LEVELS).optional(),
	iep_version: z.union([Text, z.number()]).optional(),
	start_date: Timestamp.optional(),
	end_date: Timestamp.optional(),
	encrypt_in_transit: Text.optional(),
	permitted_actions: Text.optional(),
	attribution: Text.optional(),
	affected_party_notifications: Text.optional(),
	tlp: Text.optional(),
	unmodified_resale: Text.optional(),
});

export const Signature = z.looseObject({
	type: z.literal('jss'),
	id: identifier('jss'),
	created_by: identifier('identity').optional(),
	created: Timestamp,
	modified: Timestamp,
	revoked: Flag.optional(),
	signee: Name,
	valid_from: Timestamp.optional(),
	valid_until: Timestamp.optional(),
	related_to: identifier('playbook'),
	related_version: Timestamp,
	hash_algorithm: Name,
	algorithm: Name,
	public_key: Text.optional(),
	public_cert_chain: listOf(Text).min(1).optional(),
	cert_url: Text.optional(),
	thumbprint: Text.optional(),
	value: Name,
	signature: Anything.optional(),
});
export type Signature = z.infer<typeof Signature>;

/** The playbook object, section 3.1. */
export const CacaoPlaybook = z.looseObject({
	type: z.literal('playbook'),
	spec_version: z.literal('cacao-2.0'),
	id: identifier('playbook'),
	name: Name,
	description: Text.optional(),
	playbook_types: listOf(Name).optional(),
	playbook_activities: listOf(Name).optional(),
	playbook_processing_summary: z.record(z.string(), Flag).optional(),
	created_by: identifier('identity'),
	created: Timestamp,
	modified: Timestamp,
	revoked: Flag.optional(),
	valid_from: Timestamp.optional(),
	valid_until: Timestamp.optional(),
	derived_from: listOf(identifier('playbook')).optional(),
	related_to: listOf(Id).optional(),
	priority: Score.optional(),
	severity: Score.optional(),
	impact: Score.optional(),
	industry_sectors: listOf(Name).optional(),
	labels: listOf(Text).optional(),
	external_references: References.optional(),
	markings: listOf(Id).optional(),
	playbook_variables: Variables.optional(),
	workflow_start: Id,
	workflow_exception: Id.optional(),
	workflow: z.record(z.string(), WorkflowStep),
	playbook_extensions: Extensions.optional(),
	authentication_info_definitions: z.record(z.string(), AuthenticationInfo).optional(),
	agent_definitions: z.record(z.string(), AgentTarget).optional(),
	target_definitions: z.record(z.string(), AgentTarget).optional(),
	extension_definitions: z.record(z.string(), ExtensionDefinition).optional(),
	data_marking_definitions: z.record(z.string(), DataMarking).optional(),
	signatures: listOf(Signature).optional(),
});
export type CacaoPlaybook = z.infer<typeof CacaoPlaybook>;

/** The names that each kind of object may have: what is beyond is told. */
export const KNOWN_PROPERTIES = {
	playbook: Object.keys(CacaoPlaybook.shape),
	step: Object.keys(WorkflowStep.shape),
	command: Object.keys(Command.shape),
	variable: Object.keys(Variable.shape),
	agentTarget: Object.keys(AgentTarget.shape),
	authentication: Object.keys(AuthenticationInfo.shape),
	extension: Object.keys(ExtensionDefinition.shape),
	marking: Object.keys(DataMarking.shape),
	signature: Object.keys(Signature.shape),
	reference: Object.keys(ExternalReference.shape),
} as const;
