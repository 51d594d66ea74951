// How the program reaches a system that does something (EDR, VPN gateway, ticket system): configuration only, no secret in it.
import { z } from 'zod';
import { JiraConfig, ServiceNowConfig } from './connector-kinds/desk.ts';
import { CrowdStrikeConfig, DefenderEndpointConfig, SentinelOneConfig } from './connector-kinds/endpoint.ts';
import { ActiveDirectoryConfig, EntraIdConfig, OktaConfig } from './connector-kinds/identity.ts';
import { BlockListConfig, FortinetConfig, PaloAltoConfig, paloAltoActions } from './connector-kinds/network.ts';
import { OpenC2Config } from './connector-kinds/openc2.ts';
import { ElasticsearchConfig, FortiNdrCloudConfig, GitLabConfig, PiWebApiConfig } from './connector-kinds/reading.ts';
import { FortinetVpnConfig, GlobalProtectConfig } from './connector-kinds/remote-access.ts';

/** One call that a connector may make, for one action of the catalogue. `{name}` in path and body stands for a parameter. */
export const ConnectorCall = z.strictObject({
	method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE', 'GET']).default('POST'),
	path: z.string().min(1).max(500),
	body: z.record(z.string(), z.string()).optional(),
	/** True where the target honours an Idempotency-Key header: only then is a step in doubt tried again. */
	idempotent: z.boolean().default(false),
	/** A GET that tells whether the effect is there, for steps in doubt; answers `{"state": "..."}`. */
	read_back: z.strictObject({ path: z.string().max(500), done_when: z.string().max(200) }).optional(),
});
export type ConnectorCall = z.infer<typeof ConnectorCall>;

export const GenericHttpConfig = z.strictObject({
	name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
	kind: z.literal('generic-http'),
	base_url: z.url({ protocol: /^https?$/ }),
	auth: z
		.strictObject({
			type: z.enum(['bearer', 'basic', 'header']),
			header: z.string().optional(),
			secret_env: z.string().optional(),
			secret_file: z.string().optional(),
		})
		.optional(),
	/** Private and loopback addresses are refused unless this says otherwise (SSRF). */
	allow_private: z.boolean().default(false),
	timeout_ms: z.number().int().min(100).max(60_000).default(10_000),
	/** Action name -> call. */
	calls: z.record(z.string(), ConnectorCall),
});
export type GenericHttpConfig = z.infer<typeof GenericHttpConfig>;

/** A connector by its kind; each kind has its own keys, and a key of another kind is an error. */
export const ConnectorConfig = z.discriminatedUnion('kind', [
	GenericHttpConfig,
	OktaConfig,
	EntraIdConfig,
	ActiveDirectoryConfig,
	BlockListConfig,
	PaloAltoConfig,
	FortinetConfig,
	CrowdStrikeConfig,
	DefenderEndpointConfig,
	SentinelOneConfig,
	PiWebApiConfig,
	GitLabConfig,
	ElasticsearchConfig,
	FortiNdrCloudConfig,
	GlobalProtectConfig,
	FortinetVpnConfig,
	OpenC2Config,
	ServiceNowConfig,
	JiraConfig,
]);
export type ConnectorConfig = z.infer<typeof ConnectorConfig>;

/** The actions that a connector does, by its configuration. */
export function actionsOf(config: ConnectorConfig): readonly string[] {
	switch (config.kind) {
		case 'generic-http':
			return Object.keys(config.calls);
		case 'block-list':
		case 'openc2':
			return ['block_indicator', 'unblock_indicator'];
		case 'fortinet':
			return ['block_internal', 'unblock_internal'];
		case 'palo-alto':
			return paloAltoActions(config);
		case 'pi-web-api':
			return ['query_historian'];
		case 'gitlab':
			return ['read_backup'];
		case 'elasticsearch':
			return ['query_logs'];
		case 'fortindr-cloud':
			return ['start_capture'];
		case 'globalprotect':
		case 'fortinet-vpn':
			return ['end_session'];
		case 'servicenow':
		case 'jira':
			return ['open_ticket'];
		default:
			return config.actions;
	}
}

/** Actions that read from a server which stands in the inventory, and which one that is: the target of such steps (`target: store`). */
export function storesOf(configs: readonly ConnectorConfig[]): ReadonlyMap<string, string> {
	return new Map(
		configs.flatMap((config) =>
			'asset' in config ? actionsOf(config).map((action) => [action, config.asset] as const) : [],
		),
	);
}
