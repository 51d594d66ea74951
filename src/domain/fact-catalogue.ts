// Every condition of the safety table (docs/safety.md) as a named, typed fact: what it can be, from best to worst, what it
// is about, how long a statement of it holds, who can supply it, and the question a person is asked. No reading happens here.
import type { Role } from './person.ts';
import { DAY, HOUR, MINUTE } from './time.ts';

/** What a fact is about. `target` is each target asset of the step or, where it has none, its account, indicator or flow. */
export type SubjectKind =
	| 'asset'
	| 'zone'
	| 'site'
	| 'account'
	| 'session'
	| 'flow'
	| 'indicator'
	| 'service'
	| 'step'
	| 'incident'
	| 'plant'
	| 'target';

export type FactValue = boolean | string;

export type FactSpec = {
	/** `boolean`, or the words that an enumerated fact may take. */
	readonly type: 'boolean' | readonly string[];
	/** Every value from best to worst; the order is what "worse" means in the laws of the gate. */
	readonly order: readonly FactValue[];
	/** What a missing, expired or stale statement is taken for: the last of `order`. */
	readonly worst: FactValue;
	readonly subject: SubjectKind;
	/** How old a statement without an expiry of its own may be; null for no limit (the subject does not outlive it). */
	readonly maxAgeMs: number | null;
	/** Who may state it. Code may state it too, as source `system`, from what it sees itself. */
	readonly suppliers: readonly Role[];
	readonly question: string;
	/**
	 * A promise that the product's own code keeps (a rate limiter, the masking of outbound data): held to be at its best
	 * unless somebody states otherwise. Only for rows that inform, record, or read what is stored.
	 */
	readonly promised: boolean;
};

// How long statements hold: our choice, on the careful side. What changes within a shift must be said within it.
const MOMENT = 30 * MINUTE;
const SHIFT = 8 * HOUR;
const WEEK = 7 * DAY;
const YEAR = 365 * DAY;

const OT: readonly Role[] = ['ot_engineer', 'ot_operator'];
const OPERATOR: readonly Role[] = ['ot_operator'];
const ENGINEER: readonly Role[] = ['ot_engineer'];
const IT: readonly Role[] = ['it_lead', 'it_analyst'];
const IT_LEAD: readonly Role[] = ['it_lead'];
const NETWORK: readonly Role[] = ['network_owner', 'ot_engineer'];
const EITHER: readonly Role[] = ['ot_engineer', 'network_owner', 'it_lead'];

type Holds = { readonly about: SubjectKind; readonly forMs: number | null; readonly by: readonly Role[] };

/** A yes-or-no fact that is bad when `bad` is stated. */
function flag(bad: boolean, holds: Holds, question: string, promised = false): FactSpec {
	const order = [!bad, bad];
	return {
		type: 'boolean',
		order,
		worst: bad,
		subject: holds.about,
		maxAgeMs: holds.forMs,
		suppliers: holds.by,
		question,
		promised,
	};
}

/** A fact with words for values, best first, worst last. */
function words(order: readonly [string, ...string[]], holds: Holds, question: string, promised = false): FactSpec {
	const worst = order.at(-1) ?? order[0];
	const { about: subject, forMs: maxAgeMs, by: suppliers } = holds;
	return { type: order, order, worst, subject, maxAgeMs, suppliers, question, promised };
}

const asset = (forMs: number | null, by: readonly Role[]): Holds => ({ about: 'asset', forMs, by });
const zone = (forMs: number | null, by: readonly Role[]): Holds => ({ about: 'zone', forMs, by });
const step = (forMs: number | null, by: readonly Role[]): Holds => ({ about: 'step', forMs, by });
const account = (forMs: number | null, by: readonly Role[]): Holds => ({ about: 'account', forMs, by });
const session = (forMs: number | null, by: readonly Role[]): Holds => ({ about: 'session', forMs, by });
const flow = (forMs: number | null, by: readonly Role[]): Holds => ({ about: 'flow', forMs, by });
const indicator = (forMs: number | null, by: readonly Role[]): Holds => ({ about: 'indicator', forMs, by });
const site = (forMs: number | null, by: readonly Role[]): Holds => ({ about: 'site', forMs, by });
const incident = (forMs: number | null, by: readonly Role[]): Holds => ({ about: 'incident', forMs, by });

/** What the asset is and what hangs on it: usually stated in the inventory. */
const ASSET_FACTS = {
	ot_dependency: flag(
		true,
		asset(YEAR, EITHER),
		'Does any OT process depend on it (licences, time, DNS, batch orders)?',
	),
	dual_homed: flag(true, asset(YEAR, EITHER), 'Does it have a second connection that reaches OT?'),
	operator_remote_view: flag(true, asset(YEAR, OT), 'Does an operator watch the process from it?'),
	sole_view: flag(true, asset(YEAR, OT), 'Is it the only place from which its part of the process can be seen?'),
	sole_control: flag(
		true,
		asset(YEAR, OT),
		'Is it the only place from which its part of the process can be controlled?',
	),
	is_uplink: flag(
		true,
		asset(YEAR, NETWORK),
		'Does the port or device carry the traffic of other devices (an uplink)?',
	),
	ring_or_redundancy: flag(true, asset(YEAR, NETWORK), 'Is it part of a ring or of a redundant pair?'),
	carries_safety_traffic: flag(
		true,
		asset(YEAR, ['ot_engineer', 'sis_engineer', 'network_owner']),
		'Does this network carry traffic of safety systems or protection relays?',
	),
	used_by_ot: flag(
		true,
		asset(YEAR, EITHER),
		'Does anything at level 3 or below use this service (DNS, DHCP, time, PKI)?',
	),
	wireless_carries_ot: flag(
		true,
		asset(YEAR, NETWORK),
		'Does OT traffic (telemetry, control) ride on this radio or modem?',
	),
	control_depends_on_historian: flag(
		true,
		asset(YEAR, ENGINEER),
		'Does any control or alarm function read this historian?',
	),
	capture_device_installed: flag(
		false,
		asset(YEAR, NETWORK),
		'Is a capture device (SPAN, TAP, sensor) already installed here?',
	),
	scan_allow_listed: flag(false, asset(YEAR, NETWORK), 'Is this host on the list of hosts that may be scanned?'),
	sis_copy_one_way: flag(
		false,
		asset(YEAR, ['sis_engineer', 'ot_engineer']),
		'Does the copy of the SIS status come over an existing one-way or read-only path?',
	),
	action_cuts_own_path: flag(
		true,
		{ about: 'target', forMs: YEAR, by: EITHER },
		'Does it carry operator view, alarm delivery, time, or the channel over which this step is approved?',
	),
	fallback_confirmed: flag(
		false,
		{ about: 'target', forMs: SHIFT, by: EITHER },
		'Is a working fallback for view, alarms, time and approvals confirmed?',
	),
	download_in_progress: flag(
		true,
		asset(MOMENT, OT),
		'Is a download, online edit or force in progress from this workstation?',
	),
	process_running: flag(true, asset(MOMENT, OPERATOR), 'Is the process that this station shows running?'),
	second_view_confirmed: flag(
		false,
		asset(MOMENT, OPERATOR),
		'Has the operator confirmed a second station that shows the same?',
	),
	redundancy_healthy: flag(false, asset(MOMENT, OT), 'Is the redundancy partner confirmed healthy?'),
	window_open: flag(false, asset(SHIFT, OT), 'Is a maintenance window open for it now?'),
	permit_open: flag(false, asset(SHIFT, OT), 'Is there a named work permit for exactly this work, open now?'),
	process_made_safe: flag(false, asset(MOMENT, OPERATOR), 'Has the operator made the process safe for this work?'),
	lockout_applied: flag(false, asset(SHIFT, OT), 'Is lock-out/tag-out applied to the machine?'),
	manual_controls_tested: flag(false, asset(YEAR, OT), 'Have the manual controls been tested?'),
} as const satisfies Record<string, FactSpec>;

/** Where it stands: the zone, the site, the plant, the incident. */
const PLACE_FACTS = {
	zone_state: words(
		['normal', 'permit_open', 'manual', 'bypass_open', 'start_up', 'shut_down', 'alarm_flood', 'upset', 'unknown'],
		zone(SHIFT, OPERATOR),
		'In which state is the process of this zone (`normal` means: none of the others, and no bypass or other permit open)?',
	),
	zone_safety_alarm_active: flag(true, zone(SHIFT, OPERATOR), 'Is a safety alarm or trip active in this zone?'),
	zone_stable_confirmed: flag(false, zone(MOMENT, OPERATOR), 'Does the operator say that the zone is stable?'),
	site_manned: flag(false, site(SHIFT, OT), 'Are there people at the site who can see and control the process?'),
	view_confirmed_elsewhere: flag(false, site(SHIFT, OT), 'Are view and control of this site confirmed from elsewhere?'),
	island_procedure_signed: flag(
		false,
		site(YEAR, ['incident_lead', 'ot_engineer']),
		'Is there a tested, signed island procedure with its connector?',
	),
	operator_ready_for_island: flag(
		false,
		site(MOMENT, OPERATOR),
		'Is the operator ready for manual or local operation?',
	),
	it_policy_allows_auto: flag(
		false,
		site(YEAR, IT_LEAD),
		'Does the IT policy let the bot do this on IT hosts by itself?',
	),
	session_preapproved: flag(
		false,
		site(YEAR, ENGINEER),
		'Has the site approved in advance that the bot ends sessions outside approved windows?',
	),
	inventory_current: flag(false, { about: 'plant', forMs: 30 * DAY, by: EITHER }, 'Is the asset inventory current?'),
	identity_compromised: flag(
		true,
		incident(SHIFT, IT),
		'Does the incident touch identities (directory, sign-on) or Slack?',
	),
	legal_review_done: flag(
		false,
		incident(WEEK, ['reporter', 'compliance']),
		'Have legal and plant reviewed the message?',
	),
} as const satisfies Record<string, FactSpec>;

/** What the step reaches that is no asset: accounts, sessions, flows, indicators. */
const REACH_FACTS = {
	account_used_by_ot: flag(
		true,
		account(30 * DAY, EITHER),
		'Is the account used by an HMI, a service, a historian, OPC, a scheduled task or an operator login?',
	),
	account_is_live_operator_login: flag(true, account(MOMENT, OT), 'Is an operator logged in with this account now?'),
	account_dependants_listed: flag(
		false,
		account(WEEK, EITHER),
		'Have both approvers seen the list of what depends on the account?',
	),
	replacement_login_ready: flag(false, account(SHIFT, OT), 'Does the replacement login work already?'),
	vendor_permit_open: flag(true, account(SHIFT, OT), 'Does the vendor of this account have an open permit?'),
	session_is_live_maintenance: flag(true, session(MOMENT, OT), 'Is the session live maintenance work?'),
	session_sole_remote_operator: flag(true, session(MOMENT, OT), 'Is the session the only remote operator?'),
	session_outside_window: flag(false, session(MOMENT, OT), 'Is the session outside any approved window?'),
	engineer_under_permit: flag(true, session(MOMENT, OT), 'Is an engineer working under a permit over this session?'),
	flow_known: flag(false, flow(WEEK, NETWORK), 'Is the flow known: source, destination, port, and what it is for?'),
	flow_process_effect: words(
		['none', 'accepted', 'unknown'],
		flow(SHIFT, OPERATOR),
		'What does blocking the flow do to the process: none, accepted by the operator, or unknown?',
	),
	timed_rollback: flag(false, flow(SHIFT, NETWORK), 'Does the block undo itself after a set time?'),
	eradication_confirmed: flag(
		false,
		{ about: 'target', forMs: SHIFT, by: ['it_lead', 'ot_engineer'] },
		'Has the eradication check shown that the intruder is out?',
	),
	indicator_external: flag(false, indicator(DAY, IT), 'Is the indicator outside every internal and OT range?'),
	indicator_on_dependency_allowlist: flag(
		true,
		indicator(DAY, EITHER),
		'Is it an address that OT or this bot depends on (vendor support, cloud historian, time, licence, chat)?',
	),
} as const satisfies Record<string, FactSpec>;

/** What has been prepared for this very step. */
const STEP_FACTS = {
	dependency_checked: flag(false, step(SHIFT, OT), 'Has somebody checked what depends on the target?'),
	process_effect_written: flag(false, step(SHIFT, OT), 'Is the expected effect on the process written down?'),
	rollback_tested: flag(false, step(SHIFT, EITHER), 'Is there a way back, and has its path been tested?'),
	view_remains_stated: flag(false, step(SHIFT, OT), 'Is it stated from where view and control remain?'),
	operator_informed: flag(
		false,
		step(2 * HOUR, OPERATOR),
		'Has the operator been informed by voice or acknowledged in the control room?',
	),
	out_of_band_confirmed: flag(
		false,
		step(2 * HOUR, [...IT, ...OT]),
		'Have both approvers confirmed over a channel other than chat?',
	),
	parallel_ot_step: flag(true, step(MOMENT, []), 'Is another OT step running at the same time?'),
	previous_attempt_failed: flag(true, step(null, []), 'Did an earlier attempt at this step fail?'),
	block_has_expiry: flag(false, step(null, IT), 'Does the block end by itself after a set time?'),
	off_peak: flag(false, step(SHIFT, OT), 'Is now a time of low load for this server?'),
	saved_query_approved: flag(false, step(WEEK, ENGINEER), 'Is it a saved query that OT has approved in advance?'),
	ot_told: flag(false, step(SHIFT, OT), 'Has OT been told about this step?'),
	scan_excludes_ot: flag(false, step(SHIFT, ['network_owner', 'it_lead']), 'Does the scan exclude every OT range?'),
	tested_on_staging: flag(false, step(30 * DAY, ENGINEER), 'Has exactly this been tested on staging?'),
	stop_person_named: flag(false, step(SHIFT, OT), 'Is a person named who can stop it at once?'),
	design_work: flag(false, step(SHIFT, ENGINEER), 'Is this design work in a window, and no incident response?'),
	engineering_project: flag(false, step(30 * DAY, ENGINEER), 'Is this an engineering project of its own?'),
	responsible_person_asked: flag(
		false,
		step(SHIFT, OT),
		'Has the responsible engineer or facility taken this on as their own work?',
	),
	alternative_access_stated: flag(false, step(SHIFT, EITHER), 'Is it stated how engineers get in without it?'),
	port_verified: flag(false, step(SHIFT, NETWORK), 'Has the exact port been verified against the drawing?'),
	report_data_noted: flag(false, step(SHIFT, OT), 'Is it noted which reports and regulatory data stop?'),
	service_effect_known: flag(
		false,
		step(SHIFT, EITHER),
		'Is the service named and the effect of the change on it known?',
	),
	oem_approved: flag(false, step(30 * DAY, ENGINEER), 'Has the vendor of the OT system approved this?'),
	evidence_taken: flag(false, step(SHIFT, IT), 'Has the evidence been taken that a restart would destroy?'),
	change_tested: flag(false, step(30 * DAY, EITHER), 'Has the patch, signature or agent been tested?'),
	clean_image_proven: flag(false, step(SHIFT, EITHER), 'Is the image proven clean?'),
	policy_reviewed: flag(false, step(WEEK, ['admin', 'compliance']), 'Has the change been reviewed?'),
	forensic_tool_tested: flag(
		false,
		step(30 * DAY, ENGINEER),
		'Has the forensic tool been tested on this kind of host?',
	),
	vendor_tool_approved: flag(false, step(30 * DAY, ENGINEER), 'Is the tool approved by the vendor?'),
	gold_copy_compared: flag(
		false,
		step(SHIFT, ENGINEER),
		'Has the logic been compared with the gold copy, and its provenance checked?',
	),
	moc_open: flag(false, step(30 * DAY, ENGINEER), 'Is a management-of-change record open?'),
	spare_ready: flag(false, step(WEEK, ENGINEER), 'Is a spare ready, and the vendor procedure at hand?'),
	validation_planned: flag(
		false,
		step(SHIFT, OT),
		'Will operations validate the process afterwards (restart procedure at hand)?',
	),
	plant_decision: flag(false, step(SHIFT, ['incident_lead', 'ot_operator']), 'Has the plant decided it?'),
	within_rate_limit: flag(false, step(null, ['admin']), 'Is it within the rate and volume limits?', true),
	message_author: words(
		['person', 'template', 'adviser'],
		step(null, ['incident_lead']),
		'Who wrote the text: a person, a reviewed template, or the language model?',
		true,
	),
	outbound_scrubbed: flag(false, step(null, ['admin']), 'Is outbound data free of OT network detail?', true),
	model_output_labelled: flag(false, step(null, ['admin']), 'Is model output labelled as a proposal?', true),
	read_only_account: flag(false, step(null, ['admin']), 'Does the query run under a read-only account?', true),
	query_bounded: flag(false, step(null, ['admin']), 'Is the query bounded in time and rows?', true),
	capture_disk_capped: flag(false, step(null, ['admin']), 'Is the disk use of the capture capped?', true),
	stored_copies_only: flag(false, step(null, ['admin']), 'Are only stored copies read?', true),
	draft_only: flag(false, step(null, ['admin']), 'Is it a draft, which people send?', true),
} as const satisfies Record<string, FactSpec>;

const ALL_FACTS = { ...ASSET_FACTS, ...PLACE_FACTS, ...REACH_FACTS, ...STEP_FACTS };
export type FactName = keyof typeof ALL_FACTS;

/** The catalogue, by name. */
export const FACTS: Readonly<Record<FactName, FactSpec>> = ALL_FACTS;

/** Every name, in the order of the catalogue. */
// Object.keys of a literal with exactly these keys: the assertion cannot be wrong.
export const FACT_NAMES = Object.keys(ALL_FACTS) as readonly FactName[];

/** Statements that go stale within a shift are about this moment: a file cannot vouch for them (see `readFact`). */
export const MOMENTARY_MAX_AGE_MS = SHIFT;
