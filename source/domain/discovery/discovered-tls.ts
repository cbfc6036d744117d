import type {NodeDefinition} from '../node/node.js';
import type {RunningWallet} from '../ports.js';
import type {WalletFacts} from './discovery.js';
import type {WalletOptions} from './wallet-options.js';

/** How a wallet's RPC speaks TLS. `isComplete`: nothing that may say so was unreadable. */
export function tlsOf(
	{pinnableFingerprint: fingerprint}: Pick<WalletFacts, 'pinnableFingerprint'>,
	options: WalletOptions,
	isComplete: boolean,
): {
	readonly fields: Pick<NodeDefinition, 'tls'>;
	readonly shown: Pick<RunningWallet, 'tls'>;
	readonly notes: readonly string[];
	readonly obstacles: readonly string[];
} {
	const mode = modeOf(options, isComplete);
	if (mode !== 'enabled') {
		return {fields: {}, shown: mode === undefined ? {} : {tls: mode}, notes: [], obstacles: []};
	}

	const pin =
		options.value('rpc-ssl-certificate') === undefined
			? 'it creates a new certificate at every start: set --rpc-ssl-certificate and pin that certificate with --tls-fingerprint'
			: 'its certificate is verified with the CA certificates of this system: pin it with --tls-fingerprint if that fails';
	return {
		fields: {tls: fingerprint === undefined ? {} : {fingerprint}},
		shown: {tls: mode},
		notes: fingerprint === undefined ? [pin] : [],
		obstacles: asksForCertificate(options) ? ['it requires a client certificate, which xmrtop does not support'] : [],
	};
}

function asksForCertificate(options: WalletOptions): boolean {
	return (['rpc-ssl-ca-certificates', 'rpc-ssl-allowed-fingerprints'] as const).some(name => options.value(name));
}

function modeOf(options: WalletOptions, isComplete: boolean): RunningWallet['tls'] {
	const given = options.value('rpc-ssl')?.trim();
	if (given === 'enabled' || given === 'disabled' || given === 'autodetect') {
		return given;
	}

	return asksForCertificate(options) ? 'enabled' : isComplete ? 'autodetect' : undefined;
}
