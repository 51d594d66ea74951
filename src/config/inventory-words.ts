// The words of asset platforms for what a thing is, as our classes. A word that is not here gives no class: the asset is then judged like
// a level 1 controller, which is the safe way to be wrong. NOT here: words of our own (domain/asset.ts).
import type { AssetClass } from '../domain/asset.ts';
import { kindOf } from './inventory-record.ts';

/** By the word in lower case without anything but letters and digits. Vendors' lists of device types, read by hand. */
const WORDS: Readonly<Record<string, AssetClass>> = {
	controller: 'plc',
	plccontroller: 'plc',
	softplc: 'plc',
	programmablelogiccontroller: 'plc',
	remoteterminalunit: 'rtu',
	intelligentelectronicdevice: 'ied',
	protectionrelay: 'ied',
	relay: 'ied',
	iomodule: 'io',
	remoteio: 'io',
	ioadapter: 'io',
	fielddevice: 'io',
	smartsensor: 'io',
	variablefrequencydrive: 'io',
	vfd: 'io',
	motordrive: 'io',
	safetycontroller: 'sis',
	safetyplc: 'sis',
	safetyinstrumentedsystem: 'sis',
	dcscontroller: 'dcs',
	distributedcontrolsystem: 'dcs',
	humanmachineinterface: 'hmi',
	operatorstation: 'hmi',
	operatorpanel: 'hmi',
	engineeringstation: 'engineering_workstation',
	engineeringworkstation: 'engineering_workstation',
	ews: 'engineering_workstation',
	scadaserver: 'scada_server',
	scadaclient: 'hmi',
	mtu: 'scada_server',
	opcserver: 'opc_server',
	datahistorian: 'historian',
	historianserver: 'historian',
	buildingcontroller: 'bms_controller',
	bmscontroller: 'bms_controller',
	hvaccontroller: 'bms_controller',
	hvac: 'bms_controller',
	networkswitch: 'network',
	industrialswitch: 'network',
	networkdevice: 'network',
	networking: 'network',
	accesspoint: 'network',
	wirelessaccesspoint: 'network',
	accessswitch: 'network',
	coreswitch: 'network',
	distributionswitch: 'network',
	vpngateway: 'vpn_gateway',
	jumpserver: 'jump_host',
	jumphost: 'jump_host',
	domaincontroller: 'domain_controller',
	activedirectoryserver: 'domain_controller',
	databaseserver: 'database',
	fileserver: 'server',
	webserver: 'server',
	hypervisor: 'server',
	virtualmachine: 'server',
	computer: 'endpoint',
	pc: 'endpoint',
	desktop: 'endpoint',
	printer: 'endpoint',
	printerscanner: 'endpoint',
	ipphone: 'endpoint',
	mobilephone: 'endpoint',
	tablet: 'endpoint',
	camera: 'endpoint',
	ipcamera: 'endpoint',
};

/** The class of a platform's word (`OT_device`, `eEngineeringStation`, `Remote I/O`), or the word itself where none is known. */
export function vendorKind(word: unknown): unknown {
	if (typeof word !== 'string') return undefined;
	// Claroty's enumerations begin with an `e`: eHMI, ePLC, eEngineeringStation.
	const bare = word.slice(0, 200).replace(/^e(?=[A-Z])/, '');
	const own = kindOf(bare);
	if (own !== null) return own;
	const key = bare.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
	return Object.hasOwn(WORDS, key) ? WORDS[key] : word;
}
