// The catalogue of actions: every kind of thing that a step can do, and what it does to the world. Rule G1: the effect comes
// from here and from nowhere else. What is not in the catalogue is unknown, and unknown is for hands (G2).

/**
 * inform      tells people                      record      writes down in Interlock itself
 * observe     reads what is stored, or captures passively
 * query       asks a live system                scan        sends traffic to find out
 * contain     cuts something off                restore     gives something back
 * account     changes who may log in            configure   changes network, naming, time, trust, policy of machines
 * host_change changes a host                    disclose    tells people outside
 * policy      changes the gate's own ground     raw         a shell or call whose effect nobody can see (P03)
 * control     changes controllers, process or safety functions
 * destroy     deletes or makes unreadable       attack      what an attacker does
 */
export const EFFECTS = [
	'inform',
	'record',
	'observe',
	'query',
	'scan',
	'contain',
	'restore',
	'account',
	'configure',
	'host_change',
	'disclose',
	'policy',
	'raw',
	'control',
	'destroy',
	'attack',
] as const;
export type Effect = (typeof EFFECTS)[number];

/**
 * The only effects for which a connector may exist. Control, destruction, attack, raw shells and changes of the gate's own
 * policy are missing: a missing capability is the strongest control (G10).
 */
export const EFFECTS_WITH_CONNECTOR = [
	'inform',
	'record',
	'observe',
	'query',
	'scan',
	'contain',
	'restore',
	'account',
	'configure',
	'host_change',
	'disclose',
] as const satisfies readonly Effect[];

/** Effects that change nothing and ask no live system: allowed towards anything, also while a safety alarm is active (G4). */
export const TOUCH_FREE_EFFECTS = ['inform', 'record', 'observe'] as const satisfies readonly Effect[];

/**
 * What an action acts on. `asset`: an inventory asset, without which it is judged as a level 1 controller (G2). `account` and
 * `indicator`: the name in the parameters, with or without an asset. `none`: nothing (notify) or the whole plant.
 */
export type TargetKind = 'asset' | 'account' | 'indicator' | 'none';

export type ActionSpec = {
	readonly effect: Effect;
	readonly target: TargetKind;
	/** In words: what happens to the target. */
	readonly words: string;
	/** The action that this one takes back; it falls under the same rows, never by itself (AUTO becomes ONE). */
	readonly undoes: UndoneAction | null;
};

/** Actions that another one takes back. */
type UndoneAction =
	| 'block_indicator'
	| 'block_internal'
	| 'disable_remote_access'
	| 'disable_account'
	| 'disable_vendor_account'
	| 'isolate_host';

const act = (effect: Effect, target: TargetKind, words: string, undoes: UndoneAction | null = null): ActionSpec => ({
	effect,
	target,
	words,
	undoes,
});

const INFORM_ACTIONS = {
	notify: act('inform', 'none', 'notify people'),
	page: act('inform', 'none', 'page the person on call'),
	open_channel: act('inform', 'none', 'open a channel'),
	open_ticket: act('inform', 'none', 'open a ticket'),
	update_ticket: act('inform', 'none', 'update a ticket'),
	ask_control_room: act('inform', 'none', 'tell or ask the control room'),
	ask_person: act('inform', 'none', 'ask a person'),
	manual_step: act('inform', 'none', 'post a step for a person to do'),
	enrich: act('observe', 'none', 'look up intelligence, inventory and tickets'),
	correlate: act('record', 'none', 'join alerts'),
	classify: act('record', 'none', 'classify'),
	set_severity: act('record', 'none', 'set the severity'),
	propose_playbook: act('record', 'none', 'propose a playbook'),
	query_logs: act('observe', 'asset', 'query stored logs and sensor consoles'),
	query_historian: act('query', 'asset', 'query a historian'),
	start_capture: act('observe', 'asset', 'start a packet capture'),
	extend_capture: act('observe', 'asset', 'extend a packet capture'),
	change_mirror: act('configure', 'asset', 'create or change a mirror session'),
	read_backup: act('observe', 'asset', 'read stored configuration or logic'),
	pull_backup: act('query', 'asset', 'have a fresh copy pulled from a controller'),
	compare_logic: act('observe', 'none', 'compare stored logic with the gold copy'),
	triage_host: act('query', 'asset', 'take memory and disk evidence'),
	write_record: act('record', 'none', 'write a record'),
	start_clock: act('record', 'none', 'start a regulatory clock'),
	draft_report: act('record', 'none', 'draft a report'),
	send_report: act('disclose', 'none', 'send a message to a regulator, ISAC, customer or the public'),
} as const satisfies Record<string, ActionSpec>;

const NETWORK_ACTIONS = {
	scan_vulnerabilities: act('scan', 'asset', 'scan for vulnerabilities'),
	scan_ports: act('scan', 'asset', 'scan ports'),
	sweep_hosts: act('scan', 'asset', 'sweep with pings'),
	grab_banners: act('scan', 'asset', 'grab banners'),
	discover_assets: act('scan', 'asset', 'broadcast for discovery'),
	exploit: act('attack', 'asset', 'run an exploit or proof of concept'),
	guess_password: act('attack', 'asset', 'guess passwords'),
	fuzz: act('attack', 'asset', 'fuzz'),
	block_indicator: act('contain', 'indicator', 'block an external indicator at the enterprise edge'),
	unblock_indicator: act('restore', 'indicator', 'take back the block of an indicator', 'block_indicator'),
	block_internal: act('contain', 'asset', 'block an internal host or subnet at the enterprise firewall'),
	unblock_internal: act('restore', 'asset', 'take back the block of an internal host', 'block_internal'),
	block_flow: act('contain', 'asset', 'block one flow at a conduit'),
	reopen_flow: act('restore', 'asset', 're-open a blocked flow'),
	close_all_conduits: act('contain', 'asset', 'close all traffic between IT and OT'),
	end_session: act('contain', 'asset', 'end one remote session'),
	disable_remote_access: act('contain', 'asset', 'disable remote access for everybody'),
	enable_remote_access: act('restore', 'asset', 'allow remote access again', 'disable_remote_access'),
	change_switch_port: act('configure', 'asset', 'shut or open a switch port'),
	change_vlan: act('configure', 'asset', 'move a port to another VLAN'),
	change_acl: act('configure', 'asset', 'change an access list'),
	nac_quarantine: act('contain', 'asset', 'quarantine by network access control'),
	block_industrial_commands: act('contain', 'asset', 'drop industrial protocol commands inline'),
	change_dns: act('configure', 'asset', 'change DNS'),
	change_dhcp: act('configure', 'asset', 'change DHCP'),
	change_ntp: act('configure', 'asset', 'change time service'),
	change_routing: act('configure', 'asset', 'change routing'),
	change_certificate: act('configure', 'asset', 'change certificates or PKI'),
	disable_wireless: act('contain', 'asset', 'disable wireless'),
	disable_modem: act('contain', 'asset', 'disable a cellular modem'),
} as const satisfies Record<string, ActionSpec>;

const IDENTITY_AND_HOST_ACTIONS = {
	disable_account: act('account', 'account', 'disable an account'),
	enable_account: act('account', 'account', 'enable an account again', 'disable_account'),
	reset_account: act('account', 'account', 'reset the password of an account'),
	revoke_tokens: act('account', 'account', 'revoke tokens'),
	force_mfa: act('account', 'account', 'force multi-factor authentication'),
	disable_vendor_account: act('account', 'account', 'disable the remote account of a vendor'),
	enable_vendor_account: act('account', 'account', 'enable the account of a vendor again', 'disable_vendor_account'),
	change_domain_policy: act('configure', 'asset', 'change domain policy or a domain controller'),
	change_controller_password: act('control', 'asset', 'change the password of a controller'),
	change_sis_credentials: act('control', 'asset', 'change passwords, keys or key-switch custody of a safety system'),
	isolate_host: act('contain', 'asset', 'isolate a host'),
	release_host: act('restore', 'asset', 'release a host from isolation', 'isolate_host'),
	kill_process: act('host_change', 'asset', 'kill a process'),
	quarantine_file: act('host_change', 'asset', 'quarantine a file'),
	stop_service: act('host_change', 'asset', 'stop a service'),
	restart_service: act('host_change', 'asset', 'restart a service'),
	restart: act('host_change', 'asset', 'restart it'),
	power_off: act('host_change', 'asset', 'switch it off'),
	install_patch: act('host_change', 'asset', 'install a patch'),
	push_signatures: act('host_change', 'asset', 'push antivirus signatures'),
	install_agent: act('host_change', 'asset', 'install an agent'),
	uninstall_agent: act('host_change', 'asset', 'uninstall an agent'),
	change_hypervisor: act('host_change', 'asset', 'act on a hypervisor'),
	change_storage: act('host_change', 'asset', 'act on storage'),
	snapshot_vm: act('host_change', 'asset', 'take or roll back a snapshot of a virtual machine'),
	restore_file: act('restore', 'asset', 'restore a file from backup'),
	restore_host: act('restore', 'asset', 'restore a host from backup'),
	delete_data: act('destroy', 'asset', 'delete data'),
	encrypt_data: act('destroy', 'asset', 'encrypt data'),
	wipe_host: act('destroy', 'asset', 'wipe a host'),
} as const satisfies Record<string, ActionSpec>;

const PROCESS_ACTIONS = {
	poll_controller: act('query', 'asset', 'read the state of a controller directly'),
	stop_controller: act('control', 'asset', 'stop a controller'),
	start_controller: act('control', 'asset', 'start a controller'),
	reset_controller: act('control', 'asset', 'reset a controller'),
	change_mode: act('control', 'asset', 'change the mode or key switch of a controller'),
	clear_fault: act('control', 'asset', 'clear a fault of a controller'),
	change_logic: act('control', 'asset', 'download, edit or delete logic'),
	write_value: act('control', 'asset', 'write a register, coil, setpoint, tag, parameter or output'),
	force_io: act('control', 'asset', 'force inputs or outputs'),
	change_alarm: act('control', 'asset', 'change, silence, shelve or suppress process alarms'),
	update_firmware: act('control', 'asset', 'update firmware'),
	enter_bootloader: act('control', 'asset', 'enter update or bootloader mode'),
	restore_logic: act('control', 'asset', 'restore a controller program'),
	change_operation: act('control', 'none', 'change to manual operation, reduce rate, or shut down in order'),
	emergency_shutdown: act('control', 'none', 'trip or shut down at once'),
	bypass_sis: act('control', 'asset', 'bypass, inhibit, override or force a safety function'),
	change_sis: act(
		'control',
		'asset',
		'change logic, parameters, firmware, mode or proof-test state of a safety system',
	),
	read_sis: act('query', 'asset', 'read a safety system directly'),
	read_sis_copy: act('observe', 'asset', 'read the copy of the SIS status in the historian'),
	change_comfort_setpoint: act('control', 'asset', 'change comfort air conditioning or lighting'),
	change_life_safety: act('control', 'asset', 'act on cooling, ventilation, smoke control, fire, doors or lifts'),
	operate_breaker: act('control', 'asset', 'operate a protection relay or breaker'),
	shed_load: act('control', 'asset', 'shed or transfer load'),
	move_machine: act('control', 'asset', 'enable, start or stop a machine'),
	block_telemetry: act('control', 'none', 'block or delay telemetry to operators'),
	run_ssh: act('raw', 'asset', 'run commands over ssh'),
	run_bash: act('raw', 'asset', 'run a shell script'),
	run_powershell: act('raw', 'asset', 'run PowerShell'),
	call_http_api: act('raw', 'asset', 'call an HTTP interface'),
	run_openc2_http: act('raw', 'asset', 'send an OpenC2 command'),
	run_caldera: act('raw', 'asset', 'run a Caldera ability'),
	do_imported_step: act('raw', 'none', 'do what an imported text or command says'),
	change_policy: act('policy', 'none', 'change this table or the rules of the site'),
	change_safety_tags: act('policy', 'none', 'change the safety tags of the inventory'),
	change_approvers: act('policy', 'none', 'change who may approve'),
	override_gate: act('policy', 'none', 'override the gate'),
} as const satisfies Record<string, ActionSpec>;

const ALL_ACTIONS = {
	...INFORM_ACTIONS,
	...NETWORK_ACTIONS,
	...IDENTITY_AND_HOST_ACTIONS,
	...PROCESS_ACTIONS,
};
export type ActionName = keyof typeof ALL_ACTIONS;

export const ACTIONS: Readonly<Record<ActionName, ActionSpec>> = ALL_ACTIONS;

/** Every name, in the order of the table. */
// Object.keys of a literal with exactly these keys: the assertion cannot be wrong.
export const ACTION_NAMES = Object.keys(ALL_ACTIONS) as readonly ActionName[];

export function isActionName(name: string): name is ActionName {
	return Object.hasOwn(ACTIONS, name);
}

/** The effect of an action; null for one that the catalogue does not know. */
export function effectOf(action: string): Effect | null {
	return isActionName(action) ? ACTIONS[action].effect : null;
}

/** Whether a connector for this action may exist at all. False for every control effect and every unknown action. */
export function mayHaveConnector(action: string): boolean {
	const effect = effectOf(action);
	return EFFECTS_WITH_CONNECTOR.some((known) => known === effect);
}
