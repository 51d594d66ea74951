// The list as a NetworkPolicy of Kubernetes. It knows addresses, namespaces and ports and no names: every name needs its addresses, which somebody
// must keep current. Policies add up, so it stands beside one that denies everything (deploy/kubernetes/network-policy.yaml).
import { yamlText } from '../../config/yaml-text.ts';
import { asRange, INTERNET, isName, merged, namespaceOf, type Policy, type Reach } from './policy.ts';

export type Place = { readonly namespace: string; readonly name: string };

/** The label of the pods that deploy/kubernetes makes. */
export const POD = { 'app.kubernetes.io/name': 'interlock' };

/** @returns the manifest with a head that says what it cannot hold */
export function networkPolicy(policy: Policy, { namespace, name }: Place): string {
	const { reaches, dns } = policy;
	const needsNames = reaches.some(({ host }) => isName(host));
	return [
		'# Made by `interlock policy egress --format kubernetes`: make it again when the configuration or an address changes.',
		'# A NetworkPolicy holds addresses and ports. What a name leads to is as it was when this was made.',
		yamlText({
			apiVersion: 'networking.k8s.io/v1',
			kind: 'NetworkPolicy',
			metadata: { name: `${name}-egress`, namespace, labels: POD },
			spec: {
				podSelector: { matchLabels: POD },
				policyTypes: ['Egress'],
				egress: [...(needsNames ? [nameServers(dns)] : []), ...merged(reaches).map((one) => ruleFor(one, policy))],
			},
		}),
	].join('\n');
}

/** Those that were named; the cluster's own where none was. */
function nameServers(dns: readonly string[]): object {
	const cluster = {
		namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
		podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
	};
	return {
		to: dns.length === 0 ? [cluster] : dns.map((address) => ({ ipBlock: { cidr: asRange(address) } })),
		ports: [
			{ protocol: 'UDP', port: 53 },
			{ protocol: 'TCP', port: 53 },
		],
	};
}

function ruleFor({ host, port, addresses }: Reach, policy: Policy): object {
	const namespace = namespaceOf(host);
	// An empty list means everything there.
	if (namespace === null && addresses.length === 0) throw new TypeError(`${host} has no address`);
	const to =
		namespace !== null && addresses.length === 0
			? [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }]
			: addresses.flatMap((address) =>
					address === INTERNET ? internet(policy) : [{ ipBlock: { cidr: asRange(address) } }],
				);
	return { to, ports: [{ protocol: 'TCP', port }] };
}

/** Both families, without what is inside. */
function internet({ inside, forbidden }: Policy): object[] {
	const all = [...inside, ...forbidden];
	return ['0.0.0.0/0', '::/0'].map((cidr) => ({
		ipBlock: { cidr, except: all.filter((range) => range.includes(':') === cidr.includes(':')) },
	}));
}
