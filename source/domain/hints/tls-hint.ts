import {hostInUrl} from '../daemon-address.js';
import type {NoAnswerCause} from '../ports.js';
import {shellWord} from '../shell-word.js';
import {editNode} from './commands.js';
import type {HintEvidence} from './hint.js';
import {lookAtFile} from './own-hint.js';

const addressOf = ({node}: HintEvidence): string => shellWord(`${hostInUrl(node.host)}:${node.port}`);

const newFingerprint = (evidence: HintEvidence): string =>
	`${editNode(evidence, '--tls-fingerprint F')}, with F from: openssl s_client -connect ${addressOf(evidence)} </dev/null | openssl x509 -noout -fingerprint -sha256`;

const datesOf = (evidence: HintEvidence): string =>
	`openssl s_client -connect ${addressOf(evidence)} </dev/null | openssl x509 -noout -subject -dates`;

/** What to do where a connection breaks in TLS. */
export const tlsHints: Readonly<Partial<Record<NoAnswerCause, (evidence: HintEvidence) => string>>> = {
	tls_self_signed: evidence =>
		evidence.node.tls?.ca_file === undefined
			? `The wallet uses a self-signed certificate. Pin it: ${newFingerprint(evidence)}`
			: `The wallet's self-signed certificate is not the one in ca_file; without --rpc-ssl-certificate it creates a new one at every start. Pin it: ${newFingerprint(evidence)}`,
	tls_untrusted: evidence =>
		`Configure the CA that signed the certificate: ${editNode(evidence, '--tls-ca-file F')}; or pin the certificate: ${newFingerprint(evidence)}`,
	tls_expired: evidence =>
		`Renew the certificate, and restart the wallet with the new one in --rpc-ssl-certificate while it is idle. To see the dates: ${datesOf(evidence)}`,
	tls_not_yet_valid: evidence =>
		`The certificate is not valid yet, or the clock of this machine is behind (compare: date -u). To see the dates: ${datesOf(evidence)}`,
	tls_wrong_name: evidence =>
		`Use a host name that the certificate contains: ${editNode(evidence, '--host H')}; or pin the certificate: ${newFingerprint(evidence)}`,
	tls_fingerprint: evidence =>
		evidence.hasRestarted && evidence.pid.status
			? `The wallet restarted (pid ${evidence.pid.details.pid}), and without --rpc-ssl-certificate it creates a new certificate at every start. Pin the new one: ${newFingerprint(evidence)}`
			: `Without --rpc-ssl-certificate a wallet creates a new certificate at every start, so it probably restarted. Verify that, then: ${newFingerprint(evidence)}`,
	tls_not_spoken: evidence => `The port speaks plain HTTP. Try: ${editNode(evidence, '--no-tls')}`,
	tls_ca_unreadable: evidence =>
		`The certificate cannot be verified without the CA file, so nothing was sent. Check it: ${lookAtFile(evidence.node.tls?.ca_file ?? '')}; or use another: ${editNode(evidence, '--tls-ca-file F')}`,
};
