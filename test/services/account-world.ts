// A service of each kind that changes accounts, and a plant beside it: incidents whose alerts name an account, and the worker that runs
// their steps through the connector as configured. For the tests that go all the way.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import type { Step } from '../../src/domain/step.ts';
import type { Handlers, Topic } from '../../src/domain/topic.ts';
import type { LoadedPlaybook } from '../../src/response/choose.ts';
import type { Connector } from '../../src/response/connectors/connector.ts';
import { createConnectors } from '../../src/response/connectors/index.ts';
import { createResponse } from '../../src/response/response.ts';
import { claimDue, failDue } from '../../src/store/outbox.ts';
import { cryptoRandom, record } from '../../src/store/record.ts';
import { INVENTORY, NOW, PEOPLE, playbook } from '../response/support/plant.ts';
import { startEntra } from '../response/vendors/entra-id.ts';
import { BIND_DN, startDirectory } from '../response/vendors/ldap.ts';
import { startOkta } from '../response/vendors/okta.ts';
import type { VendorServer } from '../response/vendors/server.ts';
import type { Authority } from './certificates.ts';
import type { Fresh } from './harness.ts';

const TOPICS: readonly Topic[] = ['plan', 'run', 'expire'];
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const BASE = 'DC=plant,DC=example';

export type Vendor = {
	readonly config: object;
	readonly secret: string;
	/** Whether the account can sign in, by the service's own state. */
	isOpen(): boolean;
	readonly effects: string[];
	/** The next change happens, its answer never comes, and nobody answers for a while. */
	loseAnswer(): void;
	/** The program dies at this request of it, after the service has done its part or before. */
	dieAt(count: number, isAfter: boolean, die: () => void): void;
	close(): Promise<void>;
};

export function dieAtRequest(vendor: VendorServer, count: number, isAfter: boolean, die: () => void): void {
	let left = count;
	vendor.spoil = (_request, proceed) => {
		if (--left !== 0) return proceed();
		vendor.spoil = null;
		if (isAfter) proceed();
		setImmediate(die);
		return 'drop';
	};
}

const COMMON = { name: 'accounts', allow_private: true, timeout_ms: 1_500, netbios_domain: 'PLANT' };
const ACTIONS = ['disable_account', 'enable_account'];

/** A service of each kind with one account, `ann`, and the configuration of its connector. */
export const KINDS: Readonly<Record<string, (authority: Authority) => Promise<Vendor>>> = {
	okta: async () => {
		const okta = await startOkta([{ login: 'ann@plant.example' }]);
		return {
			config: {
				...COMMON,
				kind: 'okta',
				base_url: okta.url,
				auth: { type: 'api_token' },
				login_suffix: 'plant.example',
				actions: [...ACTIONS, 'revoke_tokens'],
				protected: { groups: [], accounts: [] },
			},
			secret: [...okta.apiTokens].join(),
			isOpen: () => okta.users[0]?.status === 'ACTIVE',
			effects: okta.effects,
			loseAnswer: () => {
				okta.spoil = (request, proceed) => {
					if (request.method === 'GET') return proceed();
					okta.spoil = () => 'drop';
					proceed();
					return 'drop';
				};
			},
			dieAt: (count, isAfter, die) => dieAtRequest(okta, count, isAfter, die),
			close: async () => await okta.close(),
		};
	},
	'entra-id': async () => {
		const entra = await startEntra([{ userPrincipalName: 'ann@plant.example' }]);
		return {
			config: {
				...COMMON,
				kind: 'entra-id',
				base_url: entra.url,
				login_url: entra.url,
				tenant_id: entra.tenant,
				client_id: entra.clientId,
				auth: { type: 'client_secret' },
				login_suffix: 'plant.example',
				actions: [...ACTIONS, 'revoke_tokens'],
				protected: { groups: [], accounts: [] },
			},
			secret: entra.clientSecret,
			isOpen: () => entra.users[0]?.accountEnabled === true,
			effects: entra.effects,
			loseAnswer: () => {
				entra.spoil = (request, proceed) => {
					if (request.method !== 'PATCH') return proceed();
					entra.spoil = () => 'drop';
					proceed();
					return 'drop';
				};
			},
			dieAt: (count, isAfter, die) => dieAtRequest(entra, count, isAfter, die),
			close: async () => await entra.close(),
		};
	},
	'active-directory': async (authority) => {
		const { key, cert } = authority.issue('dc1');
		const dn = `CN=Ann,OU=Staff,${BASE}`;
		const directory = await startDirectory(
			{
				[BASE]: { objectClass: ['domain'] },
				[dn]: {
					objectClass: ['person', 'user'],
					objectGUID: [Buffer.alloc(16, 7)],
					sAMAccountName: ['ann'],
					userAccountControl: ['512'],
					tokenGroups: [Buffer.from([1, 5])],
				},
			},
			{ mode: 'ldaps', context: { key, cert } },
		);
		const caFile = join(authority.folder, 'connector-ca.pem');
		writeFileSync(caFile, authority.ca);
		return {
			config: {
				...COMMON,
				kind: 'active-directory',
				base_url: directory.url.replace('127.0.0.1', 'localhost'),
				base_dn: BASE,
				bind_dn: BIND_DN,
				ca_file: caFile,
				auth: { type: 'bind' },
				actions: ACTIONS,
				protected: { groups: [], accounts: [] },
			},
			secret: directory.password,
			isOpen: () => directory.entries.get(dn.toLowerCase())?.['useraccountcontrol']?.[0] === '512',
			effects: directory.effects,
			loseAnswer: () => {
				directory.faults.modify.push('drop-after');
				directory.beforeModify = () => {
					// From then on nobody can log in for a while.
					directory.faults.bind.push(...Array.from({ length: 3 }, () => 'drop-before' as const));
					directory.beforeModify = null;
				};
			},
			dieAt: (count, isAfter, die) => {
				let left = count;
				directory.decide = () => {
					if (--left !== 0) return null;
					directory.decide = null;
					// Dead after the controller has done it, or before it got to it.
					setImmediate(die);
					return isAfter ? 'drop-after' : 'drop-before';
				};
			},
			close: async () => await directory.close(),
		};
	},
};

/** Connectors of a process that can die: from then on nothing that it was doing comes back. */
function mortal(connector: Connector, death: Promise<never>): Connector {
	return {
		...connector,
		call: async (grant, request) => await Promise.race([connector.call(grant, request), death]),
		readBack: async (grant, request) => await Promise.race([connector.readBack(grant, request), death]),
	};
}

export class AccountWorld {
	readonly #fresh: Fresh;
	#count = 0;
	#handlers: Handlers = {};
	#vendor: Vendor | null = null;
	readonly #owner: ReturnType<Fresh['owner']>;
	now = NOW;
	/** How often the program has died. */
	deaths = 0;

	readonly #playbooks: readonly LoadedPlaybook[];
	readonly #topics: readonly Topic[];

	/** @param playbooks the first of which incidents are about; `topics` of the worker */
	constructor(fresh: Fresh, playbooks: readonly LoadedPlaybook[] = [PLAYBOOK], topics: readonly Topic[] = TOPICS) {
		this.#fresh = fresh;
		this.#playbooks = playbooks;
		this.#topics = topics;
		this.#owner = fresh.owner();
	}

	/** Empties what the tests before have left. What was stated about an account holds for 30 days, and the ledger forgets nothing. */
	async begin(vendor: Vendor): Promise<void> {
		this.now += 40 * 24 * 3_600_000;
		this.#vendor = vendor;
		await this.#owner.unsafe('TRUNCATE outbox, steps, approvals, facts, freezes, messages, incidents, alerts');
		this.start();
	}

	/** A process: the stage with fresh connectors, as after a start. The result ends it. */
	start(): () => void {
		const vendor = this.#vendor;
		if (vendor === null) throw new Error('no vendor');
		let die: () => void = () => undefined;
		let isDead = false;
		const death = new Promise<never>((_done, failed) => {
			die = () => {
				isDead = true;
				this.deaths++;
				this.start();
				failed(new Error('the process died'));
			};
		});
		death.catch(() => undefined);
		const resolve = async (): Promise<string[]> => {
			// What is left of a dead process reaches nobody.
			if (isDead) throw new Error('dead');
			return ['127.0.0.1'];
		};
		const edge = { now: () => this.now, sleep: async () => undefined, resolve };
		const connectors = createConnectors([ConnectorConfig.parse(vendor.config)], () => vendor.secret, edge);
		this.#handlers = createResponse({
			database: this.#fresh.database,
			inventory: { ...INVENTORY, data: { ...INVENTORY.data, confirmedAt: this.now - 3_600_000 } },
			playbooks: this.#playbooks,
			people: PEOPLE,
			windows: [],
			siteRules: [],
			connectors: connectors.map((connector) => mortal(connector, death)),
			clock: () => this.now,
			random: cryptoRandom,
			log: silent,
		});
		return die;
	}

	/** Works through everything that is due now, as the relay does. */
	async drain(): Promise<void> {
		for (let round = 0; round < 40; round++) {
			let worked = false;
			for (const topic of this.#topics) {
				const due = await claimDue(this.#fresh.database, topic, 20, this.now);
				if (due.length === 0) continue;
				worked = true;
				try {
					await this.#handlers[topic]?.(due);
				} catch (cause) {
					await failDue(this.#fresh.database, due, String(cause), this.now);
					this.now += 1_000;
				}
			}
			if (!worked) return;
		}
		throw new Error('still something due after 40 rounds');
	}

	/** An incident about an office computer, with an alert that names an account. */
	async open(account: string): Promise<string> {
		const id = `inc_${String(++this.#count).padStart(12, '0')}`;
		const verdict = {
			domain: 'it' as const,
			category: 'malware' as const,
			severity: 'high' as const,
			severity_floor: 'high' as const,
			matrix: 'enterprise' as const,
			tactics: [],
			techniques: [],
			confidence: 0.95,
			confidence_firm: 0.95,
			assets: ['lap-1'],
			playbooks: ['p'],
			tags: [],
			muted: false,
			reasons: [],
		};
		await record(
			this.#fresh.database,
			{
				entries: [
					{
						kind: 'incident.opened',
						actor: { kind: 'bot', id: 'bot' },
						at: this.now,
						incident: id,
						refs: [],
						data: {},
					},
				],
				changes: [
					{
						op: 'insert',
						table: 'incidents',
						row: {
							...{
								id,
								title: 't',
								state: 'open',
								severity: 'high',
								domain: 'it',
								category: 'malware',
								process_safety: false,
							},
							...{ sites: ['north'], zones: [], assets: ['lap-1'], techniques: [], tactics: [], playbooks: ['p'] },
							...{ confidence_firm: 0.95, alert_count: 1, first_at: this.now, last_at: this.now, opened_at: this.now },
							...{ created_at: this.now, updated_at: this.now },
						},
					},
					{
						op: 'insert',
						table: 'alerts',
						row: {
							...{
								id: `alr_${String(this.#count).padStart(20, '0')}`,
								source: 'edr',
								source_kind: 'syslog',
								fingerprint: `f-${this.#count}`,
							},
							...{ status: 'open', title: 'x', severity: 'high', kind: 'security', time_basis: 'event' },
							...{ occurred_at: this.now, received_at: this.now, first_seen: this.now, last_seen: this.now },
							entities: [
								{ type: 'host', value: 'lap-1', role: 'target' },
								{ type: 'user', value: account, role: 'actor' },
							],
							...{ techniques: [], labels: {}, raw: '{}', incident: id, verdict },
						},
					},
				],
				topics: [{ topic: 'plan', key: id }],
			},
			this.now,
		);
		return id;
	}

	async state(name: string, subject: string, value: boolean, by = 'ida'): Promise<void> {
		const id = `fct_${++this.#count}`;
		const row = { id, name, subject, value, source: 'person', supplied_by: by, stated_at: this.now, expires_at: null };
		await record(
			this.#fresh.database,
			{
				entries: [
					{
						kind: 'fact.stated',
						actor: { kind: 'person', id: by },
						at: this.now,
						incident: null,
						refs: [id],
						data: { name, subject, value, expires_at: null, via: 'cli' },
					},
				],
				changes: [{ op: 'insert', table: 'facts', row }],
			},
			this.now,
		);
	}

	async replan(incident: string): Promise<void> {
		await record(this.#fresh.database, { entries: [], topics: [{ topic: 'plan', key: incident }] }, this.now);
	}

	async stepOf(incident: string, key: string): Promise<Step> {
		const [row] = await this.#fresh.database.raw`SELECT * FROM steps WHERE incident = ${incident} AND key = ${key}`;
		if (row === undefined) throw new Error(`no step ${key}`);
		return row as unknown as Step;
	}

	/** Everything that is kept about an incident, as text. */
	async everything(incident: string): Promise<string> {
		const entries = await this.#fresh.database.raw`SELECT * FROM ledger_entries WHERE incident = ${incident}`;
		const steps = await this.#fresh.database.raw`SELECT * FROM steps WHERE incident = ${incident}`;
		return JSON.stringify([entries, steps], (_key, value) => (typeof value === 'bigint' ? String(value) : value));
	}
}

const PLAYBOOK = playbook('p', [
	{
		key: 'off',
		title: 'Switch the account off',
		action: 'disable_account',
		target: 'primary',
		params: { account: '{user}', comment: 'Interlock {incident}' },
		instructions: 'by hand',
		containment_for: '1h',
	},
]);
