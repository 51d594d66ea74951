// A FortiGate as the monitor part of its REST API is documented: bearer token, virtual domains, the list of banned addresses.
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type Fortinet = VendorServer & {
	readonly banned: Set<string>;
	/** Changes that had an effect, in order. */
	readonly effects: string[];
	readonly tokens: Set<string>;
	/** False for an administrator whose profile may only read. */
	mayChange: boolean;
};

export const TOKEN = 'fgt-token-0123456789';

export async function startFortinet(
	tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<Fortinet> {
	const vendor = await startVendor((request) => answer(request, firewall), tls);
	const firewall: Fortinet = Object.assign(vendor, {
		banned: new Set<string>(),
		effects: [],
		tokens: new Set([TOKEN]),
		mayChange: true,
	});
	return firewall;
}

function answer(request: VendorRequest, firewall: Fortinet): VendorResponse {
	const vdom = request.query.get('vdom') ?? 'root';
	const said = (status: number, of: object): VendorResponse => ({
		status,
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({
			http_method: request.method,
			vdom,
			path: 'user',
			name: 'banned',
			http_status: status,
			serial: 'FGT60F0000000000',
			version: 'v7.4.3',
			build: 2573,
			...of,
		}),
	});
	const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
	if (!firewall.tokens.has(token))
		return { status: 401, headers: { 'content-type': 'text/html' }, body: '<h1>401 Unauthorized</h1>' };
	if (vdom !== 'root') return said(403, { status: 'error' });
	if (request.path === '/api/v2/monitor/user/banned' && request.method === 'GET') {
		const results = [...firewall.banned].map((ip) => ({
			ip_address: ip,
			ipv6: ip.includes(':'),
			created: 1_760_000_000,
			expires: 0,
			source: 'Administrative',
		}));
		return said(200, { results, status: 'success' });
	}
	const verb = /^\/api\/v2\/monitor\/user\/banned\/(add_users|clear_users)$/.exec(request.path)?.[1];
	if (verb === undefined || request.method !== 'POST') return said(404, { status: 'error' });
	if (!firewall.mayChange) return said(403, { status: 'error' });
	const body = JSON.parse(request.body) as { ip_addresses?: string[]; expiry?: number };
	for (const ip of body.ip_addresses ?? []) {
		if (firewall.banned.has(ip) === (verb === 'add_users')) continue;
		if (verb === 'add_users') firewall.banned.add(ip);
		else firewall.banned.delete(ip);
		firewall.effects.push(`${verb} ${ip}`);
	}
	return said(200, { status: 'success' });
}
