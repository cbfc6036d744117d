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
			? `The wallet made its own certificate. Pin it: ${newFingerprint(evidence)}`
			: `The wallet shows another self-signed certificate than the one in ca_file; without --rpc-ssl-certificate it makes a new one at every start. Pin it: ${newFingerprint(evidence)}`,
	tls_untrusted: evidence =>
		`Name the authority that signed the certificate: ${editNode(evidence, '--tls-ca-file F')}; or pin the certificate: ${newFingerprint(evidence)}`,
	tls_expired: evidence =>
		`Renew the certificate, and start the wallet again with the new one in --rpc-ssl-certificate when it is not working on something. See its dates: ${datesOf(evidence)}`,
	tls_not_yet_valid: evidence =>
		`The certificate is not valid yet, or the clock of this machine is behind (compare: date -u). See its dates: ${datesOf(evidence)}`,
	tls_wrong_name: evidence =>
		`Address the node by a name that its certificate holds: ${editNode(evidence, '--host H')}; or pin the certificate: ${newFingerprint(evidence)}`,
	tls_fingerprint: evidence =>
		evidence.hasRestarted && evidence.pid.status
			? `The wallet restarted (pid ${evidence.pid.details.pid}), and without --rpc-ssl-certificate it makes a new certificate at every start. Pin the new one: ${newFingerprint(evidence)}`
			: `Without --rpc-ssl-certificate a wallet makes a new certificate at every start, so it probably restarted. Check that it did, then: ${newFingerprint(evidence)}`,
	tls_not_spoken: evidence => `The port speaks plain HTTP. Try: ${editNode(evidence, '--no-tls')}`,
	tls_ca_unreadable: evidence =>
		`The certificate cannot be judged without the file of its authority, so nothing was sent. Look at it: ${lookAtFile(evidence.node.tls?.ca_file ?? '')}; or give another: ${editNode(evidence, '--tls-ca-file F')}`,
};
