// The registry of source kinds: a new kind is one file here and one line below.
import { alertmanager } from './alertmanager.ts';
import { armis } from './armis.ts';
import { azureMonitor } from './azure-monitor.ts';
import { bmsEcostruxure } from './bms-ecostruxure.ts';
import { bmsUdmi } from './bms-udmi.ts';
import { cefGeneric } from './cef-generic.ts';
import { clarotyCtd } from './claroty-ctd.ts';
import { clarotyXdome } from './claroty-xdome.ts';
import { cloudwatchSns } from './cloudwatch-sns.ts';
import { crowdstrike } from './crowdstrike.ts';
import { datadog } from './datadog.ts';
import { defenderForIot } from './defender-for-iot.ts';
import { defenderXdr } from './defender-xdr.ts';
import { dragos } from './dragos.ts';
import { elastic } from './elastic.ts';
import { forescout } from './forescout.ts';
import { fortinet } from './fortinet.ts';
import { gcpMonitoring } from './gcp-monitoring.ts';
import { gcpScc } from './gcp-scc.ts';
import { grafana } from './grafana.ts';
import { guardduty } from './guardduty.ts';
import { leefGeneric } from './leef-generic.ts';
import { netdata } from './netdata.ts';
import { niagara } from './niagara.ts';
import { nozomi } from './nozomi.ts';
import { ocsf } from './ocsf.ts';
import { okta } from './okta.ts';
import { paloalto } from './paloalto.ts';
import { predictiveMaintenance } from './predictive-maintenance.ts';
import { radiflow } from './radiflow.ts';
import { salesforce } from './salesforce.ts';
import { sapOnapsis } from './sap-onapsis.ts';
import { scadaIsa182 } from './scada-isa182.ts';
import { scadaOpcua } from './scada-opcua.ts';
import { seckiot } from './seckiot.ts';
import { sentinel } from './sentinel.ts';
import { sentinelone } from './sentinelone.ts';
import { serverStorage } from './server-storage.ts';
import type { SourceKind } from './source-kind.ts';
import { splunk } from './splunk.ts';
import { suricata } from './suricata.ts';
import { syslog } from './syslog.ts';
import { tenableOt } from './tenable-ot.ts';
import { wazuh } from './wazuh.ts';
import { zabbix } from './zabbix.ts';
import { zeekIcs } from './zeek-ics.ts';
import { zeekNotice } from './zeek-notice.ts';

export type { SourceKind } from './source-kind.ts';

export const SOURCE_KINDS: readonly SourceKind[] = [
	alertmanager,
	armis,
	azureMonitor,
	bmsEcostruxure,
	bmsUdmi,
	cefGeneric,
	clarotyCtd,
	clarotyXdome,
	cloudwatchSns,
	crowdstrike,
	datadog,
	defenderForIot,
	defenderXdr,
	dragos,
	elastic,
	forescout,
	fortinet,
	gcpMonitoring,
	gcpScc,
	grafana,
	guardduty,
	leefGeneric,
	netdata,
	niagara,
	nozomi,
	ocsf,
	okta,
	paloalto,
	predictiveMaintenance,
	radiflow,
	salesforce,
	sapOnapsis,
	scadaIsa182,
	scadaOpcua,
	seckiot,
	sentinel,
	sentinelone,
	serverStorage,
	splunk,
	suricata,
	syslog,
	tenableOt,
	wazuh,
	zabbix,
	zeekIcs,
	zeekNotice,
];

const BY_NAME = new Map(
	SOURCE_KINDS.flatMap((kind) => [kind.name, ...kind.aliases].map((name) => [name, kind] as const)),
);

/** The kind with this name or alias (`defender` is `defender-xdr`, `cef` is `cef-generic`); null where there is none. */
export function sourceKind(name: string): SourceKind | null {
	return BY_NAME.get(name) ?? null;
}

/** Every name and alias that a source kind can be given by, sorted. */
export function sourceKindNames(): string[] {
	return [...BY_NAME.keys()].sort();
}
