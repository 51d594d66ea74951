// PagerDuty's Events API v2 as its documentation and its OpenAPI description (PagerDuty/api-schema, reference/events-v2) describe it: what an event
// must hold, the alerts that events open, fold into, acknowledge and resolve, and the answers. Written for tests; the alerts are open to see.
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type PagerDutyAlert = {
	readonly routingKey: string;
	readonly dedupKey: string;
	state: 'triggered' | 'acknowledged' | 'resolved';
	/** Triggers that were folded into it. */
	triggers: number;
	readonly payload: Readonly<Record<string, unknown>>;
};

export type PagerDuty = VendorServer & {
	readonly alerts: PagerDutyAlert[];
	/** Every event that was taken, in order: `trigger KEY`. */
	readonly events: string[];
};

const ACTIONS = ['trigger', 'acknowledge', 'resolve'];
const SEVERITIES = ['critical', 'warning', 'error', 'info'];
const BYTES_MAX = 512 * 1024;

/** @param keys routing keys of integrations that exist */
export async function startPagerDuty(
	keys: readonly string[],
	tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<PagerDuty> {
	const alerts: PagerDutyAlert[] = [];
	const events: string[] = [];
	const server = await startVendor((request) => answer(request, keys, alerts, events), tls);
	return Object.assign(server, { alerts, events });
}

function json(status: number, body: object): VendorResponse {
	return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function invalid(...errors: string[]): VendorResponse {
	return json(400, { status: 'invalid event', message: 'Event object is invalid', errors });
}

function answer(
	request: VendorRequest,
	keys: readonly string[],
	alerts: PagerDutyAlert[],
	events: string[],
): VendorResponse {
	if (request.method !== 'POST' || request.path !== '/v2/enqueue') return json(404, { status: 'not found' });
	if (Buffer.byteLength(request.body) > BYTES_MAX) return invalid('Event is too large');
	let event: Record<string, unknown>;
	try {
		event = JSON.parse(request.body);
	} catch {
		return json(400, {
			status: 'Unrecognized object',
			message: 'Event object format is unrecognized',
			errors: ['JSON parse error'],
		});
	}
	const errors = faultsOf(event);
	if (errors.length > 0) return invalid(...errors);
	const { routing_key: routingKey, event_action: action } = event as { routing_key: string; event_action: string };
	if (!keys.includes(routingKey)) return invalid("'routing_key' is not of an integration");
	const dedupKey = String(event['dedup_key'] ?? crypto.randomUUID());
	events.push(`${action} ${dedupKey}`);
	// Only an open alert of the same key, sent by the same integration, is the same.
	const open = alerts.find(
		(one) => one.routingKey === routingKey && one.dedupKey === dedupKey && one.state !== 'resolved',
	);
	if (action === 'trigger') {
		if (open !== undefined) open.triggers++;
		else
			alerts.push({
				...{ routingKey, dedupKey, state: 'triggered', triggers: 1 },
				payload: event['payload'] as Record<string, unknown>,
			});
	} else if (open !== undefined) open.state = action === 'acknowledge' ? 'acknowledged' : 'resolved';
	return json(202, { status: 'success', message: 'Event processed', dedup_key: dedupKey });
}

function faultsOf(event: Record<string, unknown>): string[] {
	const faults: string[] = [];
	const key = event['routing_key'];
	if (typeof key !== 'string' || key.length !== 32)
		faults.push("Length of 'routing_key' is incorrect (should be 32 characters)");
	if (!ACTIONS.includes(String(event['event_action']))) faults.push("'event_action' is invalid");
	const dedup = event['dedup_key'];
	if (dedup !== undefined && (typeof dedup !== 'string' || dedup.length > 255)) faults.push("'dedup_key' is invalid");
	if (event['event_action'] !== 'trigger') return dedup === undefined ? [...faults, "'dedup_key' is missing"] : faults;
	const payload = (event['payload'] ?? {}) as Record<string, unknown>;
	const summary = payload['summary'];
	if (typeof summary !== 'string' || summary === '') faults.push("'payload.summary' is missing or blank");
	else if (summary.length > 1_024) faults.push("Length of 'payload.summary' is incorrect");
	if (typeof payload['source'] !== 'string' || payload['source'] === '')
		faults.push("'payload.source' is missing or blank");
	if (!SEVERITIES.includes(String(payload['severity']))) faults.push("'payload.severity' is invalid");
	if (payload['timestamp'] !== undefined && Number.isNaN(Date.parse(String(payload['timestamp']))))
		faults.push("'payload.timestamp' is invalid");
	for (const name of ['component', 'group', 'class'])
		if (payload[name] !== undefined && typeof payload[name] !== 'string') faults.push(`'payload.${name}' is invalid`);
	return faults;
}
