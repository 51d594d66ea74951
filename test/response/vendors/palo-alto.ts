// A Palo Alto firewall as its XML API is documented: keys, codes inside answers with status 200, tags on addresses, a pair of which one is
// active. One server a firewall; a pair shares its tags, as the active one passes them on.
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type PaloAlto = VendorServer & {
	/** address -> tags */
	readonly tags: Map<string, Set<string>>;
	/** Changes that had an effect, in order. */
	readonly effects: string[];
	keys: Set<string>;
	ha: 'off' | 'active' | 'passive';
	/** Administrators without the right for user-id messages. */
	mayChange: boolean;
};

export const KEY = 'LUFRPT1secretkey==';

const xml = (body: string, status = 200): VendorResponse => ({
	status,
	headers: { 'content-type': 'application/xml; charset=UTF-8' },
	body,
});
const error = (code: number, words: string, status = 200): VendorResponse =>
	xml(`<response status = 'error' code = '${code}'><result><msg>${words}</msg></result></response>`, status);
const success = (result: string): VendorResponse =>
	xml(`<response status="success"><result>${result}</result></response>`);

export async function startPaloAlto(
	tags: Map<string, Set<string>> = new Map(),
	tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<PaloAlto> {
	const vendor = await startVendor((request) => answer(request, firewall), tls);
	const firewall: PaloAlto = Object.assign(vendor, {
		tags,
		effects: [],
		keys: new Set([KEY]),
		ha: 'off' as const,
		mayChange: true,
	});
	return firewall;
}

function answer(request: VendorRequest, firewall: PaloAlto): VendorResponse {
	if (request.path !== '/api/') return xml('<html>404</html>', 404);
	const form = new URLSearchParams(request.body);
	if (!firewall.keys.has(String(request.headers['x-pan-key'] ?? ''))) return error(403, 'Invalid Credential', 403);
	const cmd = form.get('cmd') ?? '';
	if (form.get('type') === 'op') return operate(cmd, firewall);
	if (form.get('type') === 'user-id') return change(cmd, firewall);
	return error(400, 'Bad request');
}

function operate(cmd: string, firewall: PaloAlto): VendorResponse {
	if (cmd.includes('<high-availability>')) {
		if (firewall.ha === 'off') return success('<enabled>no</enabled>');
		const peer = firewall.ha === 'active' ? 'passive' : 'active';
		return success(
			`<enabled>yes</enabled><group><mode>Active-Passive</mode><local-info><url-compat>Mismatch</url-compat><state>${firewall.ha}</state></local-info><peer-info><state>${peer}</state></peer-info></group>`,
		);
	}
	const ip = /<registered-ip><ip>([^<]+)<\/ip>/.exec(cmd)?.[1];
	if (ip === undefined) return error(17, 'Invalid command');
	const held = [...(firewall.tags.get(ip) ?? [])];
	if (held.length === 0) return success('<count>0</count>');
	const members = held.map((tag) => `<member>${tag}</member>`).join('');
	return success(`<entry ip="${ip}" from_agent="0" persistent="1"><tag>${members}</tag></entry><count>1</count>`);
}

function change(cmd: string, firewall: PaloAlto): VendorResponse {
	if (!firewall.mayChange) return error(16, 'Unauthorized request');
	const verb = /<payload><(register|unregister)>/.exec(cmd)?.[1];
	if (verb === undefined) return error(18, 'Malformed command');
	const wrong: string[] = [];
	for (const entry of cmd.matchAll(/<entry ip="([^"]+)"><tag><member>([^<]+)<\/member><\/tag><\/entry>/g)) {
		const [, ip = '', tag = ''] = entry;
		const held = firewall.tags.get(ip) ?? new Set<string>();
		if (held.has(tag) === (verb === 'register')) {
			const words = verb === 'register' ? 'already exists, ignore' : 'does not exist, ignore unreg';
			wrong.push(`<entry ip="${ip}" message="tag ${tag} ${words}"/>`);
			continue;
		}
		if (verb === 'register') held.add(tag);
		else held.delete(tag);
		firewall.tags.set(ip, held);
		firewall.effects.push(`${verb} ${ip} ${tag}`);
	}
	if (wrong.length === 0)
		return xml(
			'<response status="success"><result><uid-response><version>2.0</version><payload/></uid-response></result></response>',
		);
	return xml(
		`<response status="error"><msg><line><uid-response><version>2.0</version><payload><${verb}>${wrong.join('')}</${verb}></payload></uid-response></line></msg></response>`,
	);
}
