// The list as rules of nftables for the account of the program on a machine of its own: what this account sends goes to the listed addresses and
// ports, and what answers a connection from outside goes back. Addresses only: names are as they were when it was made.
import { INTERNET, merged, noteOnNames, type Policy, type Reach } from './policy.ts';

/** Of the kernel are 128 with its end. */
const COMMENT_MAX = 120;

const is6 = (address: string): boolean => address.includes(':');

/** @param user the account, by name or number; it must exist where the rules are loaded */
export function nftables(policy: Policy, user: string): string {
	const { reaches, dns, inside, forbidden } = policy;
	const list = merged(reaches);
	const isV4 = (address: string): boolean => !is6(address) && address !== INTERNET;
	const open = [...new Set(list.flatMap(({ addresses, port }) => (addresses.includes(INTERNET) ? [port] : [])))];
	const kept = open.length === 0 ? [] : [...inside, ...forbidden];
	return `# Made by \`interlock policy egress --format nftables\`: make it again when the configuration or an address changes.
# Load it with \`nft -f FILE\`. It holds addresses and ports, for everything that runs as ${user}; the loopback interface stays open.
${noteOnNames(policy)
	.map((line) => `${line}\n`)
	.join('')}table inet interlock_egress
delete table inet interlock_egress

table inet interlock_egress {
${set('allowed4', 'ipv4_addr . inet_service', pairs(list, isV4))}${set('allowed6', 'ipv6_addr . inet_service', pairs(list, is6))}${set('dns4', 'ipv4_addr', dns.filter(isV4))}${set('dns6', 'ipv6_addr', dns.filter(is6))}${merging('inside4', 'ipv4_addr', kept.filter(isV4))}${merging('inside6', 'ipv6_addr', kept.filter(is6))}	chain output {
		type filter hook output priority filter; policy accept;
		meta skuid != ${user} accept
		oifname "lo" accept
		ct state established,related accept
		ip daddr . tcp dport @allowed4 accept
		ip6 daddr . tcp dport @allowed6 accept
${publicRules(open)}		ip daddr @dns4 meta l4proto { tcp, udp } th dport 53 accept
		ip6 daddr @dns6 meta l4proto { tcp, udp } th dport 53 accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
		limit rate 10/minute burst 20 packets log prefix "interlock egress: "
		counter reject with icmpx type admin-prohibited
	}
}
`;
}

function pairs(list: readonly Reach[], isOf: (address: string) => boolean): string[] {
	return list.flatMap(({ addresses, host, port, what }) =>
		addresses
			.filter(isOf)
			.map(
				(address) =>
					`${address} . ${port} comment "${`${host}: ${what}`.replace(/[^\w .:*(),-]/g, '?').slice(0, COMMENT_MAX)}"`,
			),
	);
}

/** A set that may be empty: a rule that looks into it then matches nothing. */
function set(name: string, type: string, elements: readonly string[]): string {
	const flags = elements.some((element) => /^[^ ]*\//.test(element)) ? '\t\tflags interval\n' : '';
	const unique = [...new Map(elements.map((element) => [element.split(' comment ')[0], element])).values()];
	const held = unique.length === 0 ? '' : `\t\telements = {\n${unique.map((one) => `\t\t\t${one},\n`).join('')}\t\t}\n`;
	return `\tset ${name} {\n\t\ttype ${type}\n${flags}${held}\t}\n\n`;
}

/** Ranges that may lie in one another. */
function merging(name: string, type: string, ranges: readonly string[]): string {
	if (ranges.length === 0) return '';
	const elements = [...new Set(ranges)].map((range) => `\t\t\t${range},\n`).join('');
	return `\tset ${name} {\n\t\ttype ${type}\n\t\tflags interval\n\t\tauto-merge\n\t\telements = {\n${elements}\t\t}\n\t}\n\n`;
}

/** Ports at which every public address is open. */
function publicRules(ports: readonly number[]): string {
	if (ports.length === 0) return '';
	const list = ports.toSorted((a, b) => a - b).join(', ');
	return `\t\tip daddr != @inside4 tcp dport { ${list} } accept\n\t\tip6 daddr != @inside6 tcp dport { ${list} } accept\n`;
}
