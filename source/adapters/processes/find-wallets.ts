import {compact} from '../../domain/compact.js';
import {describeWallet, discoveredOptions, discoveredRpcPort} from '../../domain/discovery/describe-wallet.js';
import {parsePublishedPort} from '../../domain/discovery/wallet-process.js';
import type {RenderRemedy} from '../../domain/hints/remedy.js';
import type {
	FindWallets,
	LiveProcess,
	LoginFileSearch,
	PublishedPort,
	UnreadableFact,
	WalletProcessFacts,
} from '../../domain/ports.js';
import {isLocalHost} from './local-host.js';
import {readListeningPorts, readNamespaceAddresses} from './network-view.js';
import {readArgv, readExecutable, readPids, readUid} from './proc-fs.js';
import {openProcessTable} from './process-table.js';
import {findLoginFile, readPinnableFingerprint, readUserName, readWalletSetup} from './wallet-config.js';

/**
 * Finds every wallet process of this machine. Secrets seen on the way are not returned.
 * @param renderRemedy writes what the user can do with xmrtop as a command line
 */
export async function findWallets(renderRemedy: RenderRemedy): ReturnType<FindWallets> {
	const table = openProcessTable();
	const processes = await table.listWallets();
	const seen = await Promise.all(processes.map(readFacts));
	const publishedPorts = seen.some(({ownNetwork}) => ownNetwork) ? readPublishedPorts() : [];
	const described = seen.map(facts =>
		describeWallet(facts.ownNetwork ? {...facts, publishedPorts} : facts, renderRemedy),
	);
	const isHiding = process.platform === 'linux' && (await table.inspect(1)).kind === 'hidden';
	return {
		found: described.map(({wallet}) => wallet).sort((a, b) => a.pid - b.pid),
		unreadable: [...(isHiding ? [hiddenProcesses] : []), ...described.flatMap(({unreadable}) => unreadable)],
	};
}

const hiddenProcesses: UnreadableFact = {
	what: 'processes of other users (hidden by this system: hidepid)',
	needs: 'run as root',
};

async function readFacts(process: LiveProcess): Promise<WalletProcessFacts> {
	const {pid} = process;
	const uid = readUid(pid);
	const user = uid === undefined ? undefined : await readUserName(uid);
	const {daemonFingerprint, ownNetwork, config} = await readWalletSetup(process);
	const listeningPorts = readListeningPorts(pid);
	const known = {process, ...(config && {config}), ...(listeningPorts && {listeningPorts})};
	const fingerprint = await readPinnableFingerprint(pid, discoveredOptions(known).value('rpc-ssl-certificate'));
	return compact({
		...known,
		user,
		right: rightFor(uid, user),
		loginFile: await loginFileOf(known, uid),
		pinnableFingerprint: fingerprint,
		daemonFingerprint,
		ownNetwork,
		...(ownNetwork
			? {networkAddresses: [...readNamespaceAddresses(pid)].filter(address => !isLocalHost(address))}
			: {}),
	});
}

/** The ports that the docker-proxy processes of this machine forward. */
function readPublishedPorts(): readonly PublishedPort[] {
	return readPids().flatMap(
		pid => parsePublishedPort(compact({argv: readArgv(pid), executable: readExecutable(pid)})) ?? [],
	);
}

async function loginFileOf(
	known: Pick<WalletProcessFacts, 'process' | 'config' | 'listeningPorts'>,
	uid: number | undefined,
): Promise<LoginFileSearch> {
	const port = discoveredRpcPort(known);
	return port === undefined ? {kind: 'folder_hidden'} : findLoginFile(known.process.pid, port, uid);
}

/** The permission that would let this user inspect a process of that user. */
function rightFor(uid: number | undefined, user: string | undefined): string {
	if (process.platform !== 'linux') {
		return 'process details are available only on Linux';
	}

	const own = process.geteuid?.();
	return own === 0
		? 'the CAP_SYS_PTRACE capability is required'
		: uid === own || uid === 0
			? 'run as root'
			: `run as ${user ?? 'its user'} or root`;
}
