// The list as a drop-in of systemd. Its filter knows addresses and neither ports nor directions: whoever may send to us may be connected to as well,
// and an answer to somebody who is not listed is dropped. So it needs both lists, and is the coarser second fence.
import { INTERNET, merged, noteOnNames, overlap, type Policy } from './policy.ts';

export function systemdDropIn(policy: Policy): string {
	const { reaches, dns, peers, inside, forbidden } = policy;
	const isOpen = reaches.some(({ addresses }) => addresses.includes(INTERNET));
	const lines = merged(reaches).flatMap(({ addresses, host, port, what }) => [
		`# ${plain(what)}: ${host}:${port}`,
		...addresses.map((address) => (address === INTERNET ? '# every public address' : `IPAddressAllow=${address}`)),
	]);
	return `${[
		'# Made by `interlock policy egress --format systemd`: make it again when the configuration or an address changes.',
		'# For /etc/systemd/system/interlock.service.d/egress.conf. systemd filters by address, in both directions, whatever the port.',
		...noteOnNames(policy),
		'[Service]',
		...(isOpen
			? [
					'# Public addresses are open: denied is what is inside. What is allowed below wins.',
					'IPAddressDeny=',
					...[...inside, ...forbidden].map((range) => `IPAddressDeny=${range}`),
				]
			: ['IPAddressDeny=any']),
		'IPAddressAllow=localhost',
		...lines,
		...(dns.length === 0 ? [] : ['# name servers', ...dns.map((address) => `IPAddressAllow=${address}`)]),
		...(peers.length === 0 ? [] : ['# who connects to us', ...peers.map((range) => `IPAddressAllow=${range}`)]),
	].join('\n')}\n`;
}

/** Senders' ranges that hold what must not be reached: this filter cannot tell who begins. */
export function openedByPeers({ peers, forbidden }: Policy): string[] {
	return peers.filter((peer) => forbidden.some((range) => overlap(range, peer)));
}

/** A line of a unit file ends where the line ends, and a percent sign is a specifier. */
function plain(text: string): string {
	return text.replace(/[\p{Cc}%\\]/gu, '?');
}
