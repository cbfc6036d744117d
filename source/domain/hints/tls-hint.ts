import {hostInUrl} from '../daemon-address.js';
import type {Node} from '../node/node.js';
import type {NoAnswerCause} from '../ports.js';
import type {HintEvidence} from './hint.js';

const newFingerprint = ({name, host, port}: Node): string =>
	`xmrtop nodes edit ${name} --tls-fingerprint F, with F from: openssl s_client -connect ${hostInUrl(host)}:${port} </dev/null | openssl x509 -noout -fingerprint -sha256`;

/** What to do where a connection breaks in TLS. */
export const tlsHints: Readonly<Partial<Record<NoAnswerCause, (node: Node, evidence: HintEvidence) => string>>> = {
	tls_self_signed: node => `The wallet made its own certificate. Pin it: ${newFingerprint(node)}`,
	tls_fingerprint: (node, {hasRestarted, pid}) =>
		hasRestarted && pid.status
			? `The wallet restarted (pid ${pid.details.pid}), and without --rpc-ssl-certificate it makes a new certificate at every start. Pin the new one: ${newFingerprint(node)}`
			: `Without --rpc-ssl-certificate a wallet makes a new certificate at every start, so it probably restarted. Check that it did, then: ${newFingerprint(node)}`,
	tls_not_spoken: ({name}) => `The port speaks plain HTTP. Try: xmrtop nodes edit ${name} --no-tls`,
	tls_ca_unreadable: ({name}) => `Give a readable PEM file: xmrtop nodes edit ${name} --tls-ca-file F`,
};
