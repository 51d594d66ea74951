// A PI System behind PI Web API as its reference documents it: Basic or bearer, points and attributes by path, recorded values forwards and
// backwards in time, states as objects, and selected fields.
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type PiValue = {
	readonly at: number;
	readonly value: unknown;
	readonly good?: boolean;
	readonly questionable?: boolean;
};
export type PiTag = { readonly path: string; readonly unit?: string; readonly values: PiValue[]; name?: string };
export type Pi = VendorServer & {
	readonly tags: PiTag[];
	/** The whole value of the Authorization header. */
	readonly logins: Set<string>;
	/** Its clock: what `Date` says. */
	clock: number;
};

export const PI_USER = 'PLANT\\interlock';
export const PI_PASSWORD = 'pi-password-0123456789';
export const PI_LOGIN = `Basic ${Buffer.from(`${PI_USER}:${PI_PASSWORD}`).toString('base64')}`;

export async function startPi(
	tags: PiTag[],
	clock: number,
	tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<Pi> {
	const vendor = await startVendor((request) => answer(request, pi), tls);
	const pi: Pi = Object.assign(vendor, { tags, logins: new Set([PI_LOGIN]), clock });
	return pi;
}

/** PI Web API writes seven decimals. */
const iso = (at: number): string => new Date(at).toISOString().replace('Z', '0000Z');
const webId = (tag: PiTag): string => `F1${Buffer.from(tag.path).toString('base64url')}`;
const nameOf = (tag: PiTag): string => tag.name ?? tag.path.split(/[\\|]/).at(-1) ?? '';

function answer(request: VendorRequest, pi: Pi): VendorResponse {
	const headers = { 'content-type': 'application/json; charset=utf-8', date: new Date(pi.clock).toUTCString() };
	const said = (status: number, body: object): VendorResponse => ({ status, headers, body: JSON.stringify(body) });
	if (request.method !== 'GET') return said(405, { Message: 'not in this test' });
	if (!pi.logins.has(request.headers.authorization ?? ''))
		return { status: 401, headers: { ...headers, 'www-authenticate': 'Basic' }, body: '' };
	const path = request.path.replace(/^\/piwebapi/, '');
	const selected = request.query.get('selectedFields')?.split(';') ?? [];
	if (path === '/') return said(200, { Links: { Self: `${pi.url}/piwebapi/` } });
	if (path === '/points' || path === '/attributes') {
		const wanted = request.query.get('path')?.toLowerCase();
		const tag = pi.tags.find((one) => one.path.toLowerCase() === wanted);
		if (tag === undefined) return said(404, { Errors: [`PI Point not found '${wanted}'.`] });
		const unit = path === '/points' ? 'EngineeringUnits' : 'DefaultUnitsNameAbbreviation';
		const all = { WebId: webId(tag), Id: 82, Name: nameOf(tag), Path: tag.path, [unit]: tag.unit ?? '', Step: false };
		return said(200, pick(all, selected));
	}
	const [, id, verb] = /^\/streams\/([^/]+)\/(recorded|recordedattime)$/.exec(path) ?? [];
	const tag = pi.tags.find((one) => webId(one) === id);
	if (tag === undefined) return said(404, { Errors: ['Unknown WebID.'] });
	const shown = (one: PiValue) => ({
		...{ Timestamp: iso(one.at), Value: one.value, UnitsAbbreviation: tag.unit ?? '', Good: one.good ?? true },
		...{ Questionable: one.questionable ?? false, Substituted: false, Annotated: false },
	});
	if (verb === 'recordedattime') {
		const at = Date.parse(request.query.get('time') ?? '');
		const before = tag.values.findLast((one) => one.at <= at);
		const none: PiValue = { at, value: { Name: 'No Data', Value: 248, IsSystem: true }, good: false };
		return said(200, pick(shown(before ?? none), selected));
	}
	return said(200, recorded(request, tag, selected, shown));
}

function recorded(request: VendorRequest, tag: PiTag, selected: string[], shown: (one: PiValue) => object): object {
	const from = Date.parse(request.query.get('startTime') ?? '');
	const to = Date.parse(request.query.get('endTime') ?? '');
	const [low, high] = [Math.min(from, to), Math.max(from, to)];
	const inside = tag.values.filter((one) => one.at >= low && one.at <= high).toSorted((a, b) => a.at - b.at);
	const ordered = to < from ? inside.reverse() : inside;
	const fields = selected.flatMap((field) => (field.startsWith('Items.') ? [field.slice(6)] : []));
	const max = Number(request.query.get('maxCount') ?? 1_000);
	return { Items: ordered.slice(0, max).map((one) => pick(shown(one), fields)) };
}

function pick(all: object, fields: readonly string[]): object {
	return fields.length === 0 ? all : Object.fromEntries(Object.entries(all).filter(([name]) => fields.includes(name)));
}
