/** How the server's certificate is verified. Without any field: by the certificate authorities of the system. */
export interface Tls {
	/** PEM file of the authorities to trust instead of the system's. */
	readonly ca_file?: string;
	/**
	 * SHA-256 of the only certificate to accept, 32 upper-case hex pairs joined by colons. Nothing is sent to a server with
	 * another one.
	 */
	readonly fingerprint?: string;
	/** Accept any certificate. */
	readonly insecure?: boolean;
}

/** An HTTP Digest login. At most one source of the password is given; files and variables are read at use. */
export interface Login {
	readonly username?: string;
	readonly password?: string;
	/** File that holds the password; one trailing newline is not part of it. */
	readonly password_file?: string;
	/** Environment variable that holds the password. */
	readonly password_env?: string;
	/** File that holds `user:password`, as monero-wallet-rpc writes it. */
	readonly login_file?: string;
	/** Configuration file of the wallet, whose `rpc-login` is used. */
	readonly login_config?: string;
}

/** The kinds of node: a `monero-wallet-rpc`, or a `monerod`. */
export const nodeKinds = ['wallet', 'daemon'] as const;

/** The definition of one `monero-wallet-rpc` or `monerod`, as stored in nodes.json; xmrtop assigns the `id`. */
export interface NodeDefinition extends Login {
	/** Unique; see `nodeFields` for what each field allows. */
	readonly name: string;
	/** Absent: `wallet`. */
	readonly kind?: 'wallet' | 'daemon';
	readonly title?: string;
	readonly group?: string;
	/** IPv4, IPv6 or DNS name. Default `127.0.0.1`. */
	readonly host: string;
	/** The RPC port. */
	readonly port: number;
	/** Default `/json_rpc`. */
	readonly path: string;
	/** Present: https. */
	readonly tls?: Tls;
	/** The SOCKS5 proxy that leads to the node and resolves its name, as `socks5h://host:port`. */
	readonly proxy?: string;
	/** The daemon that the wallet uses, in the short form of `daemonText`; `none`: no daemon, not even an inferred one. */
	readonly daemon?: string;
	readonly daemon_username?: string;
	readonly daemon_password_file?: string;
	readonly daemon_password_env?: string;
	/** Present: the daemon is asked over https. */
	readonly daemon_tls?: Tls;
	/** As `proxy`, for the daemon. */
	readonly daemon_proxy?: string;
	readonly pid?: number;
	readonly pid_file?: string;
	/** Whether a wallet should be open. Default: true once one was seen open. */
	readonly expect_wallet?: boolean;
	/** Duration text; default: the setting. */
	readonly timeout?: string;
	/** Duration text; default: the setting. */
	readonly busy_max?: string;
	/** False: kept and listed, not checked unless named. Default true. */
	readonly available: boolean;
	/** ISO-8601 UTC: from then on a node that is not `available` is checked again. */
	readonly disabled_until?: string;
}

/** A stored node. */
export interface Node extends NodeDefinition {
	/** Positive, unique, never reused. */
	readonly id: number;
}

/** Whether a node is checked without being named. */
export function isNodeAvailable({available, disabled_until: until}: NodeDefinition, nowMs: number): boolean {
	return available || (until !== undefined && Date.parse(until) <= nowMs);
}

/** Every secret that a definition itself contains, to be kept out of all output. */
export function nodeSecrets(node: Login): string[] {
	return node.password === undefined ? [] : [node.password];
}

/**
 * Finds a node by what a person typed: an id or a name.
 * @returns `undefined` if there is none
 */
export function findNode<N extends {readonly id: number; readonly name: string}>(
	nodes: readonly N[],
	idOrName: string,
): N | undefined {
	return /^\d+$/.test(idOrName)
		? nodes.find(node => node.id === Number(idOrName))
		: nodes.find(node => node.name === idOrName);
}

/** Whether a login is configured at all. */
export function hasLogin(login: Login | undefined): login is Login {
	return (
		login !== undefined &&
		(login.password ?? login.password_file ?? login.password_env ?? login.login_file ?? login.login_config) !==
			undefined
	);
}

/** Whether the password is kept outside the configuration, so that it may change while xmrtop runs. */
export function isPasswordKeptOutside(login: Login): boolean {
	return login.password === undefined;
}
