// Exports of asset platforms become records: NetBox (devices, virtual machines, interfaces, addresses), Nozomi Networks (assets and nodes,
// JSON and CSV), Claroty CTD and xDome (assets, devices). Pure; fetching is cli/inventory-fetch.ts, CSV and YAML of our own form inventory-own.ts.
import { z } from 'zod';
import type { Instant } from '../domain/time.ts';
import { parseCsv } from './csv-file.ts';
import { cleanText, type ImportExport, type Platform, RecordList } from './inventory-record.ts';
import { columnName } from './inventory-row.ts';
import { vendorKind } from './inventory-words.ts';

/** An entry whose members may be of any type: each field is judged by itself, so that one odd value costs only itself. */
const Entry = z.record(z.string(), z.unknown());
type Entry = z.infer<typeof Entry>;

/** Members in which platforms put their lists. */
const LISTS = [
	'results',
	'result',
	'objects',
	'devices',
	'assets',
	'nodes',
	'items',
	'data',
	'virtual_machines',
	'ip_addresses',
	'interfaces',
	'mac_addresses',
];

/** The entries of one answer or file: a list, or an object that holds one or several; null where it is neither. */
export function entriesOf(value: unknown): Entry[] | null {
	if (Array.isArray(value)) return value.flatMap((item) => (isEntry(item) ? (listsIn(item) ?? [item]) : []));
	return isEntry(value) ? listsIn(value) : null;
}

function listsIn(value: Entry): Entry[] | null {
	const lists = LISTS.flatMap((key) => (Array.isArray(value[key]) ? [value[key]] : []));
	// A thing may have a list of that name itself (`mac_addresses` of an interface): what has an id is a thing.
	if (lists.length === 0 || value['id'] !== undefined || value['uid'] !== undefined) return null;
	return lists.flat().filter(isEntry);
}

function isEntry(value: unknown): value is Entry {
	return Entry.safeParse(value).success && !Array.isArray(value);
}

/** @param entries of all pages together */
export function readPlatform(
	platform: Exclude<Platform, 'csv' | 'yaml'>,
	entries: readonly Entry[],
	now: Instant,
): ImportExport {
	const list = new RecordList(platform, now);
	switch (platform) {
		case 'netbox':
			readNetbox(entries, list);
			break;
		case 'nozomi':
			for (const entry of entries) readNozomi(entry, list);
			break;
		case 'claroty-ctd':
			for (const entry of entries) readCtd(entry, list);
			break;
		case 'claroty-xdome':
			for (const entry of entries) readXdome(entry, list);
			break;
	}
	return list.done();
}

/** Rows of a platform's CSV export as entries: headings as names, a cell with a JSON list as that list. Null with the reason where it is none. */
export function entriesOfCsv(text: string, file: string): { entries: Entry[]; fault: string | null } {
	const table = parseCsv(text, file);
	const fault = table.findings.find((finding) => finding.level === 'error');
	if (fault !== undefined) return { entries: [], fault: `line ${fault.line}: ${fault.message}` };
	const names = table.header.map((cell) => columnName(cell.text));
	const entries = table.rows.map((row) =>
		Object.fromEntries(row.map((cell, index) => [names[index] ?? '', cellValue(cell.text)])),
	);
	return { entries, fault: null };
}

function cellValue(text: string): unknown {
	if (text === '') return undefined;
	if (!text.startsWith('[')) return text;
	try {
		return JSON.parse(text);
	} catch {
		// A list that is no JSON (`[10.0.0.1, 10.0.0.2]`).
		return text
			.slice(1)
			.replace(/\]$/, '')
			.split(',')
			.map((part) => part.trim().replaceAll(/^["']|["']$/g, ''));
	}
}

// --- NetBox: /api/dcim/devices, /api/virtualization/virtual-machines, /api/dcim/interfaces, /api/virtualization/interfaces, /api/ipam/ip-addresses

/** Devices that are not on the network yet (netbox docs, Device status). */
const NOT_THERE = ['planned', 'staged', 'inventory', 'decommissioning'];

type OfDevice = { readonly ip: unknown[]; readonly mac: unknown[] };

function readNetbox(entries: readonly Entry[], list: RecordList): void {
	const of = new Map<string, OfDevice>();
	const ofDevice = (key: string): OfDevice => {
		const held = of.get(key) ?? { ip: [], mac: [] };
		of.set(key, held);
		return held;
	};
	const devices: [string, Entry][] = [];
	for (const entry of entries) {
		const address = entry['address'];
		if (typeof address === 'string') {
			// An address hangs on an interface, and the interface tells its device.
			const key = ownerOf(member(entry, 'assigned_object') ?? {});
			if (key !== null) ofDevice(key).ip.push(address);
		} else if (isEntry(entry['device']) || isEntry(entry['virtual_machine'])) {
			const key = ownerOf(entry);
			// Until 4.1 `mac_address`; from 4.2 a list of objects beside it.
			const more = Array.isArray(entry['mac_addresses']) ? entry['mac_addresses'] : [];
			if (key !== null)
				ofDevice(key).mac.push(
					...[entry['mac_address'], ...more.map((item) => (isEntry(item) ? item['mac_address'] : item))].filter(isSaid),
				);
		} else if (typeof entry['mac_address'] === 'string' && isEntry(entry['assigned_object'])) {
			const key = ownerOf(entry['assigned_object']);
			if (key !== null) ofDevice(key).mac.push(entry['mac_address']);
		} else if (cleanText(entry['id']) !== null) {
			const isMachine =
				entry['device_type'] === undefined && (entry['vcpus'] !== undefined || entry['cluster'] !== undefined);
			devices.push([`${isMachine ? 'vm' : 'device'}/${cleanText(entry['id'])}`, entry]);
		} else list.note('left out: an entry that is no device, interface or address');
	}
	for (const [key, device] of devices) addNetbox(key, device, ofDevice(key), list);
}

function addNetbox(key: string, device: Entry, { ip, mac }: OfDevice, list: RecordList): void {
	if (NOT_THERE.includes(String(wordOf(device['status'])))) {
		list.note('left out: a device that is planned, staged, in store or being removed');
		return;
	}
	const custom = member(device, 'custom_fields') ?? {};
	const role = device['role'] ?? device['device_role'];
	const primary = ['primary_ip4', 'primary_ip6', 'primary_ip', 'oob_ip'].flatMap(
		(name) => member(device, name)?.['address'] ?? [],
	);
	list.add({
		ref: key,
		hostname: device['name'],
		ip: [...primary, ...ip],
		mac,
		site: slugOf(device['site']),
		zone: wordOf(custom['zone']),
		purdue: wordOf(custom['purdue'] ?? custom['purdue_level']),
		kind: vendorKind(wordOf(custom['kind']) ?? slugOf(role)),
		vendor: nameOf(member(device, 'device_type')?.['manufacturer']),
		os: nameOf(device['platform']),
		criticality: wordOf(custom['criticality']),
		domain: wordOf(custom['domain']),
		owner: nameOf(device['tenant']),
	});
}

/** The device or machine that an interface belongs to. */
function ownerOf(entry: Entry): string | null {
	const device = cleanText(member(entry, 'device')?.['id']);
	if (device !== null) return `device/${device}`;
	const machine = cleanText(member(entry, 'virtual_machine')?.['id']);
	return machine === null ? null : `vm/${machine}`;
}

// --- Nozomi Networks: the queries `assets` and `nodes` (Guardian, CMC, Vantage)

function readNozomi(entry: Entry, list: RecordList): void {
	// Vantage wraps an asset as JSON:API does.
	const said = member(entry, 'attributes') === null ? entry : { id: entry['id'], ...member(entry, 'attributes') };
	const ref = said['id'] ?? said['mac_address'] ?? said['ip'];
	const id = cleanText(said['id']);
	list.add({
		ref: Array.isArray(ref) ? ref[0] : ref,
		hostname: isAddress(said['name']) ? said['label'] : [said['name'], said['label']],
		ip: splitList(said['ip']),
		mac: splitList(said['mac_address']),
		// Nozomi's own id is a UUID: an alert that names it means this asset.
		vendor_id: id !== null && id.length >= 16 ? id : undefined,
		site: said['site'],
		zone: first(splitList(said['zone'] ?? said['zones'])),
		purdue: said['level'],
		kind: vendorKind(isSaid(said['type']) ? said['type'] : first(splitList(said['roles']))),
		vendor: said['vendor'],
		os: said['os'] ?? said['os_or_firmware'],
		seen: said['last_activity_time'],
	});
}

// --- Claroty CTD: GET /ranger/assets

/** CTD's criticality as our 1 to 5; it has three steps. */
const CTD_CRITICALITY: Readonly<Record<string, number>> = { low: 2, medium: 3, high: 5 };

function readCtd(entry: Entry, list: RecordList): void {
	if (
		isTrue(entry['is_ghost']) ||
		/(multi|broad)cast/i.test(String(entry['special_hint__'] ?? entry['special_hint'] ?? ''))
	) {
		list.note('left out: a ghost, broadcast or multicast entry, which is no thing');
		return;
	}
	const word = (name: string): unknown => entry[`${name}__`] ?? entry[name];
	const bare = (name: string): string =>
		String(word(name) ?? '')
			.replace(/^e(?=[A-Z])/, '')
			.toLowerCase();
	list.add({
		ref: entry['resource_id'] ?? entry['asset_id'] ?? entry['id'],
		hostname: [isAddress(entry['name']) ? undefined : entry['name'], entry['hostname'] ?? entry['host_name']],
		ip: [...splitList(entry['ipv4']), ...splitList(entry['ipv6'])],
		mac: splitList(entry['mac']),
		site: entry['site_name'],
		zone: entry['virtual_zone_name'] ?? entry['zone_name'],
		purdue: entry['purdue_level'],
		kind: vendorKind(word('asset_type')),
		vendor: entry['vendor'],
		os: entry['os_name'] ?? entry['os'],
		criticality: CTD_CRITICALITY[bare('criticality')],
		domain: ['it', 'ot'].includes(bare('class_type')) ? bare('class_type') : undefined,
		seen: entry['last_seen'],
	});
}

// --- Claroty xDome: POST /api/v1/devices/

function readXdome(entry: Entry, list: RecordList): void {
	if (isTrue(entry['retired'])) {
		list.note('left out: a device that xDome calls retired');
		return;
	}
	const category = String(entry['device_category'] ?? '').toLowerCase();
	list.add({
		ref: entry['uid'] ?? entry['asset_id'] ?? entry['id'],
		hostname: [
			entry['local_name'],
			entry['device_name'],
			...splitList(entry['dhcp_hostnames'] ?? entry['dhcp_last_seen_hostname']),
		],
		ip: splitList(entry['ip_list'] ?? entry['ip']),
		mac: splitList(entry['mac_list'] ?? entry['mac']),
		vendor_id: typeof entry['uid'] === 'string' && entry['uid'].length >= 16 ? entry['uid'] : undefined,
		site: entry['site_name'],
		zone: entry['zone'] ?? entry['zone_name'],
		purdue: entry['purdue_level'],
		kind: vendorKind(entry['device_type'] ?? entry['device_subcategory']),
		vendor: entry['manufacturer'],
		os: entry['os_name'] ?? entry['combined_os'],
		domain: category === 'ot' || category === 'it' ? category : undefined,
		switch: entry['switch_name'] ?? first(splitList(entry['switch_name_list'])),
		seen: entry['last_seen_reported'] ?? first(splitList(entry['last_seen_list'])) ?? entry['last_seen'],
	});
}

// --- shapes that several share

function member(entry: Entry, name: string): Entry | null {
	const value = entry[name];
	return isEntry(value) ? value : null;
}

/** `{value, label}` of a choice, or the plain value. */
function wordOf(value: unknown): unknown {
	return isEntry(value) ? (value['value'] ?? value['name']) : value;
}

function slugOf(value: unknown): unknown {
	return isEntry(value) ? (value['slug'] ?? value['name']) : value;
}

function nameOf(value: unknown): unknown {
	return isEntry(value) ? (value['name'] ?? value['display']) : value;
}

function isSaid(value: unknown): boolean {
	return value !== null && value !== undefined && value !== '';
}

function isTrue(value: unknown): boolean {
	return value === true || value === 1 || value === 'true';
}

/** A list, or the parts of a text between commas, semicolons, bars or blanks. */
function splitList(value: unknown): unknown[] {
	if (Array.isArray(value)) return value;
	return typeof value === 'string'
		? value
				.slice(0, 20_000)
				.split(/[\s,;|]/)
				.filter((part) => part !== '')
		: [];
}

function first(values: readonly unknown[]): unknown {
	return values[0];
}

/** Platforms call a thing without a name by its address. */
function isAddress(value: unknown): boolean {
	return (
		typeof value === 'string' &&
		(/^\d{1,3}(\.\d{1,3}){3}$/.test(value) || /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(value))
	);
}
