// A Palo Alto firewall with a GlobalProtect gateway, as the XML API is documented: live and former users by gateway, a logout by user,
// domain and computer whose answer holds one of its own, codes inside answers with status 200, a pair of which one is active.
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type GpSession = {
	readonly gateway: string;
	readonly user: string;
	readonly domain: string;
	readonly computer: string;
	readonly virtualIp: string;
	readonly publicIp: string;
	/** Seconds of the epoch. */
	readonly since: number;
};

export type GlobalProtect = VendorServer & {
	live: GpSession[];
	former: (GpSession & { readonly until: number; readonly reason: string })[];
	/** Sessions that a request ended, in order. */
	readonly ended: GpSession[];
	keys: Set<string>;
	ha: 'off' | 'active' | 'passive';
	mayEnd: boolean;
	/** The second of the epoch at which a logout is dated. */
	clock: number;
};

export const GP_KEY = 'LUFRPT1gpsecret==';

const xml = (body: string, status = 200): VendorResponse => ({
	status,
	headers: { 'content-type': 'application/xml; charset=UTF-8' },
	body,
});
const error = (code: number, words: string, status = 200): VendorResponse =>
	xml(`<response status = 'error' code = '${code}'><result><msg>${words}</msg></result></response>`, status);
const success = (result: string): VendorResponse =>
	xml(`<response status="success"><result>${result}</result></response>`);
const quoted = (text: string): string =>
	text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll("'", '&apos;');
const unquoted = (text: string): string =>
	text.replaceAll('&apos;', "'").replaceAll('&gt;', '>').replaceAll('&lt;', '<').replaceAll('&amp;', '&');

export async function startGlobalProtect(
	tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<GlobalProtect> {
	const vendor = await startVendor((request) => answer(request, firewall), tls);
	const firewall: GlobalProtect = Object.assign(vendor, {
		live: [],
		former: [],
		ended: [],
		keys: new Set([GP_KEY]),
		ha: 'off' as const,
		mayEnd: true,
		clock: 0,
	});
	return firewall;
}

function answer(request: VendorRequest, firewall: GlobalProtect): VendorResponse {
	if (request.path !== '/api/') return xml('<html>404</html>', 404);
	const form = new URLSearchParams(request.body);
	if (!firewall.keys.has(String(request.headers['x-pan-key'] ?? ''))) return error(403, 'Invalid Credential', 403);
	if (form.get('type') !== 'op') return error(400, 'Bad request');
	const cmd = form.get('cmd') ?? '';
	if (cmd.includes('<high-availability>')) {
		if (firewall.ha === 'off') return success('<enabled>no</enabled>');
		return success(
			`<enabled>yes</enabled><group><local-info><state>${firewall.ha}</state></local-info><peer-info><state>x</state></peer-info></group>`,
		);
	}
	const gateway = textOf(cmd, 'gateway');
	if (cmd.startsWith('<show>') && cmd.includes('<current-user>'))
		return success(
			firewall.live
				.filter((one) => one.gateway === gateway)
				.map((one) => entryOf(one, ''))
				.join(''),
		);
	if (cmd.startsWith('<show>') && cmd.includes('<previous-user>')) {
		const own = firewall.former.filter((one) => one.gateway === gateway);
		return success(
			own
				.map((one) => entryOf(one, `<logout-time-utc>${one.until}</logout-time-utc><reason>${one.reason}</reason>`))
				.join(''),
		);
	}
	return cmd.startsWith('<request>') ? logout(cmd, gateway, firewall) : error(17, 'Invalid command');
}

function logout(cmd: string, gateway: string, firewall: GlobalProtect): VendorResponse {
	if (!firewall.mayEnd) return error(16, 'Unauthorized request');
	const [user, domain, computer] = [textOf(cmd, 'user'), textOf(cmd, 'domain'), textOf(cmd, 'computer')];
	const isMeant = (one: GpSession): boolean =>
		one.gateway === gateway && one.user === user && one.domain === domain && one.computer === computer;
	const gone = firewall.live.filter(isMeant);
	firewall.live = firewall.live.filter((one) => !isMeant(one));
	firewall.ended.push(...gone);
	firewall.former.push(...gone.map((one) => ({ ...one, until: firewall.clock, reason: 'admin logout' })));
	const status = gone.length === 0 ? 'error' : 'success';
	const words = gone.length === 0 ? '<error>Invalid user name</error>' : '';
	return success(
		`<response status="${status}"><gateway>${gateway}</gateway><domain>${domain || '(null)'}</domain><user>${quoted(user)}</user><computer>${quoted(computer)}</computer>${words}</response>`,
	);
}

function textOf(cmd: string, name: string): string {
	return unquoted(new RegExp(`<${name}>([^<]*)</${name}>`).exec(cmd)?.[1] ?? '');
}

function entryOf(one: GpSession, more: string): string {
	return `<entry><domain>${one.domain}</domain><islocal>yes</islocal><username>${quoted(one.user)}</username><primary-username>${quoted(one.domain === '' ? one.user : `${one.domain}\\${one.user}`)}</primary-username><computer>${quoted(one.computer)}</computer><client>Microsoft Windows 11 Pro , 64-bit</client><vpn-type>Device Level VPN</vpn-type><virtual-ip>${one.virtualIp}</virtual-ip><virtual-ipv6>::</virtual-ipv6><public-ip>${one.publicIp}</public-ip><tunnel-type>IPSec</tunnel-type><login-time>Jun.10 02:00:00</login-time><login-time-utc>${one.since}</login-time-utc><lifetime>2592000</lifetime>${more}</entry>`;
}
