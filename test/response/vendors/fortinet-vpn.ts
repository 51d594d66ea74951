// A FortiGate with SSL VPN, as the monitor part of its REST API is documented: logins with their tunnels, and their end by kind and index.
// An index is a place: who logs in next gets it again.
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type VpnLogin = {
	readonly index: number;
	readonly user_name: string;
	readonly remote_host: string;
	readonly last_login_time: string;
	readonly last_login_timestamp?: number;
	readonly subsessions: readonly { readonly index: number; readonly aip: string }[];
};

export type FortinetVpn = VendorServer & {
	live: VpnLogin[];
	/** Names of those whose login a request ended, in order. */
	readonly ended: string[];
	/** Tunnels that a request took down, by their address. */
	readonly tunnels: string[];
	readonly tokens: Set<string>;
	mayEnd: boolean;
	/** Whether a login goes with its last tunnel, as it does for clients without the portal. */
	goesWithTunnel: boolean;
};

export const VPN_TOKEN = 'fgt-vpn-token-0123456789';

export async function startFortinetVpn(
	tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<FortinetVpn> {
	const vendor = await startVendor((request) => answer(request, firewall), tls);
	const firewall: FortinetVpn = Object.assign(vendor, {
		live: [],
		ended: [],
		tunnels: [],
		tokens: new Set([VPN_TOKEN]),
		mayEnd: true,
		goesWithTunnel: false,
	});
	return firewall;
}

function answer(request: VendorRequest, firewall: FortinetVpn): VendorResponse {
	const vdom = request.query.get('vdom') ?? 'root';
	const said = (status: number, of: object): VendorResponse => ({
		status,
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({
			http_method: request.method,
			vdom,
			path: 'vpn',
			name: 'ssl',
			serial: 'FGT60F0000000000',
			version: 'v7.2.8',
			build: 1639,
			...of,
		}),
	});
	const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
	if (!firewall.tokens.has(token))
		return { status: 401, headers: { 'content-type': 'text/html' }, body: '<h1>401 Unauthorized</h1>' };
	if (vdom !== 'root') return said(403, { status: 'error' });
	if (request.path === '/api/v2/monitor/vpn/ssl' && request.method === 'GET') {
		const results = firewall.live.map((login) => ({
			...login,
			subsession_type: 'tunnel',
			two_factor_auth: false,
			subsessions: login.subsessions.map((one) => ({ ...one, mode: 'Tunnel', type: 'ssl', in_bytes: 1, out_bytes: 1 })),
		}));
		return said(200, { results, status: 'success' });
	}
	if (request.path !== '/api/v2/monitor/vpn/ssl/delete' || request.method !== 'POST')
		return said(404, { status: 'error' });
	if (!firewall.mayEnd) return said(403, { status: 'error' });
	const body = JSON.parse(request.body) as { type?: string; index?: number };
	if (body.type === 'subsession') endTunnel(firewall, body.index);
	else endLogin(firewall, body.index);
	return said(200, { status: 'success' });
}

function endTunnel(firewall: FortinetVpn, index: number | undefined): void {
	firewall.live = firewall.live.flatMap((login) => {
		const gone = login.subsessions.filter((one) => one.index === index);
		if (gone.length === 0) return [login];
		firewall.tunnels.push(...gone.map(({ aip }) => aip));
		const subsessions = login.subsessions.filter((one) => one.index !== index);
		if (!firewall.goesWithTunnel || subsessions.length > 0) return [{ ...login, subsessions }];
		firewall.ended.push(login.user_name);
		return [];
	});
}

function endLogin(firewall: FortinetVpn, index: number | undefined): void {
	firewall.ended.push(...firewall.live.filter((one) => one.index === index).map((one) => one.user_name));
	firewall.live = firewall.live.filter((one) => one.index !== index);
}
