// The columns of PAN-OS log lines (administrator's guides 9.1 to 11.1, "Syslog Field Descriptions"), and how a line becomes named
// fields. `-` are the columns that Palo Alto keeps for future use. What the fields mean is read in paloalto.ts.

/** The first seven columns of every log type. */
const FIRST = '- receive_time serial type subtype config_version time_generated';
const SESSION =
	'src dst natsrc natdst rule srcuser dstuser app vsys from to inbound_if outbound_if logset time_logged sessionid repeatcnt sport dport natsport natdport flags proto action';
const GROUPS = 'dg_hier_level_1 dg_hier_level_2 dg_hier_level_3 dg_hier_level_4 vsys_name device_name';
const DEVICES = ['src', 'dst']
	.flatMap((side) =>
		'category profile model vendor osfamily osversion host mac'.split(' ').map((part) => `${side}_${part}`),
	)
	.join(' ');
const CONTAINERS = 'container_id pod_namespace pod_name src_edl dst_edl hostid serialnumber';

const COLUMNS: Readonly<Record<string, string>> = {
	TRAFFIC: `${SESSION} bytes bytes_sent bytes_received packets start elapsed category - seqno actionflags srcloc dstloc - pkts_sent pkts_received session_end_reason ${GROUPS} action_source src_uuid dst_uuid tunnelid monitortag parent_session_id parent_start_time tunnel assoc_id chunks chunks_sent chunks_received rule_uuid http2_connection link_change_count policy_id link_switches sdwan_cluster sdwan_device_type sdwan_cluster_type sdwan_site dynusergroup_name xff_ip ${DEVICES} ${CONTAINERS} src_dag dst_dag session_owner high_res_timestamp`,
	THREAT: `${SESSION} misc threatid category severity direction seqno actionflags srcloc dstloc - contenttype pcap_id filedigest cloud url_idx user_agent filetype xff referer sender subject recipient reportid ${GROUPS} - src_uuid dst_uuid http_method tunnelid monitortag parent_session_id parent_start_time tunnel thr_category contentver - assoc_id ppid http_headers url_category_list rule_uuid http2_connection dynusergroup_name xff_ip ${DEVICES} ${CONTAINERS} domain_edl src_dag dst_dag partial_hash high_res_timestamp reason justification nssai_sst`,
	TUNNEL: `${SESSION} severity seqno actionflags srcloc dstloc ${GROUPS}`,
	DECRYPTION: `${SESSION} tunnel`,
	GTP: SESSION,
	SCTP: SESSION,
	SYSTEM: `vsys eventid object - - module severity opaque seqno actionflags ${GROUPS} - - high_res_timestamp`,
	CONFIG: 'host vsys cmd admin client result config_path before_change after_change seqno actionflags',
	GLOBALPROTECT:
		'vsys eventid stage auth_method tunnel_type srcuser srcregion machinename public_ip public_ipv6 private_ip private_ipv6 hostid serialnumber client_ver client_os client_os_ver repeatcnt reason error opaque status location login_duration connect_method error_code portal seqno actionflags high_res_timestamp selection_type response_time priority attempted_gateways gateway',
	USERID: `vsys src srcuser datasourcename eventid repeatcnt timeout sport dport datasource datasourcetype seqno actionflags ${GROUPS} vsys_id factortype factorcompletiontime factorno`,
	AUTHENTICATION: `vsys src srcuser normalize_user object authpolicy repeatcnt authid vendor logset serverprofile opaque clienttype event factorno seqno actionflags ${GROUPS} vsys_id authproto rule_uuid high_res_timestamp`,
	HIPMATCH: `srcuser vsys machinename os src matchname repeatcnt matchtype - - seqno actionflags ${GROUPS} vsys_id srcipv6 hostid serialnumber mac high_res_timestamp`,
	CORRELATION: `src srcuser vsys category severity ${GROUPS} vsys_id objectname object_id evidence`,
	IPTAG: `vsys src tag_name eventid repeatcnt timeout datasourcename datasourcetype datasource_subtype seqno actionflags ${GROUPS} vsys_id high_res_timestamp`,
};

/** Log types by the names that versions give them (`HIP-MATCH`, `USER-ID`). */
export function logType(name: string): string {
	return name.toUpperCase().replace(/[^A-Z]/g, '');
}

/** True for a line that begins as PAN-OS writes it: a number, the time of receipt, the serial number, a type in capitals. */
export function isPanLine(text: string): boolean {
	return /^\d{0,9},\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d[^,]{0,20},[\w-]{0,40},[A-Z][A-Za-z-]{2,20},/.test(
		text.trimStart(),
	);
}

/** The fields of a line by name; null for a type whose columns are not known (its first seven are). */
export function readPanLine(line: string): { readonly fields: Map<string, string>; readonly rest: readonly string[] } {
	const cells = splitCells(line.trim());
	const type = logType(cells[3] ?? '');
	const names = `${FIRST} ${Object.hasOwn(COLUMNS, type) ? COLUMNS[type] : ''}`.trim().split(' ');
	const fields = new Map<string, string>();
	const rest: string[] = [];
	for (const [index, cell] of cells.entries()) {
		const name = names[index];
		if (name === undefined || name === '-') rest.push(cell);
		else if (cell !== '') fields.set(name, cell);
	}
	// Later columns move with the version; a time with an offset is the one of high resolution wherever it stands.
	if (!/^\d{4}-/.test(fields.get('high_res_timestamp') ?? '')) {
		const precise = cells.find((cell) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d)$/.test(cell));
		if (precise === undefined) fields.delete('high_res_timestamp');
		else fields.set('high_res_timestamp', precise);
	}
	return { fields, rest };
}

/** Cells of a line: `"..."` with `""` inside; shippers that escape quotes (`\"`) and backslashes once more are read too. */
function splitCells(line: string): string[] {
	const text = /,\\"|\\",/.test(line) ? line.replaceAll('\\"', '"') : line;
	const cells: string[] = [];
	let at = 0;
	while (at <= text.length) {
		if (text.charAt(at) === '"') {
			let cell = '';
			at++;
			while (at < text.length) {
				if (text.charAt(at) === '"' && text.charAt(at + 1) === '"') at++;
				else if (text.charAt(at) === '"') break;
				cell += text.charAt(at);
				at++;
			}
			const next = text.indexOf(',', at);
			cells.push(cell);
			at = next === -1 ? text.length + 1 : next + 1;
		} else {
			const next = text.indexOf(',', at);
			const end = next === -1 ? text.length : next;
			cells.push(text.slice(at, end).trim());
			at = end + 1;
		}
	}
	return cells.map((cell) => cell.replaceAll('\\\\', '\\'));
}
