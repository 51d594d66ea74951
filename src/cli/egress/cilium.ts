// The list as a CiliumNetworkPolicy: names stay names, and what the inventory forbids is denied whatever a name server says. Cilium learns the addresses
// of a name from the answers that pass its DNS proxy, so only listed names may be asked for.
import { yamlText } from '../../config/yaml-text.ts';
import { isAddressIn } from '../../domain/address.ts';
import { type Place, POD } from './kubernetes.ts';
import { asRange, isName, merged, namespaceOf, type Policy, type Reach } from './policy.ts';

/** Labels of the cluster's own name servers. */
const CLUSTER_DNS = { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s:k8s-app': 'kube-dns' };

export function ciliumPolicy(policy: Policy, { namespace, name }: Place): string {
	const { reaches } = policy;
	const names = reaches.map(({ host }) => host).filter(isName);
	const deny = denied(policy);
	return [
		'# Made by `interlock policy egress --format cilium`: make it again when the configuration or the inventory changes.',
		yamlText({
			apiVersion: 'cilium.io/v2',
			kind: 'CiliumNetworkPolicy',
			metadata: { name: `${name}-egress`, namespace, labels: POD },
			spec: {
				endpointSelector: { matchLabels: POD },
				egress: [...(names.length === 0 ? [] : [nameServers(policy, names)]), ...merged(reaches).map(ruleFor)],
				...(deny.length === 0 ? {} : { egressDeny: [{ toCIDRSet: deny }] }),
			},
		}),
	].join('\n');
}

const selector = (host: string): object => (host.startsWith('*.') ? { matchPattern: host } : { matchName: host });

/** What is asked for to reach a host: a service of the cluster is looked up with the cluster's domain behind it. */
function asked(host: string): object[] {
	return namespaceOf(host) === null || !host.endsWith('.svc')
		? [selector(host)]
		: [selector(host), { matchPattern: `${host}.*` }];
}

function nameServers({ dns }: Policy, names: readonly string[]): object {
	return {
		...(dns.length === 0 ? { toEndpoints: [{ matchLabels: CLUSTER_DNS }] } : { toCIDR: dns.map(asRange) }),
		toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }], rules: { dns: [...new Set(names)].flatMap(asked) } }],
	};
}

function ruleFor({ host, port }: Reach): object {
	const toPorts = [{ ports: [{ port: String(port), protocol: 'TCP' }] }];
	const namespace = namespaceOf(host);
	if (namespace !== null)
		return { toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': namespace } }], toPorts };
	return isName(host) ? { toFQDNs: [selector(host)], toPorts } : { toCIDR: [asRange(host)], toPorts };
}

/** Deny wins over allow: a destination inside a forbidden range has to be left out of the range. */
function denied({ forbidden, exempt }: Policy): object[] {
	return forbidden.flatMap((cidr) => {
		if (exempt.includes(cidr)) return [];
		const except = exempt.filter((range) => isAddressIn(range.split('/')[0] ?? '', cidr));
		return [{ cidr, ...(except.length === 0 ? {} : { except: [...new Set(except)] }) }];
	});
}
