// A packet filter that is commanded by OpenC2 over HTTPS, as OASIS specifies language, transfer and profile: one path, one content type,
// ids that come back, rules with numbers that are given again after they are gone.
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type OpenC2Filter = VendorServer & {
	/** number -> what it denies */
	readonly rules: Map<
		number,
		{ readonly net: string; readonly stop: number | null; readonly direction: string | null }
	>;
	/** Changes that had an effect, in order. */
	readonly effects: string[];
	/** Commands as they came. */
	readonly commands: { [name: string]: unknown }[];
	logins: Set<string>;
	pairs: { [action: string]: string[] };
	profiles: string[];
	mayChange: boolean;
	/** Answers in the envelope of another request. */
	isConfused: boolean;
	namesRules: boolean;
};

export const FILTER_TOKEN = 'oc2-token-0123456789';

export async function startOpenC2(
	tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<OpenC2Filter> {
	const vendor = await startVendor((request) => answer(request, filter), tls);
	const filter: OpenC2Filter = Object.assign(vendor, {
		rules: new Map<number, { net: string; stop: number | null; direction: string | null }>(),
		effects: [],
		commands: [],
		logins: new Set([`Bearer ${FILTER_TOKEN}`]),
		pairs: {
			query: ['features'],
			deny: ['ipv4_net', 'ipv6_net'],
			allow: ['ipv4_net', 'ipv6_net'],
			delete: ['slpf:rule_number'],
		},
		profiles: ['slpf'],
		mayChange: true,
		isConfused: false,
		namesRules: true,
	});
	return filter;
}

const TYPE = 'application/openc2+json;version=1.0';

/** A whole answer; HTTP says the same as OpenC2. */
export function openC2Answer(id: string, status: number, of: object = {}, http = status): VendorResponse {
	return {
		status: http,
		headers: { 'content-type': TYPE, 'x-request-id': id },
		body: JSON.stringify({
			headers: { request_id: id, created: 1_781_060_400_000, from: 'filter' },
			body: { openc2: { response: { status, ...of } } },
		}),
	};
}

function answer(request: VendorRequest, filter: OpenC2Filter): VendorResponse {
	const id = String(request.headers['x-request-id'] ?? '');
	const said = (status: number, of: object = {}): VendorResponse =>
		openC2Answer(filter.isConfused ? '00000000-0000-4000-8000-000000000000' : id, status, of);
	if (request.method !== 'POST' || request.path !== '/.well-known/openc2')
		return { status: 404, headers: {}, body: 'not here' };
	if (!filter.logins.has(request.headers.authorization ?? '')) return said(401, { status_text: 'who are you' });
	if (request.headers['content-type'] !== TYPE || request.headers.accept !== TYPE) return said(400);
	const message = JSON.parse(request.body) as {
		headers: { request_id: string };
		body: { openc2: { request: { [name: string]: unknown } } };
	};
	const command = message.body.openc2.request;
	filter.commands.push(command);
	if (message.headers.request_id !== id || command['command_id'] !== id) return said(400, { status_text: 'ids' });
	const target = command['target'] as { [name: string]: unknown };
	const [name = '', ...more] = Object.keys(target);
	const action = String(command['action']);
	if (more.length > 0 || !(filter.pairs[action] ?? []).includes(name))
		return said(501, { status_text: 'Target not supported' });
	if (action === 'query')
		return said(200, { results: { versions: ['1.0'], profiles: filter.profiles, pairs: filter.pairs } });
	if (!filter.mayChange) return said(403);
	return action === 'deny' ? deny(command, String(target[name]), filter, said) : remove(target[name], filter, said);
}

type Said = (status: number, of?: object) => VendorResponse;

function deny(command: { [name: string]: unknown }, net: string, filter: OpenC2Filter, said: Said): VendorResponse {
	const args = (command['args'] ?? {}) as { stop_time?: number; slpf?: { direction?: string } };
	let number = 1;
	while (filter.rules.has(number)) number++;
	filter.rules.set(number, { net, stop: args.stop_time ?? null, direction: args.slpf?.direction ?? null });
	filter.effects.push(`deny ${net}`);
	return said(200, filter.namesRules ? { results: { slpf: { rule_number: number } } } : {});
}

function remove(number: unknown, filter: OpenC2Filter, said: Said): VendorResponse {
	const held = typeof number === 'number' ? filter.rules.get(number) : undefined;
	if (held === undefined || typeof number !== 'number') return said(500, { status_text: 'Rule not updated' });
	filter.rules.delete(number);
	filter.effects.push(`delete ${held.net}`);
	return said(200);
}
