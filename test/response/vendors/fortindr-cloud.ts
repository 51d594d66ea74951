// The sensor service of FortiNDR Cloud as its published clients use it: sensors, and capture tasks that are begun, listed and end by themselves.
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type CaptureTask = {
	readonly task_uuid: string;
	readonly name: string;
	readonly bpf: string;
	readonly sensor_ids: readonly string[];
	readonly requested_start_time: string;
	readonly requested_end_time: string;
	status: string;
	has_files: boolean;
	files: string[];
};
export type FortiNdr = VendorServer & {
	readonly tasks: CaptureTask[];
	readonly sensors: Set<string>;
	readonly tokens: Set<string>;
	/** Tasks that the list does not show yet. */
	hidden: number;
};

export const NDR_TOKEN = 'ndr-token-0123456789';
export const ACCOUNT = '11111111-2222-3333-4444-555555555555';

export async function startFortiNdr(
	tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<FortiNdr> {
	const vendor = await startVendor((request) => answer(request, ndr), tls);
	const ndr: FortiNdr = Object.assign(vendor, {
		...{ tasks: [], sensors: new Set(['plt1', 'plt2']), tokens: new Set([NDR_TOKEN]), hidden: 0 },
	});
	return ndr;
}

function answer(request: VendorRequest, ndr: FortiNdr): VendorResponse {
	const said = (status: number, body: object): VendorResponse => ({
		...{ status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
	});
	const token = /^IBToken (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
	if (!ndr.tokens.has(token)) return said(401, { error: { message: 'Unauthorized' } });
	if (request.path === '/v1/sensors' && request.method === 'GET')
		return said(200, { sensors: [...ndr.sensors].map((id) => ({ sensor_id: id, account_code: 'plt' })) });
	if (request.path !== '/v1/pcaptasks') return said(404, { error: { message: 'Not Found' } });
	if (request.method === 'GET') {
		const hidden = ndr.hidden > 0 ? 1 : 0;
		ndr.hidden = Math.max(0, ndr.hidden - 1);
		return said(200, { pcaptasks: ndr.tasks.slice(0, ndr.tasks.length - hidden) });
	}
	if (request.method !== 'POST') return said(405, { error: { message: 'Method' } });
	const body = JSON.parse(request.body) as Record<string, unknown>;
	const sensors = body['sensor_ids'];
	const [from, to] = [Date.parse(String(body['requested_start_date'])), Date.parse(String(body['requested_end_date']))];
	const isWhole = ['name', 'description', 'bpf'].every((name) => typeof body[name] === 'string' && body[name] !== '');
	if (!isWhole || body['account_uuid'] !== ACCOUNT || !Array.isArray(sensors) || !(from < to))
		return said(400, { error: { message: 'Bad Request' } });
	ndr.tasks.push({
		task_uuid: `373c9861-16cd-44cb-b768-${String(ndr.tasks.length).padStart(12, '0')}`,
		...{ name: String(body['name']), bpf: String(body['bpf']), sensor_ids: sensors.map(String), status: 'active' },
		...{ requested_start_time: new Date(from).toISOString(), requested_end_time: new Date(to).toISOString() },
		...{ has_files: false, files: [] },
	});
	return said(200, { pcap_task: ndr.tasks.at(-1) });
}
