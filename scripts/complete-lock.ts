// Completes package-lock.json for machines other than the one that made it: platform-only optional packages that the registry did not
// offer here are missing from the lock, and `npm ci` then refuses on every machine. Run after each change of dependencies:
//   node scripts/complete-lock.ts
import { readFileSync, writeFileSync } from 'node:fs';

type Package = {
	version?: string;
	optional?: boolean;
	dev?: boolean;
	os?: string[];
	cpu?: string[];
	libc?: string[];
	optionalDependencies?: Record<string, string>;
};

const FILE = new URL('../package-lock.json', import.meta.url);
const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'openbsd', 'netbsd', 'sunos', 'win32'];
const CPU = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el'];

const lock = JSON.parse(readFileSync(FILE, 'utf8')) as { packages: Record<string, Package> };
let added = 0;
for (const [path, entry] of Object.entries({ ...lock.packages })) {
	for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
		if (find(path, name) !== null || /^[~^>*]/.test(version)) continue;
		lock.packages[`node_modules/${name}`] = platformEntry(name, version, entry.dev === true);
		added++;
	}
}
const sorted = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: sorted }, null, '\t')}\n`);
console.log(`${added} entries added`);

/** Where Node would find the package from there, or null. */
function find(from: string, name: string): string | null {
	for (let at = from; ; at = at.includes('/node_modules/') ? at.slice(0, at.lastIndexOf('/node_modules/')) : '') {
		const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
		if (lock.packages[path] !== undefined) return path;
		if (at === '') return null;
	}
}

/** The platform is in the name, as every one of these packages has it: `@scope/name-darwin-arm64`, `...-linux-x64-musl`. */
function platformEntry(name: string, version: string, isDev: boolean): Package {
	const words = name.split('/').at(-1)?.split('-') ?? [];
	const os = words.find((word) => OS.includes(word));
	const cpu = words.find((word) => CPU.includes(word));
	const libc = words.includes('musl') ? 'musl' : words.includes('gnu') && os === 'linux' ? 'glibc' : null;
	return {
		version,
		...(cpu === undefined ? {} : { cpu: [cpu] }),
		...(isDev ? { dev: true } : {}),
		...(libc === null ? {} : { libc: [libc] }),
		optional: true,
		...(os === undefined ? {} : { os: [os] }),
	};
}
