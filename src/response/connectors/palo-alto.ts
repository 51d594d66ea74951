// Palo Alto firewalls: a tag on an address, by which a dynamic address group blocks it. No commit is made and no rule is touched. NOT here:
// grant, looks before and after, and what is reported (address-block.ts); the XML API (palo-alto-api.ts).
import { type PaloAltoConfig, paloAltoActions } from '../../domain/connector-kinds/network.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { addressesOf, createAddressBlocker, type FirewallTalk, type Told, type Wanted } from './address-block.ts';
import type { ListGround } from './block-list.ts';
import type { CallRequest, Connector, Probe } from './connector.ts';
import type { HttpEdge } from './generic-http.ts';
import { plainAddress, readIndicator, whyNever } from './indicator.ts';
import { activeOf, blind, type Firewall, openFirewall, tagsOf } from './palo-alto-api.ts';

/** @param secret the API key; it appears in no result and no error */
export function createPaloAlto(
	config: PaloAltoConfig,
	secret: string | null,
	ground: ListGround,
	edge: HttpEdge,
): Connector {
	const urls = [config.base_url, ...(config.peer_url === undefined ? [] : [config.peer_url])];
	const open = (): Firewall =>
		openFirewall({
			vsys: config.vsys ?? null,
			key: secret ?? '',
			timeoutMs: config.timeout_ms,
			allowPrivate: config.allow_private,
			resolve: edge.resolve,
			now: edge.now,
			sleep: edge.sleep,
		});
	return createAddressBlocker({
		name: config.name,
		actions: paloAltoActions(config),
		secret,
		ground,
		edge,
		talk: () => talkTo(open(), urls),
		wanted: (what) => wantedOf(config, ground, what),
		probe: async () => await probeReach(open(), urls),
	});
}

/** The tag stands in `mark` as `tag NAME`. */
const markOf = (tag: string | undefined): string => `tag ${tag ?? ''}`;
const tagOf = ({ mark }: Wanted): string => mark.slice('tag '.length);

/** Which addresses are meant: the indicator of the parameters, or those of the target in the inventory. */
function wantedOf(
	config: PaloAltoConfig,
	ground: ListGround,
	{ action, target, params }: Pick<CallRequest, 'action' | 'target' | 'params'>,
): Result<Wanted, string> {
	const isBlock = action.startsWith('block_');
	if (action.endsWith('_internal')) {
		const own = addressesOf(ground.inventory, target);
		if (!own.ok) return own;
		return ok({ addresses: own.value.ips, mark: markOf(config.tags.internal), isBlock, key: own.value.id });
	}
	const read = readIndicator(String(params['indicator'] ?? ''));
	if (!read.ok) return err(`not an indicator that can be tagged: ${read.error}`);
	const { type, value } = read.value;
	if (type !== 'ip' || value.includes('/'))
		return err(
			'this firewall tags single addresses; domains, URLs and ranges go on a list that it fetches (block-list)',
		);
	const never = isBlock ? whyNever(read.value, ground.inventory, config.never) : null;
	if (never !== null) return err(`${value} is never blocked: ${never}`);
	return ok({ addresses: [value], mark: markOf(config.tags.indicator), isBlock, key: value });
}

function talkTo(firewall: Firewall, urls: readonly string[]): FirewallTalk {
	return {
		isOverdue: firewall.isOverdue,
		async look(wanted) {
			const active = await activeOf(firewall, urls);
			if (typeof active !== 'string') return active;
			const marked: string[] = [];
			for (const address of wanted.addresses) {
				const cmd = `<show><object><registered-ip><ip>${address}</ip></registered-ip></object></show>`;
				const reply = await firewall.ask(active, 'op', cmd);
				const tags = reply.kind === 'success' ? tagsOf(reply.xml, (ip) => plainAddress(ip) === address) : null;
				if (tags === null) return blind(reply, 'the tags of the address cannot be read');
				if (tags.has(tagOf(wanted))) marked.push(address);
			}
			return { at: active, marked };
		},
		async tell(at, wanted): Promise<Told> {
			const reply = await firewall.ask(at, 'user-id', messageOf(wanted));
			return reply.kind === 'success' ? { kind: 'taken' } : reply;
		},
	};
}

async function probeReach(firewall: Firewall, urls: readonly string[]): Promise<Probe[]> {
	const active = await activeOf(firewall, urls);
	if (typeof active !== 'string') return [{ what: 'firewall', state: 'not', detail: active.reason }];
	return [
		{ what: 'firewall', state: 'well', detail: `${active} takes the key and is the active one` },
		{ what: 'rights', state: 'open', detail: 'whether the key may send user-id messages shows only in use' },
	];
}

/** Addresses and tags are of a plain alphabet by now: nothing in them can be mistaken for XML. */
function messageOf(wanted: Wanted): string {
	const verb = wanted.isBlock ? 'register' : 'unregister';
	const tag = tagOf(wanted);
	const entries = wanted.addresses.map((ip) => `<entry ip="${ip}"><tag><member>${tag}</member></tag></entry>`).join('');
	return `<uid-message><version>2.0</version><type>update</type><payload><${verb}>${entries}</${verb}></payload></uid-message>`;
}
