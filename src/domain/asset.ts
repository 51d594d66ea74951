// A thing in the inventory: what it is, where it stands, who owns it. IEC 62443 zones and conduits, Purdue levels.
import { z } from 'zod';
import { Domain } from './alert.ts';

export const ASSET_CLASSES = [
	'endpoint',
	'server',
	'domain_controller',
	'database',
	'erp',
	'crm',
	'cloud',
	'network',
	'vpn_gateway',
	'jump_host',
	'dmz_server',
	'scanner',
	'historian',
	'engineering_workstation',
	'sis_workstation',
	'scada_server',
	'opc_server',
	'hmi',
	'dcs',
	'plc',
	'rtu',
	'ied',
	'sis',
	'io',
	'bms_server',
	'bms_controller',
	'unknown',
] as const;
export const AssetClass = z.enum(ASSET_CLASSES);
export type AssetClass = z.infer<typeof AssetClass>;

/** Other words for a class that inventories use (DESIGN.md, Inventory). */
export const ASSET_CLASS_ALIASES: Readonly<Record<string, AssetClass>> = {
	ws: 'endpoint',
	workstation: 'endpoint',
	laptop: 'endpoint',
	srv: 'server',
	mail: 'server',
	web: 'server',
	dc: 'domain_controller',
	switch: 'network',
	firewall: 'network',
	router: 'network',
	vpn: 'vpn_gateway',
	jump: 'jump_host',
	dmz: 'dmz_server',
	hist: 'historian',
	eng: 'engineering_workstation',
	siseng: 'sis_workstation',
	scada: 'scada_server',
	opc: 'opc_server',
	sensor: 'io',
	actuator: 'io',
	drive: 'io',
	bmssrv: 'bms_server',
	bms: 'bms_controller',
};

/** Purdue level as text, because 3.5 is a name and not a number; unknown is judged as 1. */
export const LEVELS = ['0', '1', '2', '3', '3.5', '4', '5', 'unknown'] as const;
export const Level = z.enum(LEVELS);
export type Level = z.infer<typeof Level>;

export const Asset = z.object({
	id: z.string().min(1).max(200),
	hostnames: z.array(z.string()),
	ips: z.array(z.string()),
	/** lower case, colon separated */
	macs: z.array(z.string()),
	/** Ids by which vendors know it (Defender machineId, Nozomi node id, ...). */
	vendor_ids: z.array(z.string()),
	site: z.string().nullable(),
	zone: z.string().nullable(),
	level: Level,
	class: AssetClass,
	/** The word that the inventory used for the class, kept where it was unknown. */
	class_raw: z.string().nullable(),
	vendor: z.string().nullable(),
	os: z.string().nullable(),
	/** 1 (least) to 5 (most) */
	criticality: z.number().int().min(1).max(5).nullable(),
	domain: Domain.nullable(),
	switch: z.string().nullable(),
	owner: z.string().nullable(),
	/** Facts of the safety table stated in the inventory (`sole_view: true`), by fact name. */
	facts: z.record(z.string(), z.union([z.boolean(), z.string(), z.number()])),
	/** Columns that the inventory has and we do not know. */
	tags: z.record(z.string(), z.string()),
	/** When this row was last confirmed, ISO 8601; null where the file does not say. */
	confirmed_at: z.string().nullable(),
});
export type Asset = z.infer<typeof Asset>;

export const Zone = z.object({
	id: z.string(),
	name: z.string().nullable(),
	site: z.string().nullable(),
	level: Level.nullable(),
	/** A zone of safety instrumented systems: everything unknown in it is judged as SIS. */
	sis: z.boolean(),
	/** CIDR ranges that belong to the zone; an address inside an OT range that no asset has is judged as a level 1 controller. */
	ranges: z.array(z.string()),
	owner: z.string().nullable(),
	/** Facts of the safety table stated for the zone. */
	facts: z.record(z.string(), z.union([z.boolean(), z.string(), z.number()])),
});
export type Zone = z.infer<typeof Zone>;

export const Conduit = z.object({
	id: z.string(),
	from: z.string(),
	to: z.string(),
	/** The asset that enforces it (firewall, gateway), where known. */
	via: z.string().nullable(),
});
export type Conduit = z.infer<typeof Conduit>;

/** Everything the inventory files say, as values; `indexInventory` makes it searchable. */
export type InventoryData = {
	readonly assets: readonly Asset[];
	readonly zones: readonly Zone[];
	readonly conduits: readonly Conduit[];
	/** When the inventory was read or last confirmed as a whole; its age is a fact of the safety gate. */
	readonly confirmedAt: number;
	/** Names and addresses, lower case, that people took off the worklist of unknown assets. The gate judges them as before. */
	readonly dismissed?: readonly string[];
};
