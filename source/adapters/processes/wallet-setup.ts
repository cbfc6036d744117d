import {optionsOf, type WalletSetup} from '../../domain/discovery/discovery.js';
import type {LiveProcess} from '../../domain/ports.js';
import {readProcLink} from './proc-fs.js';
import {readFileOf, readWalletConfig} from './wallet-config.js';

/** Reads what the files and surroundings of a wallet's process say of it besides its command line. Never rejects. */
export async function readWalletSetup(process: LiveProcess): Promise<WalletSetup> {
	const {pid} = process;
	const config = await readWalletConfig(process);
	const options = optionsOf({process, ...(config && {config})});
	const daemonFingerprint = await fingerprintIn(pid, options.value('daemon-ssl-ca-certificates'));
	const network = readProcLink(pid, 'ns/net');
	return {
		...(config && {config}),
		...(daemonFingerprint === undefined ? {} : {daemonFingerprint}),
		ownNetwork: network !== undefined && network !== readProcLink('self', 'ns/net'),
	};
}

/** The fingerprint of a certificate that a process names, where that one vouches for itself. */
export async function fingerprintIn(pid: number, file: string | undefined): Promise<string | undefined> {
	if (!file) {
		return undefined;
	}

	const {pinnableFingerprint} = await import('./pinnable-certificate.js');
	return pinnableFingerprint(await readFileOf(pid, file));
}
